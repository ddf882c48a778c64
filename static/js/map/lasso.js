/**
 * Outlines drawn on the map: a lasso or a rectangle, with Shift or with a tool of its own.
 * It never decides what is selected.
 *
 * Emits explorer:shape {path, mode: "new" | "add" | "remove"}, path in map coordinates.
 */

import { emit, fill, svg } from "../core/html.js";

const LEAST_PX = 6;

/** @param {HTMLElement} stage @param {SVGElement} root @param {() => any} getState */
export function createLasso(stage, root, getState) {
  let path = null;
  let mode = "new";
  let tool = "lasso";

  stage.addEventListener("pointerdown", begin, { capture: true });
  stage.addEventListener("pointermove", go, { capture: true });
  stage.addEventListener("pointerup", end, { capture: true });
  stage.addEventListener("pointercancel", cancel, { capture: true });
  for (const name of ["mousedown", "touchstart"]) stage.addEventListener(name, keep, { capture: true });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && path && cancel());

  function wanted(event) {
    const chosen = getState().tool;
    const onMap = event.target.closest?.("#map");
    return onMap && event.button === 0 && getState().viewport && (event.shiftKey || chosen !== "pan");
  }

  /** Plotly begins a drag of its own with the mouse's event. */
  function keep(event) {
    if (!path) return;
    event.stopPropagation();
    event.preventDefault();
  }

  function begin(event) {
    if (!wanted(event)) return;
    tool = getState().tool === "box" ? "box" : "lasso";
    mode = event.ctrlKey || event.metaKey ? "add" : event.altKey ? "remove" : "new";
    path = [place(event)];
    stage.setPointerCapture(event.pointerId);
    event.stopPropagation();
    event.preventDefault();
  }

  function go(event) {
    if (!path) return;
    event.stopPropagation();
    const next = place(event);
    if (tool === "box") path = rectangle(path[0], next);
    else if (distance(path.at(-1), next) > 2) path.push(next);
    fill(root, svg("path", { d: `M${path.map((p) => p.join(",")).join("L")}Z` }));
  }

  function end(event) {
    if (!path) return;
    event.stopPropagation();
    const drawn = path;
    cancel();
    const far = Math.max(...drawn.map((each) => distance(drawn[0], each)));
    if (far < LEAST_PX) return;
    emit(stage, "explorer:shape", { path: drawn.map(toMap), mode });
  }

  function cancel() {
    path = null;
    fill(root);
  }

  function place({ clientX, clientY }) {
    const { left, top } = stage.getBoundingClientRect();
    return [clientX - left, clientY - top];
  }

  function toMap([px, py]) {
    const { x, y, width, height } = getState().viewport;
    return [x[0] + (px / width) * (x[1] - x[0]), y[1] - (py / height) * (y[1] - y[0])];
  }
}

/** @param {number[]} a @param {number[]} b */
const distance = ([ax, ay], [bx, by]) => Math.hypot(ax - bx, ay - by);
/** @param {number[]} a @param {number[]} b */
const rectangle = ([ax, ay], [bx, by]) => [[ax, ay], [bx, ay], [bx, by], [ax, by]];
