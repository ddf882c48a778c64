/**
 * The server's addresses: what is asked for, in which options and which format.
 * It never asks for anything.
 */

/**
 * What the person asks about: a catalogue source, a position or name as typed, degrees (both also
 * in another survey), or an image of their own.
 * @typedef {{file: File, name: string, sizeBytes: number, format: string}} ChosenImage
 * @typedef {{kind: "image", id: string, image: ChosenImage, pixelScaleArcsec: number|null,
 *   ra: number|null, dec: number|null}} ImageQuery
 * @typedef {{kind: "source", id: string} | {kind: "position", text: string, survey?: string}
 *   | {kind: "degrees", ra: number, dec: number, survey?: string} | ImageQuery} Query
 * @typedef {{k: number, duplicatesArcsec: number, hideDuplicates: boolean}} Options
 */

import { OURS } from "./layout.js";

export const SURVEYS_URL = "/api/surveys";

/** The address that answers a query, in any of the server's formats. */
export function resultUrl(/** @type {Query} */ query, /** @type {Options} */ options, format) {
  const params = new URLSearchParams(subject(query));
  params.set("k", options.k);
  params.set("duplicates_arcsec", options.duplicatesArcsec);
  params.set("hide_duplicates", options.hideDuplicates);
  if (format) params.set("format", format);
  return `${answering(query)}?${params}`;
}

/** The map that is chosen, with one colour column. */
export function mapUrl(colour, layout = OURS) {
  const params = new URLSearchParams({ colour });
  if (layout !== OURS) params.set("layout", layout);
  return `/api/map?${params}`;
}

/** What is sent with an image: the file, and what the person said of it. */
export function imageForm(/** @type {ImageQuery} */ { image, pixelScaleArcsec, ra, dec }) {
  const form = new FormData();
  form.set("file", image.file, image.name);
  const said = { pixel_scale_arcsec: pixelScaleArcsec, ra, dec };
  for (const [name, value] of Object.entries(said)) if (value !== null) form.set(name, value);
  return form;
}

/** An image's address with its size and colours; an image that came with the answer has neither. */
export function imageUrl(url, { sizePx = null, colours = null } = {}) {
  if (isEmbedded(url)) return url;
  const wanted = new URLSearchParams();
  if (sizePx) wanted.set("size_px", sizePx);
  if (colours) wanted.set("colours", colours);
  if (!wanted.size) return url;
  return `${url}${url.includes("?") ? "&" : "?"}${wanted}`;
}

/** Whether the picture itself is the address: there is nothing to ask the server for. */
export const isEmbedded = (url) => /^(data|blob):/.test(url);

/** The stored image of a source as FITS. */
export const fitsUrl = (id) => `${sourceUrl(id)}/cutout.fits`;

/** A field in another survey, as a picture. */
export function surveyPictureUrl(name, { ra, dec, sizeArcsec }) {
  const params = new URLSearchParams({ ra, dec, size_arcsec: sizeArcsec });
  return `${SURVEYS_URL}/${encodeURIComponent(name)}/cutout.png?${params}`;
}

/** The same as FITS, 9′ wide. */
export const surveyFitsUrl = (name, { ra, dec }) =>
  `${SURVEYS_URL}/${encodeURIComponent(name)}/cutout.fits?${new URLSearchParams({ ra, dec })}`;

function subject(query) {
  const survey = query.survey ? { survey: query.survey } : {};
  if (query.kind === "position") return { position: query.text, ...survey };
  return query.kind === "degrees" ? { ra: query.ra, dec: query.dec, ...survey } : {};
}

function answering(query) {
  if (query.kind === "source") return `${sourceUrl(query.id)}/neighbours`;
  return query.kind === "image" ? "/api/query/image" : "/api/query";
}

const sourceUrl = (id) => `/api/sources/${encodeURIComponent(id)}`;
