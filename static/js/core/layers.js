/**
 * The layers of the map: sets of rows, each drawn over those before it, the catalogue's first.
 * It knows which point of which layer is which row, and never touches Plotly. Whoever wants others
 * emits explorer:layers {layers}.
 */

import { Rows } from "./rows.js";

/**
 * @typedef {object} Layer
 * @property {string} name Unique.
 * @property {Rows | null} rows What it draws; null: every row.
 * @property {string} [colour] One colour for all its points; without it they have the column's.
 * @property {number} [grow] How much larger than the catalogue's its points are.
 */

/** The catalogue alone, whole. @type {readonly Layer[]} */
export const CATALOGUE = Object.freeze([{ name: "catalogue", rows: null }]);

/** The row of a point, by the numbers of its layer and of the point in it. */
export function rowOfPoint(/** @type {readonly Layer[]} */ layers, layer, point) {
  const rows = layers[layer].rows;
  return rows === null ? point : rows.indices[point];
}

/** All rows that any layer draws; null if that is every row. */
export function drawnRows(/** @type {readonly Layer[]} */ layers) {
  /** @type {Rows | null} */
  let drawn = null;
  for (const { rows } of layers) {
    if (rows === null) return null;
    drawn = drawn === null ? rows : drawn.or(rows);
  }
  return drawn ?? new Rows(new Uint8Array(0));
}

/** The values of a column for the points of a layer. */
export const valuesOf = (/** @type {Layer} */ { rows }, values) => (rows === null ? values : rows.take(values));
