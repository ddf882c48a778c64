/**
 * The whole map small, where the view shows only a part of it: a click there goes there.
 * So far islands are never out of reach.
 *
 * Emits explorer:view {view}.
 */

import { el, emit } from "../core/html.js";
import { wholeView, rangesOf, toPixels, viewOf } from "../core/geometry.js";

const SIDE = 118;
const SHOWN_BELOW = 0.92;
const DENSE = 40;

/** @param {HTMLElement} stage */
export function createInset(stage) {
  const canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { class: "inset", id: "inset", width: 2 * SIDE, height: 2 * SIDE, title: "The whole map: click to go there", role: "img", "aria-label": "The whole map, with the part that is shown", hidden: true }));
  stage.append(canvas);
  /** @type {any} */
  let shown = { map: null, theme: null, points: null, box: null, viewport: null };

  canvas.addEventListener("click", ({ offsetX, offsetY }) => {
    const { box, viewport } = shown;
    const cx = box.x[0] + (offsetX / SIDE) * (box.x[1] - box.x[0]);
    const cy = box.y[1] - (offsetY / SIDE) * (box.y[1] - box.y[0]);
    emit(stage, "explorer:view", { view: { ...viewOf(viewport, viewport), cx, cy } });
  });

  function draw({ map, viewport, theme }) {
    if (!map || !viewport) return;
    const size = { width: SIDE, height: SIDE };
    const box = { ...rangesOf(wholeView(map, size), size), ...size };
    if (shown.map !== map || shown.theme !== theme) shown = { ...shown, map, theme, points: pointsOf(map, box) };
    Object.assign(shown, { box, viewport });
    const part = ((viewport.x[1] - viewport.x[0]) * (viewport.y[1] - viewport.y[0])) / ((box.x[1] - box.x[0]) * (box.y[1] - box.y[0]));
    canvas.hidden = part > SHOWN_BELOW;
    if (!canvas.hidden) paint(viewport, box);
  }

  function paint(viewport, box) {
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.putImageData(shown.points, 0, 0);
    const [left, top] = toPixels(viewport.x[0], viewport.y[1], box);
    const [right, bottom] = toPixels(viewport.x[1], viewport.y[0], box);
    context.strokeStyle = getComputedStyle(stage).color;
    context.lineWidth = 2;
    context.strokeRect(2 * left, 2 * top, 2 * (right - left), 2 * (bottom - top));
  }

  /** Grey where there are sources, the darker the more there are. */
  function pointsOf({ x, y, n }, box) {
    const side = 2 * SIDE;
    const counts = new Uint32Array(side * side);
    for (let row = 0; row < n; row++) {
      const [px, py] = toPixels(x[row], y[row], box);
      const [i, j] = [Math.round(2 * px), Math.round(2 * py)];
      if (i >= 0 && j >= 0 && i < side && j < side) counts[j * side + i]++;
    }
    const image = new ImageData(side, side);
    const most = Math.log1p(Math.max(4, n / 4000));
    for (let i = 0; i < counts.length; i++) {
      if (!counts[i]) continue;
      const shade = DENSE + 160 * Math.min(1, Math.log1p(counts[i]) / most);
      image.data.set([122, 130, 140, shade], 4 * i);
    }
    return image;
  }

  return { needs: ["map", "viewport", "theme"], draw };
}
