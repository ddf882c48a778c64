/**
 * Sets of rows computed beside the page, so that a lasso over a million sources never holds it up.
 * It keeps the map and the columns that it was given, and answers by number.
 */

import { contoursOf } from "./core/density.js";
import { crossfilter } from "./core/filters.js";
import { regionsOf } from "./core/regions.js";
import { rowsOfShapes } from "./core/selections.js";

/** @type {any} */
let map = null;
/** @type {Record<string, import("./core/binary.js").Column>} */
const columns = {};

const acts = {
  map: (given) => (map = given),
  column: (column) => (columns[column.name] = column),
  shapes: ({ shapes, allowed }) => rowsOfShapes(map, shapes, allowed),
  contours: ({ mask }) => contoursOf(map, mask),
  regions: ({ column, mask }) => regionsOf(map, columns[column], mask),
  crossfilter: ({ filters, scales, within }) => crossfilter(columns, filters, scales, within),
};

addEventListener("message", ({ data: { number, act, given } }) => {
  const result = acts[act](given);
  if (act !== "map" && act !== "column") postMessage({ number, result });
});
