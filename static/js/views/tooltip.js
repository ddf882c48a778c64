/**
 * The card beside a source on the map: its picture, name or position, and extent.
 * It never catches the pointer.
 */

import { valueOf } from "../core/added_columns.js";
import { formatExtent, formatLabel, formatValue } from "../core/format.js";
import { el, fill } from "../core/html.js";
import { flagWords, isModel, titleOf } from "../core/words.js";
import { toPixels } from "../core/geometry.js";
import { smallPicture } from "./picture.js";

const GAP_PX = 16;

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
export function createTooltip(root, meta) {
  /** @type {any[]} */
  let shown = [];

  function draw({ map, viewport, hoverRow, cursorRow, hoverSource, columns }) {
    const row = hoverRow ?? cursorRow;
    root.hidden = row === null || !map || !viewport;
    if (root.hidden) return;
    const source = hoverSource?.row === row ? hoverSource : null;
    const now = [row, source, columns];
    if (now.some((each, i) => each !== shown[i])) fill(root, ...(source ? card(source, meta, columns) : waiting()));
    shown = now;
    place(root, toPixels(map.x[row], map.y[row], viewport), viewport);
  }
  const needs = ["map", "hoverRow", "cursorRow", "hoverSource", "viewport", "columns"];
  return { needs, draw };
}

function card(source, meta, columns) {
  const flag = flagWords(source.extent_flag);
  const picture = { url: source.cutout_url, alt: "", isModel: isModel(source) };
  return [
    smallPicture(picture, meta.image),
    el("p", { class: "tip-title" }, titleOf(source)),
    el(
      "p",
      { class: "tip-line" },
      `Extent ${formatExtent(source.angular_extent_arcsec, source.extent_flag)}`,
      flag && el("span", { class: "flag" }, flag),
    ),
    isModel(source) && el("p", { class: "tip-line" }, "Drawn model, not observed"),
    ...columns.filter(({ codes }) => codes).map((column) => {
      const value = valueOf(column, source.row);
      return value !== null && el("p", { class: "tip-line" }, `${formatLabel(column)} ${formatValue(value)}`);
    }),
  ];
}

/** The same shape as a card, so that nothing jumps when it is filled. */
function waiting() {
  return [
    el("div", { class: "picture small skeleton" }),
    el("p", { class: "tip-title" }, "…"),
    el("p", { class: "tip-line" }, "\u00a0"),
  ];
}

/** To the right of the source and below it, or on the other side where that would be cut off. */
function place(root, [x, y], { width, height }) {
  const [w, h] = [root.offsetWidth, root.offsetHeight];
  const left = x + GAP_PX + w > width ? x - GAP_PX - w : x + GAP_PX;
  const top = y + GAP_PX + h > height ? y - GAP_PX - h : y + GAP_PX;
  const inside = (v, limit) => Math.max(4, Math.min(v, limit - 4));
  root.style.transform = `translate(${inside(left, width - w)}px, ${inside(top, height - h)}px)`;
}
