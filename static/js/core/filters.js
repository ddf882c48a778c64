/**
 * Filters on columns, and the histograms that follow each other: which rows pass, and how many of
 * each bin. It works on typed arrays and never makes an object per source.
 */

import { numberOf, UNKNOWN } from "./binary.js";

export const BINS = 40;

/**
 * A filter on a column of numbers (ends included; null: no end) or of categories. Rows whose value
 * is unknown pass only where it says so.
 * @typedef {{kind: "range", low: number | null, high: number | null, unknown: boolean}
 *   | {kind: "categories", names: string[], unknown: boolean}} Filter
 * @typedef {import("./binary.js").Column} Column
 * @typedef {{low: number, high: number, log: boolean}} Scale Of a histogram of numbers; values
 *   beyond its ends are counted in its first and last bin.
 * @typedef {{all: Uint32Array, left: Uint32Array, unknown: [number, number]}} Histogram
 *   `all` rows of the base, and those `left` by the other filters; a bin, or a category, each.
 */

/** One byte a row: 1 where a column passes its filter. @param {Column} column @param {Filter} filter */
export function maskOf(column, filter) {
  const { codes } = column;
  const mask = new Uint8Array(codes.length);
  const unknown = filter.unknown ? 1 : 0;
  const passes = filter.kind === "range" ? rangeTest(column, filter) : categoryTest(column, filter);
  for (let row = 0; row < codes.length; row++) {
    mask[row] = codes[row] === UNKNOWN ? unknown : passes(codes[row]) ? 1 : 0;
  }
  return mask;
}

/** A value equals itself through its 16-bit code: an end counts to half a step. */
function rangeTest(column, { low, high }) {
  const half = (column.max - column.min) / 65534 / 2;
  const least = low === null ? -Infinity : low - half;
  const most = high === null ? Infinity : high + half;
  return (code) => {
    const value = numberOf(code, column);
    return value >= least && value <= most;
  };
}

function categoryTest({ categories }, { names }) {
  const inside = Uint8Array.from(categories, (name) => (names.includes(name) ? 1 : 0));
  return (code) => inside[code] === 1;
}

/**
 * All filters at once.
 * @param {Record<string, Column>} columns
 * @param {Record<string, Filter>} filters By column.
 * @param {Record<string, Scale | null>} scales Of the columns whose histograms are wanted.
 * @param {Uint8Array | null} within The rows to count among, as a selection; null: all.
 * @returns {{mask: Uint8Array | null, histograms: Record<string, Histogram>}} `mask` is null where
 *   no filter is set.
 */
export function crossfilter(columns, filters, scales, within) {
  const masks = Object.entries(filters).map(([name, filter]) => ({ name, mask: maskOf(columns[name], filter) }));
  const histograms = Object.fromEntries(
    Object.entries(scales).map(([name, scale]) => {
      const others = masks.filter((each) => each.name !== name).map(({ mask }) => mask);
      return [name, histogram(columns[name], scale, within, others)];
    }),
  );
  return { mask: masks.length ? both(masks.map(({ mask }) => mask)) : null, histograms };
}

/** @returns {Histogram} */
function histogram(column, scale, within, others) {
  const { codes } = column;
  const binOf = column.kind === "category" ? null : bins(column, scale);
  const size = column.kind === "category" ? column.categories.length : BINS;
  const [all, left, unknown] = [new Uint32Array(size), new Uint32Array(size), [0, 0]];
  for (let row = 0; row < codes.length; row++) {
    if (within && !within[row]) continue;
    const passes = others.every((mask) => mask[row] === 1);
    const code = codes[row];
    if (code === UNKNOWN) {
      unknown[0]++;
      if (passes) unknown[1]++;
      continue;
    }
    const bin = binOf ? binOf[code] : code;
    all[bin]++;
    if (passes) left[bin]++;
  }
  return { all, left, unknown: /** @type {[number, number]} */ (unknown) };
}

/** The bin of every code there is: a table is quicker than a division for each source. */
function bins(column, scale) {
  const table = new Uint8Array(UNKNOWN);
  for (let code = 0; code < UNKNOWN; code++) {
    const share = shareOf(numberOf(code, column), scale);
    table[code] = Math.min(BINS - 1, Math.max(0, Math.floor(share * BINS)));
  }
  return table;
}

/** Where a value lies along a scale: 0 at its low end, 1 at its high end. */
export function shareOf(value, { low, high, log }) {
  if (!log) return (value - low) / (high - low || 1);
  return Math.log(Math.max(value, low) / low) / Math.log(high / low || 2);
}

/** The value at a share of a scale: the way back from shareOf. */
export function valueAt(share, { low, high, log }) {
  return log ? low * (high / low) ** share : low + share * (high - low);
}

/** @param {{min?: number | null, max?: number | null, low?: number | null, high?: number | null}} column */
function endsOf({ min, max, low, high }) {
  return { min: min ?? 0, max: max ?? 1, low: low ?? min ?? 0, high: high ?? max ?? 1 };
}

/** The scale of a column: its robust range, logarithmic where values are positive and spread. */
export function scaleOf(/** @type {{min?: number | null, max?: number | null, low?: number | null, high?: number | null}} */ column) {
  const { min, max, low: from, high: to } = endsOf(column);
  const ends = from < to ? { low: from, high: to } : { low: min, high: max > min ? max : min + 1 };
  return { ...ends, log: ends.low > 0 && ends.high / ends.low > 50 };
}

const both = (masks) => {
  const mask = masks[0].slice();
  for (const other of masks.slice(1)) for (let row = 0; row < mask.length; row++) mask[row] &= other[row];
  return mask;
};

/** "redshift:0.1..0.5", "label:FRI|FRII|~unknown": a filter as it stands in a link. */
export function writeFilter(name, filter) {
  const parts =
    filter.kind === "range"
      ? [`${filter.low ?? ""}..${filter.high ?? ""}`]
      : filter.names.map(encodeURIComponent);
  return `${name}:${[...parts, ...(filter.unknown ? ["~unknown"] : [])].join("|")}`;
}

/** @param {string} text @param {readonly {name: string, kind: string}[]} described @returns {[string, Filter] | null} */
export function readFilter(text, described) {
  const at = text.indexOf(":");
  const column = described.find(({ name }) => name === text.slice(0, at));
  if (at < 0 || !column) return null;
  const parts = text.slice(at + 1).split("|").filter(Boolean);
  const unknown = parts.includes("~unknown");
  const values = parts.filter((part) => part !== "~unknown");
  if (column.kind === "category") {
    return [column.name, { kind: "categories", names: values.map(decodeURIComponent), unknown }];
  }
  const ends = /^(.*?)\.\.(.*)$/.exec(values[0] ?? "..");
  if (!ends) return null;
  const [low, high] = ends.slice(1).map((end) => (end === "" ? null : Number(end)));
  return Number.isNaN(low) || Number.isNaN(high) ? null : [column.name, { kind: "range", low, high, unknown }];
}
