/**
 * The bundle's other map beside the one that is shown, small: the same sources with the same colours,
 * filters, selections and marks, where they lie there. It never changes the map that is shown.
 *
 * Emits explorer:select {row}.
 */

import { homeView, nearestRow, rangesOf } from "../core/geometry.js";
import { el, emit, fill } from "../core/html.js";
import { placedOn } from "../core/map_layout.js";
import { createLayers } from "../map/layers.js";
import { createMarks } from "../map/marks.js";

/**
 * @param {HTMLElement} root
 * @param {import("../core/state.js").Meta} meta
 * @param {ReturnType<typeof import("../core/api.js").createApi>} api
 */
export function createOtherMap(root, meta, api) {
  const stage = el("div", { class: "small-map", role: "img" });
  const canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { class: "layers" }));
  const over = /** @type {SVGElement} */ (document.createElementNS("http://www.w3.org/2000/svg", "svg"));
  over.setAttribute("class", "marks");
  stage.append(canvas, over);
  const [layers, marks] = [createLayers(canvas, stage), createMarks(over)];
  /** The maps that have come, by name. @type {Map<string, Promise<import("../core/binary.js").MapColumns>>} */
  const come = new Map();
  let drawing = 0;

  async function draw(state) {
    const other = meta.layouts.find(({ name }) => name !== state.layout);
    root.hidden = !other || !state.map || !state.colouring;
    if (root.hidden || !other || state.rail !== "overlays") return;
    const now = ++drawing;
    stage.setAttribute("aria-label", `Map: ${other.label}`);
    try {
      if (!come.has(other.name)) come.set(other.name, api.map(meta.default_column, other.name));
      const map = await come.get(other.name);
      if (map && now === drawing) show({ ...state, map }, other);
    } catch (error) {
      come.delete(other.name);
      fill(root, el("p", { class: "hint" }, `The other map did not come. ${error.message}`));
    }
  }

  function show(state, { name, label }) {
    if (stage.parentNode !== root) fill(root, el("h3", {}), stage, el("p", { class: "hint" }, "The same sources there, with the colours, filters, selections and numbers of the map that is shown. A click opens the nearest."));
    const title = /** @type {HTMLElement} */ (root.querySelector("h3"));
    title.textContent = `The other map: ${label}`;
    const size = { width: stage.clientWidth, height: stage.clientHeight };
    const viewport = { ...rangesOf(homeView(state.map, size), size), ...size };
    const result = state.answer && placedOn(state.answer, state.map, name, meta.limits.placed_by);
    const target = result?.map ?? null;
    layers.draw({ ...state, viewport, drawn: false, contoursFound: null, placedFound: null });
    marks.draw({ ...state, viewport, result, target, cursorRow: null });
    stage.onclick = ({ offsetX, offsetY }) => {
      const x = viewport.x[0] + (offsetX / size.width) * (viewport.x[1] - viewport.x[0]);
      const y = viewport.y[1] - (offsetY / size.height) * (viewport.y[1] - viewport.y[0]);
      const row = nearestRow(state.map, x, y, state.shown);
      if (row >= 0) emit(root, "explorer:select", { row });
    };
  }

  return { needs: ["rail", "layout", "map", "colouring", "shown", "selections", "answer", "highlightRow", "theme", "k"], draw };
}
