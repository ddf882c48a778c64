/**
 * Which sources in view are examples of their surroundings, and where their pictures stand.
 * The same view gives the same examples, and a view that is moved a little keeps them. It never draws.
 */

import { box, firstFree } from "./boxes.js";
import { homeSpan } from "./density.js";
import { toPixels } from "./geometry.js";

/** Pictures stand on the map where it shows so many times less than the whole. */
const NEAR = 1.5;
/** Of the cells from each of which one source is taken, px, between 0.71 and 1.41 of it. */
const CELL_PX = 150;
/** No two examples are closer than this share of a cell. */
const APART = 0.55;
const AROUND = [[1, -1], [-1, -1], [1, 1], [-1, 1], [1, 0], [-1, 0], [0, -1], [0, 1]];
const GAPS_PX = [12, 30];
const POINT_PX = 12;

/** Whether a view is near enough for pictures. */
export function isNear(/** @type {import("./density.js").Places} */ map, /** @type {import("./state.js").Viewport} */ { x, y }) {
  return Math.min(x[1] - x[0], y[1] - y[0]) * NEAR <= homeSpan(map);
}

/**
 * Rows of at most `most` examples: of each cell of a grid that is fixed to the map, the source
 * nearest to the middle of its sources; fuller cells first.
 * @param {import("./density.js").Places} map
 * @param {import("./state.js").Viewport} viewport
 * @param {{most: number, among?: import("./rows.js").Rows | null}} how
 * @returns {number[]}
 */
export function exemplarRows(map, viewport, { most, among = null }) {
  const perPx = (viewport.x[1] - viewport.x[0]) / viewport.width;
  const side = 2 ** Math.round(Math.log2(CELL_PX * perPx));
  const cells = [...cellsOf(map, viewport, side, among).values()].map((cell) => ({ ...cell, row: middleOf(map, cell) }));
  cells.sort((a, b) => b.rows.length - a.rows.length || a.row - b.row);
  const [marginX, marginY] = [0.02 * (viewport.x[1] - viewport.x[0]), 0.02 * (viewport.y[1] - viewport.y[0])];
  const chosen = [];
  for (const { row } of cells) {
    const [x, y] = [map.x[row], map.y[row]];
    if (x < viewport.x[0] + marginX || x > viewport.x[1] - marginX || y < viewport.y[0] + marginY || y > viewport.y[1] - marginY) continue;
    if (chosen.some((other) => Math.hypot(map.x[other] - x, map.y[other] - y) < APART * side)) continue;
    chosen.push(row);
    if (chosen.length === most) break;
  }
  return chosen;
}

/** The sources of every cell that the view touches, whole cells, so that a move changes none. */
function cellsOf({ x, y }, viewport, side, among) {
  const [left, right, bottom, top] = [...viewport.x, ...viewport.y].map((value) => Math.floor(value / side));
  const cells = new Map();
  for (let row = 0; row < x.length; row++) {
    const [i, j] = [Math.floor(x[row] / side), Math.floor(y[row] / side)];
    if (i < left || i > right || j < bottom || j > top || (among && !among.has(row))) continue;
    const key = `${i},${j}`;
    if (!cells.has(key)) cells.set(key, { rows: [], sumX: 0, sumY: 0 });
    const cell = cells.get(key);
    cell.rows.push(row);
    cell.sumX += x[row];
    cell.sumY += y[row];
  }
  return cells;
}

function middleOf({ x, y }, { rows, sumX, sumY }) {
  const [cx, cy] = [sumX / rows.length, sumY / rows.length];
  const distance = (row) => (x[row] - cx) ** 2 + (y[row] - cy) ** 2;
  return rows.reduce((best, row) => (distance(row) < distance(best) ? row : best));
}

/**
 * Where each picture stands beside its point: over no other picture, point or taken place. One that
 * finds no room is left out.
 * @param {{row: number, px: [number, number]}[]} points The best first.
 * @param {number} side Of a picture, px.
 * @param {import("./boxes.js").Box[]} taken
 * @param {{width: number, height: number}} size Of the window.
 * @param {Map<number, number>} before On which side each stood, and stays if it can.
 */
export function placePictures(points, side, taken, { width, height }, before = new Map()) {
  const own = points.map(({ px }) => box(px, POINT_PX, POINT_PX));
  const covered = [...taken];
  const placed = [];
  for (const [k, { row, px }] of points.entries()) {
    const wanted = GAPS_PX.flatMap((gap) => AROUND.map(([dx, dy]) => box([px[0] + dx * (side / 2 + gap), px[1] + dy * (side / 2 + gap)], side, side)));
    const kept = wanted[before.get(row) ?? -1];
    const others = [...covered, ...own.slice(0, k), ...own.slice(k + 1)];
    const found = firstFree(kept ? [kept, ...wanted] : wanted, others, { width, height });
    if (!found) continue;
    before.set(row, wanted.indexOf(found));
    covered.push(found);
    placed.push({ row, px, box: found });
  }
  return placed;
}

/** The points of some rows on the screen. */
export const pointsOf = (map, rows, viewport) => rows.map((row) => ({ row, px: toPixels(map.x[row], map.y[row], viewport) }));
