/**
 * The density of sources on the map: smoothed on a grid, with contours that hold shares of them.
 * It works on typed arrays and never draws.
 */

import { homeView } from "./geometry.js";

/** The contours hold the densest of these shares of the sources. */
export const SHARES = [0.2, 0.4, 0.6, 0.8, 0.95];
/** Of the kernel for 2,000 sources, as a share of the home view; less for more, as n^(-1/6). */
const SIGMA = 0.018;
const [LEAST_SIGMA, MOST_SIGMA] = [0.008, 0.025];
const CELLS_PER_SIGMA = 4;
const MOST_CELLS = 1024;
const SQUARE = { width: 1, height: 1 };
/** @type {WeakMap<object, number>} */
const homeSpans = new WeakMap();

/**
 * Values at the nodes of a grid, row by row from the lowest y; the node (0, 0) lies at x0, y0.
 * @typedef {{values: Float32Array, width: number, height: number, x0: number, y0: number, cell: number}} Density
 * @typedef {{x: Float32Array, y: Float32Array}} Places
 */

/**
 * Sources per cell, smoothed with a Gaussian.
 * @param {Places} map @param {Uint8Array | null} [mask] The sources that count; null: all.
 * @param {number} [smoother] How many times wider the Gaussian is.
 * @returns {Density}
 */
export function densityOf(map, mask = null, smoother = 1) {
  const { x, y } = map;
  const n = mask ? mask.reduce((sum, inside) => sum + inside, 0) : x.length;
  const spread = SIGMA * (Math.max(n, 1) / 2000) ** (-1 / 6);
  const sigma = smoother * homeSpan(map) * Math.min(MOST_SIGMA, Math.max(LEAST_SIGMA, spread));
  const [left, right, bottom, top] = [...extremes(x), ...extremes(y)];
  const longer = Math.max(right - left, top - bottom) + 8 * sigma;
  const cell = Math.max(sigma / CELLS_PER_SIGMA, longer / MOST_CELLS);
  const [x0, y0] = [left - 4 * sigma, bottom - 4 * sigma];
  const width = Math.ceil((right - left + 8 * sigma) / cell) + 1;
  const height = Math.ceil((top - bottom + 8 * sigma) / cell) + 1;
  const counts = new Float32Array(width * height);
  const grid = { values: counts, width, height, x0, y0, cell };
  for (let row = 0; row < x.length; row++) if (!mask || mask[row]) counts[nodeOf(grid, x[row], y[row])]++;
  return { ...grid, values: smoothed(counts, width, height, sigma / cell) };
}

/** How much of the map a square window shows at first. @param {Places} map */
export function homeSpan(map) {
  const span = homeSpans.get(map.x) ?? homeView(map, SQUARE, 0).span;
  homeSpans.set(map.x, span);
  return span;
}

/** The node of the grid that is nearest to a place. */
export function nodeOf(/** @type {Density} */ { width, x0, y0, cell }, x, y) {
  return Math.round((y - y0) / cell) * width + Math.round((x - x0) / cell);
}

/**
 * The densities above which the densest shares of the sources lie, the highest first.
 * @param {Density} density @param {Places} map @param {Uint8Array | null} [mask]
 */
export function levelsHolding(density, { x, y }, mask = null, shares = SHARES) {
  const at = [];
  for (let row = 0; row < x.length; row++) {
    if (!mask || mask[row]) at.push(density.values[nodeOf(density, x[row], y[row])]);
  }
  const sorted = Float32Array.from(at).sort().reverse();
  if (!sorted.length) return [];
  return shares.map((share) => sorted[Math.min(sorted.length, Math.ceil(share * sorted.length)) - 1]);
}

/**
 * The lines on which the density has a value: x1, y1, x2, y2 of each piece (marching squares).
 * @param {Density} density
 */
export function contourOf({ values, width, height, x0, y0, cell }, level) {
  const found = [];
  for (let j = 0; j + 1 < height; j++) {
    for (let i = 0; i + 1 < width; i++) {
      const at = j * width + i;
      /** @type {[number, number, number, number]} */
      const corners = [values[at], values[at + 1], values[at + width + 1], values[at + width]];
      const crossings = crossingsOf(corners, level, i, j);
      for (let k = 0; k + 1 < crossings.length; k += 2) found.push(...crossings[k], ...crossings[k + 1]);
    }
  }
  return Float32Array.from(found, (value, k) => (k % 2 ? y0 : x0) + value * cell);
}

/** Where the line enters and leaves a cell; in a saddle its two pieces follow the middle's side. */
function crossingsOf(/** @type {[number, number, number, number]} */ [a, b, c, d], level, i, j) {
  const [p, q, r, s] = [a > level, b > level, c > level, d > level];
  if (p === q && q === r && r === s) return [];
  const part = (from, to) => (level - from) / (to - from);
  const crossings = [];
  if (p !== q) crossings.push([i + part(a, b), j]);
  if (q !== r) crossings.push([i + 1, j + part(b, c)]);
  if (r !== s) crossings.push([i + part(d, c), j + 1]);
  if (s !== p) crossings.push([i, j + part(a, d)]);
  const joined = crossings.length === 4 && (a + b + c + d) / 4 > level === p;
  return joined ? crossings : crossings.length === 4 ? [...crossings.slice(3), ...crossings.slice(0, 3)] : crossings;
}

/** The contours of the sources, the innermost first. @param {Places} map @param {Uint8Array | null} mask */
export function contoursOf(map, mask) {
  const density = densityOf(map, mask);
  const levels = levelsHolding(density, map, mask);
  return levels.map((level, i) => ({ share: SHARES[i], level, pieces: contourOf(density, level) }));
}

/** A Gaussian along x, then along y. */
function smoothed(values, width, height, sigma) {
  const reach = Math.ceil(4 * sigma);
  const kernel = Float32Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)));
  const sum = kernel.reduce((a, b) => a + b);
  const along = (from, count, lines, step, stride) => {
    const to = new Float32Array(from.length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < count; i++) {
        const value = from[line * stride + i * step];
        if (!value) continue;
        for (let k = -reach; k <= reach; k++) {
          if (i + k >= 0 && i + k < count) to[line * stride + (i + k) * step] += (value * kernel[k + reach]) / sum;
        }
      }
    }
    return to;
  };
  return along(along(values, width, height, 1, width), height, width, width, 1);
}

function extremes(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low <= high ? [low, high] : [0, 1];
}
