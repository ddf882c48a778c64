/**
 * How all pictures are drawn, and the address of a picture in that style.
 * It never draws: the server does.
 */

import { isEmbedded } from "./api.js";
import { redrawn } from "./own_picture.js";

const KEY = "pictures";
const WIDE_PX = 1800;

/** @param {import("./state.js").ImageInfo} image @returns {import("./state.js").PictureStyle} */
export function usualStyle(image) {
  return {
    stretch: "asinh",
    cuts: image.cuts[0].name,
    colours: image.colours[0],
    invert: false,
    contours: false,
    field: false,
    furniture: false,
    size: (globalThis.innerWidth ?? 0) >= WIDE_PX ? 176 : 112,
  };
}

/** What was chosen before in this browser; what it does not know any more is the usual. */
export function keptStyle(image) {
  const usual = usualStyle(image);
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    const known = {
      stretch: image.stretches.map(({ name }) => name),
      cuts: image.cuts.map(({ name }) => name),
      colours: image.colours,
    };
    const fits = ([key, value]) => typeof value === typeof usual[key] && (!known[key] || known[key].includes(value));
    return { ...usual, ...Object.fromEntries(Object.entries(kept).filter(fits)) };
  } catch {
    return usual; // storage may be forbidden, or hold what is no style
  }
}

/** Keep a choice for the next visit. */
export function keepStyle(style) {
  try {
    localStorage.setItem(KEY, JSON.stringify(style));
  } catch {
    // The choice then lasts as long as the page.
  }
}

/**
 * The parameters of a picture. Whole pixels only: `atLeastPx` is what it should fill, times the
 * screen's sharpness.
 * @param {import("./state.js").PictureStyle} style
 * @param {import("./state.js").ImageInfo} image
 * @param {{atLeastPx?: number, field?: boolean, furniture?: boolean}} [how]
 */
export function styleParams(style, image, { atLeastPx = 0, field = style.field, furniture = style.furniture } = {}) {
  const sizePx = field ? image.size_px : image.input_size_px;
  const params = new URLSearchParams({ size_px: String(sizePx), colours: style.colours });
  for (const key of ["stretch", "cuts"]) params.set(key, style[key]);
  for (const key of ["invert", "contours"]) if (style[key]) params.set(key, "true");
  if (furniture) for (const key of ["scale_bar", "beam", "compass"]) params.set(key, "true");
  const styled = furniture || style.contours;
  const sharp = Math.ceil((atLeastPx * (globalThis.devicePixelRatio || 1)) / sizePx);
  const zoom = Math.min(image.zoom_max, Math.max(1, styled ? Math.max(sharp, 2) : 1));
  if (zoom > 1) params.set("zoom", String(zoom));
  return params;
}

/**
 * The address of a picture in a style; that of an image of one's own has to be drawn first.
 * @returns {string | Promise<string>}
 */
export function pictureUrl(url, style, image, how = {}) {
  return urlWith(url, styleParams(style, image, how));
}

/** The same with parameters at hand. @param {string} url @param {URLSearchParams} params @returns {string | Promise<string>} */
export function urlWith(url, params) {
  return isEmbedded(url) ? redrawn(url, params) : `${url}${url.includes("?") ? "&" : "?"}${params}`;
}
