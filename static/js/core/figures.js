/**
 * How a figure of the view, its caption, or Python for it is asked for: the address, and what no
 * address can hold. It never asks.
 */

import { addedColumn } from "./added_columns.js";
import { hasLogarithm } from "./colour.js";
import { conditionPairs } from "./conditions.js";
import { shownOptions } from "./downloads.js";
import { examplesBody } from "./examples.js";
import { bytesOf } from "./own_picture.js";
import { styleParams } from "./picture_style.js";

/** Of a contact sheet. */
const MOST_PANELS = 60;
/** As core/colour.js colours the map of the page. */
const PAGE_COLOURS = `viridis`;

/** Whether an address says all of a query: an image of one's own and examples are sent instead. */
export const isHeld = ({ kind }) => kind !== "image" && kind !== "examples";

/**
 * What is asked for a figure, its caption, or Python for it, and what is sent with it.
 * @param {string} what @param {import("./state.js").State} state
 * @returns {[string, object]}
 */
export function figureRequest(what, state, meta, /** @type {Record<string, string>} */ more = {}) {
  const { query, result } = state;
  const url = figureUrl(what, state, meta, more);
  if (!query || !result || [what, more.figure].includes("map")) return [url, {}];
  if (query.kind === "image") return [url, { method: "POST", body: bytesOf(result.query.image_url), type: "image/png" }];
  if (query.kind === "examples") return [url, { method: "POST", body: examplesBody(query.examples), type: "application/json" }];
  return [url, {}];
}

/** The address of a figure, its caption, or Python for it. */
export function figureUrl(what, state, meta, /** @type {Record<string, string>} */ more = {}) {
  const { query, hideDuplicates, duplicatesArcsec, conditions, style, colour, layout, viewport, colourRange, logColours } = state;
  const sheet = what === "contact-sheet" || what === "caption";
  const shown = shownOptions(state).k;
  const k = [what, more.figure].includes("contact-sheet") ? Math.min(MOST_PANELS, shown) : shown;
  const params = new URLSearchParams(subject(query));
  const ofMap = [what, more.figure].includes("map");
  if (ofMap && !isHeld(query)) params.set("rows", state.result.neighbours.map(({ row }) => row).join(","));
  params.set("k", String(k));
  params.set("hide_duplicates", String(hideDuplicates));
  params.set("duplicates_arcsec", String(duplicatesArcsec));
  for (const [name, value] of conditionPairs(conditions)) params.append(name, value);
  if (sheet) {
    for (const [name, value] of styleParams({ ...style, furniture: false }, meta.image)) if (name !== "zoom") params.set(name, value);
    params.set("contours", "true");
  }
  if (what === "map") {
    const added = addedColumn(state, colour);
    if (!added) params.set("colour", colour);
    params.set("map_colours", PAGE_COLOURS);
    params.set("layout", layout);
    if (!added && logColours && hasLogarithm(meta.columns.find(({ name }) => name === colour) ?? {})) params.set("colour_log", "true");
    if (!added && colourRange) for (const end of ["low", "high"]) params.set(`colour_${end}`, String(colourRange[end]));
    if (viewport) for (const axis of ["x", "y"]) ["min", "max"].forEach((end, i) => params.set(`${axis}_${end}`, viewport[axis][i].toPrecision(6)));
  }
  for (const [name, value] of Object.entries(more)) params.set(name, value);
  if (!ofMap && !isHeld(query)) params.delete("figure"); // what is sent has one figure
  const of = query.kind === "examples" && !ofMap ? "examples/" : "";
  return `/api/figures/${of}${what}?${params}`;
}

/** @returns {Record<string, string>} */
function subject(query) {
  if (!isHeld(query)) return {};
  if (query.kind === "source") return { source_id: query.id };
  /** @type {Record<string, string>} */
  const survey = query.survey ? { survey: query.survey } : {};
  return query.kind === "position" ? { position: query.text, ...survey } : { ra: query.ra, dec: query.dec, ...survey };
}
