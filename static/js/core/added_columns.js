/**
 * Columns that the bundle does not hold, made on this page or by the server while people work. Once
 * it is added, a column is as any other: it colours the map, filters, and stands in a link.
 * It never asks the server and never draws.
 */

import { numberOf, UNKNOWN } from "./binary.js";

const STEPS = 65534;
const ROBUST = [0.02, 0.98];

/**
 * What a column is made of: `values` (a number or a category of each row in the order of the map; null
 * or NaN where unknown), or `codes` as core/binary.js decodes them, with `min` and `max`, or `categories`.
 * @typedef {{name: string, label?: string, kind: "number" | "category", unit?: string | null,
 *   description?: string, values?: ArrayLike<number | string | null>, codes?: Uint16Array,
 *   min?: number | null, max?: number | null, low?: number | null, high?: number | null,
 *   categories?: string[] | null}} GivenColumn
 * @typedef {{get: () => any, set: (patch: any) => void}} Store
 */

/**
 * Add a column, or put it in the place of an added one of its name.
 * @param {Store} store @param {GivenColumn} given
 * @throws {Error} With a sentence, where the catalogue has the name, or the rows are not the map's.
 */
export function addColumn(store, given) {
  const { columns, map } = store.get();
  const { values, ...told } = given;
  const made = values ? encode(given.kind, values) : {};
  /** @type {any} */
  const column = { unit: null, description: "", min: null, max: null, categories: null, ...told, ...made };
  column.label ||= column.name;
  const place = columns.findIndex(({ name }) => name === column.name);
  if (place >= 0 && !columns[place].codes) throw new Error(`The catalogue has a column “${column.name}” already: add it under another name.`);
  if (map && column.codes.length !== map.n) throw new Error(`“${column.label}” has ${column.codes.length} values, and the map ${map.n} sources.`);
  store.set({ columns: place < 0 ? [...columns, column] : columns.with(place, column) });
}

/** Take an added column away, and the filter and the names of regions that were by it. */
export function removeColumn(/** @type {Store} */ store, /** @type {string} */ name) {
  const { columns, filters, regions } = store.get();
  if (!addedColumn(store.get(), name)) return;
  const { [name]: filter, ...others } = filters;
  store.set({ columns: columns.filter((each) => each.name !== name), ...(filter && { filters: others }), ...(regions === name && { regions: "" }) });
}

/** An added column; null where there is none of the name, or it is the bundle's. */
export const addedColumn = (/** @type {any} */ { columns }, /** @type {string} */ name) => columns.find((each) => each.name === name && each.codes) ?? null;

/** What a column says of a row: a number, a category, or null. */
export function valueOf(column, row) {
  const code = column.codes[row];
  if (code === undefined || code === UNKNOWN) return null;
  return column.kind === "category" ? column.categories[code] : Number(numberOf(code, column).toPrecision(4));
}

/** A source with what the added columns say of it, among its other columns. */
export function withAdded(source, /** @type {readonly any[]} */ columns) {
  const added = columns.filter(({ codes }) => codes).map((each) => [each.name, valueOf(each, source.row)]);
  return added.length ? { ...source, columns: { ...source.columns, ...Object.fromEntries(added) } } : source;
}

function encode(kind, values) {
  if (kind === "category") {
    const categories = /** @type {string[]} */ ([...new Set(values)].filter((each) => typeof each === "string")).sort();
    const index = new Map(categories.map((name, i) => [name, i]));
    return { categories, codes: Uint16Array.from(values, (each) => index.get(each) ?? UNKNOWN) };
  }
  const isKnown = (each) => typeof each === "number" && Number.isFinite(each);
  const known = Float64Array.from([...values].filter(isKnown)).sort();
  if (!known.length) return { min: null, max: null, codes: new Uint16Array(values.length).fill(UNKNOWN) };
  const [min, max] = [known[0], known[known.length - 1]];
  const [low, high] = ROBUST.map((share) => known[Math.round(share * (known.length - 1))]);
  const codes = Uint16Array.from(values, (each) => (isKnown(each) ? Math.round(((each - min) / (max - min || 1)) * STEPS) : UNKNOWN));
  return { min, max, low, high, codes };
}
