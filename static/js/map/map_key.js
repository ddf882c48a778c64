/**
 * The key to what lies over the points: selections, a list of one's own, contours; each with counts.
 * It never draws on the map.
 *
 * Emits explorer:activate {name}, explorer:placed-kind {kind}, explorer:placed {id}.
 */

import { SHARES } from "../core/density.js";
import { formatCount } from "../core/format.js";
import { el, emit, fill, svg } from "../core/html.js";
import { kindWords, KINDS } from "../core/placed_list.js";
import { titleOfSelection } from "../core/selections.js";
import { isFilled, symbolPath } from "./symbols.js";

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
export function createMapKey(root, meta) {
  function draw(state) {
    const { selections, placedFound, contours, map, shown } = state;
    const parts = [
      selections.map((each) => selection(each, each.name === state.active)),
      placedFound && list(placedFound, state.placedHidden),
      contours !== "" && map && lines(contours === "shown" ? (shown?.count ?? map.n) : map.n),
    ];
    fill(root, parts.flat(2));
    root.hidden = !root.childNodes.length;
  }

  function selection(/** @type {import("../core/selections.js").Selection} */ { name, colour, rows, sample }, active) {
    const onclick = () => emit(root, "explorer:activate", { name });
    return el("button", { type: "button", class: "key-row", "aria-pressed": String(active), title: "Show this selection", onclick },
      el("i", { class: "swatch", style: `background: ${colour}` }), el("span", {}, titleOfSelection({ name, sample })), el("b", {}, formatCount(rows.count)));
  }

  function list({ name, counts, near_arcsec: near, ended }, hidden) {
    const words = kindWords(meta.limits, near);
    const remove = () => emit(root, "explorer:placed", { id: "" });
    return [
      el("p", { class: "key-head" }, el("span", { class: "key-name", title: name }, name), !ended && el("span", { class: "aside" }, "still searching"), el("button", { type: "button", class: "link", id: "placed-remove", onclick: remove, "aria-label": `Take ${name} off the map` }, "Remove")),
      [...KINDS].reverse().filter((kind) => counts[kind]).map((kind) => row(kind, words[kind], counts[kind], hidden.includes(kind))),
      counts.absent > 0 && el("p", { class: "key-row" }, el("i", { class: "no-symbol" }), el("span", {}, words.absent), el("b", {}, formatCount(counts.absent))),
    ];
  }

  function row(kind, words, count, off) {
    const onclick = () => emit(root, "explorer:placed-kind", { kind });
    return el("button", { type: "button", class: "key-row", "data-kind": kind, "aria-pressed": String(!off), title: off ? "Show them" : "Hide them", onclick },
      symbol(kind), el("span", {}, words), el("b", {}, formatCount(count)));
  }

  return { needs: ["selections", "active", "placedFound", "placedHidden", "contours", "map", "shown"], draw };
}

function symbol(kind) {
  return svg("svg", { class: "symbol", viewBox: "-7 -7 14 14", "aria-hidden": "true" }, svg("path", { d: symbolPath(kind), class: isFilled(kind) ? "filled" : null }));
}

function lines(n) {
  const shares = SHARES.map((share) => Math.round(100 * share));
  const words = `densest ${shares.join(", ")} % of ${formatCount(n)}`;
  return el("p", { class: "key-row" }, svg("svg", { class: "symbol", viewBox: "-7 -7 14 14", "aria-hidden": "true" }, svg("ellipse", { rx: 6, ry: 4.4 }), svg("ellipse", { rx: 2.6, ry: 1.8 })), el("span", {}, words));
}
