/**
 * A source's picture with what it takes to read it: scale, directions, the field of the network.
 * It never decides which picture to show.
 */

import { imageUrl } from "../core/api.js";
import { el, svg } from "../core/html.js";

/**
 * The large picture, every annotation in image pixels.
 * @param {{url: string, alt: string, isModel: boolean, directed: boolean, colours: string}} picture
 *   `directed`: north is known to be up.
 * @param {import("../core/state.js").ImageInfo} image
 */
export function annotatedPicture({ url, alt, isModel, directed, colours }, image) {
  const src = imageUrl(url, { sizePx: image.size_px, colours });
  return el(
    "div",
    { class: "picture" },
    imageElement(src, alt, image.size_px),
    overlay(image, directed),
    isModel && modelLabel("MODEL, not observed", image),
  );
}

/** A small picture: the central field that the network sees, or the whole of it. */
export function smallPicture({ url, alt, isModel, lazy = false, whole = false }, image) {
  const sizePx = whole ? image.size_px : image.input_size_px;
  return el(
    "div",
    { class: "picture small" },
    imageElement(imageUrl(url, { sizePx }), alt, sizePx, lazy),
    isModel && modelLabel("MODEL", image),
  );
}

/** A picture of which nothing is known but where it is. */
export const bareImage = (src, alt) =>
  el("div", { class: "picture small" }, imageElement(src, alt, null));

const modelLabel = (words, { model_statement: title }) => el("span", { class: "model-label", title }, words);

function imageElement(src, alt, sizePx, lazy = false) {
  const size = { width: sizePx, height: sizePx };
  const image = el("img", { src, alt, ...size, decoding: "async", loading: lazy && "lazy" });
  image.addEventListener("error", () => {
    image.replaceWith(el("span", { class: "no-picture" }, "The image did not load."));
  });
  return image;
}

function overlay({ size_px: size, input_size_px: input, pixel_scale_arcsec: scale }, directed) {
  const corner = (size - input) / 2;
  const barPx = 60 / scale;
  return svg(
    "svg",
    { class: "overlay", viewBox: `0 0 ${size} ${size}`, "aria-hidden": "true" },
    svg("rect", { class: "field", x: corner, y: corner, width: input, height: input }),
    svg("path", { class: "bar", d: `M8 ${size - 8}h${barPx}m0 -2v4m${-barPx} -4v4` }),
    svg("text", { x: 8 + barPx / 2, y: size - 11 }, "60″"),
    directed && compass(size - 8, 23),
  );
}

/** North up, east left. */
function compass(x, y) {
  return svg(
    "g",
    { class: "compass" },
    svg("path", { class: "bar", d: `M${x} ${y}v-10m-1.8 2.6l1.8 -2.6l1.8 2.6` }),
    svg("path", { class: "bar", d: `M${x} ${y}h-10m2.6 -1.8l-2.6 1.8l2.6 1.8` }),
    svg("text", { x, y: y - 13 }, "N"),
    svg("text", { x: x - 14, y: y + 2.6 }, "E"),
  );
}
