/**
 * Distances and directions, on the map's plane and on the sky.
 * It never draws, and it reads typed arrays without making an object per source.
 */

const ARCSEC_PER_RAD = (180 / Math.PI) * 3600;

/** The separation of two sky positions in arcsec (haversine: exact for small angles too). */
export function separationArcsec(a, b) {
  const degrees = [a.ra_deg, a.dec_deg, b.ra_deg, b.dec_deg];
  const [ra1, dec1, ra2, dec2] = degrees.map((v) => (v * Math.PI) / 180);
  const h =
    Math.sin((dec2 - dec1) / 2) ** 2 +
    Math.cos(dec1) * Math.cos(dec2) * Math.sin((ra2 - ra1) / 2) ** 2;
  return 2 * Math.asin(Math.min(1, Math.sqrt(h))) * ARCSEC_PER_RAD;
}

/**
 * The row nearest to a place on the map, of all or of those in a set; -1 if there is none.
 * @param {{x: Float32Array, y: Float32Array}} points
 * @param {number} px
 * @param {number} py
 * @param {import("../core/rows.js").Rows | null} [among]
 */
export function nearestRow({ x, y }, px, py, among = null) {
  let [best, bestDistance] = [-1, Infinity];
  for (let row = 0; row < x.length; row++) {
    if (among && !among.has(row)) continue;
    const distance = (x[row] - px) ** 2 + (y[row] - py) ** 2;
    if (distance < bestDistance) [best, bestDistance] = [row, distance];
  }
  return best;
}

/**
 * The next row in a direction: nearest of those within 45 degrees of it, straight ones preferred.
 * @param {{x: Float32Array, y: Float32Array}} points
 * @param {number} from The row to leave.
 * @param {[number, number]} direction One of [1, 0], [-1, 0], [0, 1], [0, -1].
 * @param {import("../core/rows.js").Rows | null} [among] The rows to step to; null: all.
 * @returns {number} A row; `from` itself if nothing lies there.
 */
export function rowInDirection({ x, y }, from, [ux, uy], among = null) {
  let [best, bestCost] = [from, Infinity];
  for (let row = 0; row < x.length; row++) {
    if (among && !among.has(row)) continue;
    const [dx, dy] = [x[row] - x[from], y[row] - y[from]];
    const along = dx * ux + dy * uy;
    const across = Math.abs(dx * uy - dy * ux);
    if (along <= 0 || across > along) continue;
    const cost = along + across;
    if (cost < bestCost) [best, bestCost] = [row, cost];
  }
  return best;
}

/** The view (centre, and the length of the shorter side) that shows all points with a margin. */
export function wholeView({ x, y }, size, margin = 0.05) {
  return viewAround(extremes(x), extremes(y), size, margin);
}

/** Islands with so small a share of the sources may lie outside of the home view ... */
const MOST_LEFT_OUT = 0.15;
/** ... if the rest is then so much larger. */
const WORTH = 0.8;
const CELLS = 24;
const FEWEST = 400;

/**
 * The view to begin with: that of all points, or, where islands would leave it half empty, that
 * of the mainland. The inset shows the islands.
 */
export function homeView({ x, y }, size, margin = 0.05) {
  const whole = wholeView({ x, y }, size, margin);
  if (x.length < FEWEST) return whole;
  const main = mainland(x, y);
  if (main.length < (1 - MOST_LEFT_OUT) * x.length) return whole;
  const at = (values) => extremes(main.map((row) => values[row]));
  const core = viewAround(at(x), at(y), size, margin);
  return core.span < WORTH * whole.span ? core : whole;
}

/** The rows of the largest group of occupied cells that touch, on a coarse grid. */
function mainland(x, y) {
  const [[x0, x1], [y0, y1]] = [extremes(x), extremes(y)];
  const side = Math.max(x1 - x0, y1 - y0, 1e-9) / CELLS;
  const cellOf = (row) => Math.floor((x[row] - x0) / side) + (CELLS + 1) * Math.floor((y[row] - y0) / side);
  const cells = new Map();
  for (let row = 0; row < x.length; row++) {
    const cell = cellOf(row);
    if (cells.has(cell)) cells.get(cell).push(row);
    else cells.set(cell, [row]);
  }
  let largest = [];
  while (cells.size) {
    const [start] = cells.keys();
    const found = [];
    const open = [start];
    while (open.length) {
      const cell = open.pop();
      if (!cells.has(cell)) continue;
      for (const row of cells.get(cell)) found.push(row);
      cells.delete(cell);
      for (const dy of [-1, 0, 1]) for (const dx of [-1, 0, 1]) open.push(cell + dx + dy * (CELLS + 1));
    }
    if (found.length > largest.length) largest = found;
  }
  return largest;
}

/** @param {number[]} x @param {number[]} y @param {{width: number, height: number}} size @param {number} margin */
function viewAround([x0, x1], [y0, y1], { width, height }, margin) {
  const shorter = Math.min(width, height);
  const perPx = Math.max((x1 - x0) / width, (y1 - y0) / height, 1e-6) * (1 + 2 * margin);
  return { cx: (x0 + x1) / 2, cy: (y0 + y1) / 2, span: perPx * shorter };
}

/** The axis ranges of a view in a window: the same scale in x and y. */
export function rangesOf({ cx, cy, span }, { width, height }) {
  const perPx = span / Math.min(width, height);
  const [hx, hy] = [(perPx * width) / 2, (perPx * height) / 2];
  return { x: [cx - hx, cx + hx], y: [cy - hy, cy + hy] };
}

/** The view of axis ranges: the way back from rangesOf. */
export function viewOf({ x, y }, { width, height }) {
  const perPx = (x[1] - x[0]) / width;
  return { cx: (x[0] + x[1]) / 2, cy: (y[0] + y[1]) / 2, span: perPx * Math.min(width, height) };
}

/** A view `factor` times as wide, with the place (px, py) staying where it is. */
export function zoomed(view, factor, px = view.cx, py = view.cy) {
  return {
    cx: px + (view.cx - px) * factor,
    cy: py + (view.cy - py) * factor,
    span: view.span * factor,
  };
}

/** Whether a value lies in a range, at least a share `edge` of it from either end. */
export function isInside([low, high], value, edge = 0) {
  const margin = edge * (high - low);
  return value > low + margin && value < high - margin;
}

/** Pixels from the top left corner of a window with these ranges. @returns {[number, number]} */
export function toPixels(px, py, { x, y, width, height }) {
  return [((px - x[0]) / (x[1] - x[0])) * width, ((y[1] - py) / (y[1] - y[0])) * height];
}

function extremes(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}
