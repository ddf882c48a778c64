/**
 * Values to colours that people with any colour vision can tell apart, on light and on dark.
 * It never draws: it gives colour codes per source and the scale that reads them.
 */

import { numberOf, UNKNOWN } from "../core/binary.js";
import { shareOf } from "./filters.js";

/** Viridis (matplotlib, van der Walt & Smith), eleven stops. */
const VIRIDIS = ["#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884",
  "#44bf70", "#7ad151", "#bddf26", "#fde725"];
/** Part of viridis that stands out from the background. */
const LEGIBLE = { light: [0, 0.93], dark: [0.22, 1] };
/** Okabe & Ito (2008), without black. */
const OKABE_ITO = ["#e69f00", "#56b4e9", "#009e73", "#d55e00", "#cc79a7", "#0072b2", "#f0e442"];
const UNKNOWN_COLOUR = { light: "#b9bec4", dark: "#565d66" };
const OTHER_COLOUR = { light: "#7d858e", dark: "#98a1ab" };
const STEPS = 255;

/**
 * @typedef {{codes: Uint8Array, scale: [number, string][], max: number, unknown: number,
 *   legend: Legend}} Colouring codes 0 are unknown values
 * @typedef {{kind: "number", low: number, high: number, log: boolean, below: boolean, above: boolean,
 *   histogram: Uint32Array, colours: string[]} | {kind: "category",
 *   entries: {name: string, count: number, colour: string}[]}} Legend
 */

/**
 * Colour every source by a column.
 * @param {import("../core/binary.js").Column} column
 * @param {{low: number, high: number}} range Values beyond it take its end colours.
 * @param {"light"|"dark"} theme
 * @param {boolean} [log] By the logarithm, where all values have one.
 * @returns {Colouring}
 */
export function colourBy(column, range, theme, log = false) {
  return column.kind === "category" ? byCategory(column, theme) : byNumber(column, range, theme, log && hasLogarithm(column));
}

/**
 * Colour every source by a column, in the range of its description where none was chosen.
 * @param {import("../core/binary.js").Column} column
 * @param {readonly {name: string, low?: number | null, high?: number | null}[]} columns
 * @param {{colourRange: {low: number, high: number} | null, logColours: boolean, theme: "light" | "dark"}} chosen
 */
export function colouringOf(column, columns, { colourRange, logColours, theme }) {
  const described = columns.find(({ name }) => name === column.name);
  const range = colourRange ?? { low: described?.low ?? column.min, high: described?.high ?? column.max };
  return colourBy(column, /** @type {{low: number, high: number}} */ (range), theme, logColours);
}

/** Whether a logarithm of every known value can be had. */
export const hasLogarithm = (/** @type {{min?: number | null}} */ { min }) => (min ?? 0) > 0;

/** The colour of unknown values. */
export const unknownColour = (theme) => UNKNOWN_COLOUR[theme];

/** `count` colours along the legible part of viridis. */
export function numberColours(theme, count) {
  const [from, to] = LEGIBLE[theme];
  return Array.from({ length: count }, (_, i) => viridis(from + ((to - from) * i) / (count - 1)));
}

/** @returns {Colouring} */
function byNumber(column, range, theme, log) {
  const least = log ? Math.max(range.low, column.min) : range.low;
  const [low, high] = [least, range.high > least ? range.high : least + 1];
  const scale = { low, high, log };
  const codes = new Uint8Array(column.codes.length);
  const bins = new Uint32Array(64);
  let [unknown, below, above] = [0, false, false];
  for (let row = 0; row < codes.length; row++) {
    if (column.codes[row] === UNKNOWN) {
      unknown++;
      continue;
    }
    const value = numberOf(column.codes[row], column);
    const share = log && value < low ? -1 : shareOf(value, scale);
    below ||= share < -1e-4;
    above ||= share > 1 + 1e-4;
    const clamped = Math.min(1, Math.max(0, share));
    codes[row] = 1 + Math.round(clamped * (STEPS - 1));
    bins[Math.min(bins.length - 1, Math.floor(clamped * bins.length))]++;
  }
  const colours = numberColours(theme, 33);
  /** @type {[number, string][]} */
  const stops = colours.map((colour, i) => [(1 + ((STEPS - 1) * i) / 32) / STEPS, colour]);
  /** @type {Legend} */
  const legend = { kind: "number", low, high, log, below, above, histogram: bins, colours };
  return { codes, scale: [[0, unknownColour(theme)], ...stops], max: STEPS, unknown, legend };
}

/** @returns {Colouring} */
function byCategory(column, theme) {
  const { counts, unknown } = countCategories(column);
  const shown = [...counts.keys()].filter((i) => counts[i]).sort((a, b) => counts[b] - counts[a]);
  const entries = entriesOf(shown, counts, column.categories, theme);
  const codeOf = new Uint8Array(counts.length);
  shown.forEach((category, place) => (codeOf[category] = 1 + Math.min(place, entries.length - 1)));
  const codes = Uint8Array.from(column.codes, (code) => (code === UNKNOWN ? 0 : codeOf[code]));
  const max = Math.max(1, entries.length);
  const stops = entries.map(({ colour }, i) => [(i + 1) / max, colour]);
  if (!stops.length) stops.push([1, unknownColour(theme)]);
  const scale = [[0, unknownColour(theme)], ...stops];
  return { codes, scale, max, unknown, legend: { kind: "category", entries } };
}

/** Named categories while there are colours; the rare rest share one entry. */
function entriesOf(shown, counts, names, theme) {
  const own = shown.length > OKABE_ITO.length ? shown.slice(0, OKABE_ITO.length) : shown;
  const entries = own.map((i, place) => {
    return { name: names[i], count: counts[i], colour: OKABE_ITO[place] };
  });
  const rest = shown.slice(own.length);
  if (rest.length) {
    const count = rest.reduce((sum, i) => sum + counts[i], 0);
    entries.push({ name: `${rest.length} others`, count, colour: OTHER_COLOUR[theme] });
  }
  return entries;
}

function countCategories({ codes, categories }) {
  const counts = new Uint32Array(categories.length);
  let unknown = 0;
  for (const code of codes) {
    if (code === UNKNOWN) unknown++;
    else counts[code]++;
  }
  return { counts, unknown };
}

function viridis(position) {
  const place = Math.min(1, Math.max(0, position)) * (VIRIDIS.length - 1);
  const i = Math.min(VIRIDIS.length - 2, Math.floor(place));
  const [a, b] = [VIRIDIS[i], VIRIDIS[i + 1]].map(channels);
  const mixed = a.map((channel, c) => Math.round(channel + (b[c] - channel) * (place - i)));
  return `rgb(${mixed.join(",")})`;
}

const channels = (hex) => [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
