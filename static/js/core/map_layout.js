/**
 * Which of two maps is shown: the bundle's own, or the one that its catalogue brought along.
 * It never asks the server and never draws.
 */

/** @type {import("./state.js").Schemas["MapLayout"]["name"]} */
export const OURS = "ours";

/**
 * An answer with the places of the map that is shown. A query that is no source of the catalogue
 * goes where its nearest neighbours are: the median of their places, as on the bundle's own map.
 */
export function placedOn(result, map, layout, placedBy) {
  if (!result || !map || layout === OURS) return result;
  const at = (row) => ({ x: map.x[row], y: map.y[row] });
  const neighbours = result.neighbours.map((each) => ({ ...each, ...at(each.row) }));
  const { row } = result.query;
  const place = row === null ? middle(neighbours.slice(0, placedBy)) : at(row);
  return { ...result, map: { ...result.map, ...place }, neighbours };
}

export function middle(places) {
  if (!places.length) return {};
  return { x: median(places.map(({ x }) => x)), y: median(places.map(({ y }) => y)) };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
