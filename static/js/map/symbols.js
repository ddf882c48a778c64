/**
 * The symbols of a list's entries, as the map and its key draw them.
 */

/** The corners of each, in units of its half size. @type {Record<string, [number, number][]>} */
const CORNERS = {
  matched: [[0, -1], [1, 0], [0, 1], [-1, 0]],
  imaged: [[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]],
  near: [[0, -1], [0.95, 0.75], [-0.95, 0.75]],
};
const FILLED = ["matched"];
const HALF_PX = 5.5;

/** Whether a symbol is filled, or an outline. */
export const isFilled = (/** @type {string} */ kind) => FILLED.includes(kind);

/** The outline of a symbol round (x, y), as an SVG path. */
export function symbolPath(/** @type {string} */ kind, x = 0, y = 0, half = HALF_PX) {
  return `M${CORNERS[kind].map(([dx, dy]) => `${x + half * dx},${y + half * dy}`).join("L")}Z`;
}

/** Draw symbols of one kind in one go. @param {CanvasRenderingContext2D} context */
export function drawSymbols(context, kind, /** @type {[number, number][]} */ places, { ink, paper }) {
  const path = new Path2D(places.map(([x, y]) => symbolPath(kind, x, y)).join(""));
  context.lineJoin = "round";
  context.lineWidth = 4.4;
  context.strokeStyle = paper;
  context.stroke(path);
  context.lineWidth = 1.8;
  context.strokeStyle = ink;
  context.fillStyle = isFilled(kind) ? ink : paper;
  context.fill(path);
  context.stroke(path);
}
