/**
 * Regions of the map, told apart by density alone, and what most of their sources are.
 * The categories never shape the regions, so that a majority is not of its own making. It never draws.
 */

import { UNKNOWN } from "./binary.js";
import { densityOf, levelsHolding, nodeOf } from "./density.js";

/** Beyond the contour that holds so many of the sources there is no region. */
const HELD = 0.98;
/** Smoother than the contours, so that a region is more than a knot of points. */
const SMOOTHER = 1.3;
/** Two hills are one where the saddle between them is so high, as a share of the lower one. */
const SADDLE = 0.8;
/** No majority is told of fewer sources with a known value. */
export const FEWEST = 20;

/**
 * `x`, `y`: the densest place; `n` sources, of which `known` have a value. `name`: the category of
 * more than half of these; null where there is none, or where fewer than FEWEST are known.
 * @typedef {{x: number, y: number, n: number, known: number, name: string | null, count: number}} Region
 */

/**
 * The regions of all sources, counted among those of `mask`, the largest first.
 * @param {import("./density.js").Places} map
 * @param {import("./binary.js").Column} column Of categories.
 * @param {Uint8Array | null} [mask]
 * @returns {Region[]}
 */
export function regionsOf(map, column, mask = null) {
  const density = densityOf(map, null, SMOOTHER);
  const hills = hillsOf(density, levelsHolding(density, map, null, [HELD])[0] ?? Infinity);
  /** @type {Map<number, {n: number, counts: Uint32Array}>} */
  const found = new Map();
  for (let row = 0; row < map.x.length; row++) {
    if (mask && !mask[row]) continue;
    const peak = hills[nodeOf(density, map.x[row], map.y[row])];
    if (peak < 0) continue;
    if (!found.has(peak)) found.set(peak, { n: 0, counts: new Uint32Array(column.categories?.length ?? 0) });
    const region = /** @type {{n: number, counts: Uint32Array}} */ (found.get(peak));
    region.n++;
    if (column.codes[row] !== UNKNOWN) region.counts[column.codes[row]]++;
  }
  const { width, x0, y0, cell } = density;
  const place = (node) => ({ x: x0 + (node % width) * cell, y: y0 + Math.floor(node / width) * cell });
  return [...found].map(([peak, each]) => ({ ...place(peak), n: each.n, ...majority(each.counts, column.categories) })).sort((a, b) => b.n - a.n);
}

function majority(counts, categories) {
  const known = counts.reduce((sum, count) => sum + count, 0);
  const most = counts.indexOf(Math.max(...counts));
  const told = known >= FEWEST && counts[most] > known / 2;
  return { known, name: told ? categories[most] : null, count: told ? counts[most] : 0 };
}

/** The node of the hilltop to which each node belongs; -1 below the lowest density. */
function hillsOf({ values, width, height }, lowest) {
  const nodes = [];
  for (let node = 0; node < values.length; node++) if (values[node] >= lowest) nodes.push(node);
  nodes.sort((a, b) => values[b] - values[a]);
  const above = new Int32Array(values.length).fill(-1);
  const top = (node) => {
    while (above[node] !== node) node = above[node] = above[above[node]];
    return node;
  };
  for (const node of nodes) {
    const tops = [...new Set(neighboursOf(node, width, height).filter((each) => above[each] >= 0).map(top))];
    const highest = tops.sort((a, b) => values[b] - values[a])[0] ?? node;
    above[node] = highest;
    for (const other of tops.slice(1)) if (values[node] >= SADDLE * values[other]) above[other] = highest;
  }
  return above.map((each, node) => (each < 0 ? -1 : top(node)));
}

function neighboursOf(node, width, height) {
  const [i, j] = [node % width, Math.floor(node / width)];
  const found = [];
  for (let dj = -1; dj <= 1; dj++) {
    for (let di = -1; di <= 1; di++) {
      const inside = i + di >= 0 && i + di < width && j + dj >= 0 && j + dj < height;
      if ((di || dj) && inside) found.push(node + dj * width + di);
    }
  }
  return found;
}
