/**
 * A list of one's own on the map: where its entries stand, and what each kind of them is.
 * It never draws.
 */

import { middle, OURS } from "./map_layout.js";

/** @typedef {import("./state.js").Schemas["PlacedList"]} PlacedList */
/** @typedef {import("./state.js").Schemas["PlacedEntry"]} PlacedEntry */
/** @typedef {PlacedEntry["kind"]} PlaceKind */

/** The kinds that stand on the map, the last on top, with what is said of them. */
export const KINDS = /** @type {const} */ (["near", "imaged", "matched"]);

/** @returns {Record<PlaceKind, string>} */
export function kindWords({ same_source_arcsec: same }, nearArcsec) {
  return {
    matched: `matched within ${same}\u2033`,
    imaged: "own image, by its neighbours",
    near: `near a source, ${same}\u2033 to ${nearArcsec}\u2033`,
    absent: "unmatched, not on the map",
  };
}

/**
 * The entries with their places on the map that is shown; those that have none are left out.
 * @param {PlacedList} list @param {{x: ArrayLike<number>, y: ArrayLike<number>}} map
 * @param {string} layout
 */
export function placesOn({ entries }, map, layout) {
  const at = (row) => ({ x: map.x[row], y: map.y[row] });
  return entries.flatMap(({ kind, source_row: row, x, y, neighbour_rows: rows }) => {
    if (row !== null) return [{ kind, ...at(row) }];
    if (x === null || y === null) return [];
    return [{ kind, ...(layout === OURS ? { x, y } : middle(rows.map(at))) }];
  });
}
