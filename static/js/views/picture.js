/**
 * A source's picture: the large one with what it takes to read it, and small ones.
 * It never decides which picture to show, and never draws pixels: the server does.
 */

import { isEmbedded } from "../core/api.js";
import { el, svg } from "../core/html.js";
import { pictureUrl } from "../core/picture_style.js";

/**
 * The large picture, in the style that is chosen. The whole field has a frame of the network's drawn
 * over it.
 * @param {{url: string, alt: string, isModel: boolean, directed: boolean,
 *   onclick?: (event: Event) => void}} picture `directed`: north is known to be up.
 * @param {import("../core/state.js").PictureStyle} style
 * @param {import("../core/state.js").ImageInfo} image
 */
export function annotatedPicture({ url, alt, isModel, directed, onclick }, style, image) {
  const whole = style.field;
  const src = pictureUrl(url, { ...style, furniture: false }, image, { atLeastPx: 300 });
  return el(
    "button",
    { type: "button", class: "picture", id: "picture", title: "Larger, with pixel values (Space)", onclick },
    imageElement(src, alt, whole ? image.size_px : image.input_size_px),
    overlay(image, directed, whole),
    isModel && modelLabel("MODEL, not observed", image),
  );
}

/** A small picture in a style. */
export function smallPicture({ url, alt, isModel, lazy = false, whole = false }, image, /** @type {import("../core/state.js").PictureStyle | null} */ style = null) {
  const field = whole || Boolean(style?.field);
  const sizePx = field ? image.size_px : image.input_size_px;
  const src = style ? pictureUrl(url, style, image, { atLeastPx: style.size, field }) : plain(url, sizePx);
  return el(
    "div",
    { class: "picture small" },
    imageElement(src, alt, sizePx, lazy),
    style && !style.furniture && scaleBar(sizePx, image),
    isModel && modelLabel("MODEL", image),
  );
}

const plain = (url, sizePx) => (isEmbedded(url) ? url : `${url}${url.includes("?") ? "&" : "?"}size_px=${sizePx}`);

/** A picture of which nothing is known but where it is. */
export const bareImage = (src, alt) =>
  el("div", { class: "picture small" }, imageElement(src, alt, null));

const modelLabel = (words, { model_statement: title }) => el("span", { class: "model-label", title }, words);

/** @param {string | Promise<string>} src One that is still being drawn comes when it is. */
function imageElement(src, alt, sizePx, lazy = false) {
  const size = { width: sizePx, height: sizePx };
  const here = typeof src === "string";
  const image = /** @type {HTMLImageElement} */ (el("img", { src: here && src, alt, ...size, decoding: "async", loading: lazy && "lazy" }));
  const fail = (words) => image.replaceWith(el("span", { class: "no-picture" }, words));
  image.addEventListener("error", () => fail("The image did not load."));
  if (!here) src.then((found) => (image.src = found), ({ message }) => fail(message));
  return image;
}

function overlay({ size_px: size, input_size_px: input, pixel_scale_arcsec: scale }, directed, whole) {
  const side = whole ? size : input;
  const corner = (size - input) / 2;
  const [unit, text] = [side / 150, whole ? "60″" : "30″"];
  const barPx = (whole ? 60 : 30) / scale;
  return svg(
    "svg",
    { class: "overlay", viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true" },
    whole && svg("rect", { class: "field", x: corner, y: corner, width: input, height: input }),
    svg("path", { class: "bar", d: `M${8 * unit} ${side - 7 * unit}h${barPx}` }),
    svg("text", { x: 8 * unit + barPx / 2, y: side - 11 * unit, style: `font-size: ${8 * unit}px; stroke-width: ${1.6 * unit}px` }, text),
    directed && compass(side - 8 * unit, side - 7 * unit, unit),
  );
}

/** A bar of 30 arcsec. */
function scaleBar(side, { pixel_scale_arcsec: scale }) {
  const barPx = 30 / scale;
  const unit = side / 70;
  return svg(
    "svg",
    { class: "overlay", viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true" },
    svg("path", { class: "bar", d: `M${side - 4 * unit - barPx} ${side - 4 * unit}h${barPx}` }),
    svg("text", { x: side - 4 * unit - barPx / 2, y: side - 6 * unit, style: `font-size: ${6.5 * unit}px; stroke-width: ${1.2 * unit}px` }, "30″"),
  );
}

/** North up, east left. */
function compass(x, y, unit) {
  const style = `font-size: ${8 * unit}px; stroke-width: ${1.6 * unit}px`;
  return svg(
    "g",
    { class: "compass" },
    svg("path", { class: "bar", d: `M${x} ${y}v${-12 * unit}M${x} ${y}h${-12 * unit}` }),
    svg("text", { x, y: y - 15 * unit, style }, "N"),
    svg("text", { x: x - 17 * unit, y: y + 3 * unit, style }, "E"),
  );
}
