/**
 * The shareable state in the page's address, both ways.
 * It never touches the browser's history: main does.
 */

import { CONDITIONS, conditionPairs, readConditions } from "./conditions.js";
import { examplePairs, examplesQuery, readExample, readExamples } from "./examples.js";
import { readFilter, writeFilter } from "./filters.js";
import { OURS } from "./map_layout.js";
import { readSelection, writeSelection } from "./selections.js";

/** @param {{location: Location, history: History}} window */
export function createAddress({ location, history }) {
  /** Which image of the person's own this entry of the history is about; null for none. */
  const imageId = () => history.state?.image ?? null;
  const entry = (image) => (image ? { image } : null);

  function push(search, image = null) {
    if (search === location.search && image === imageId()) return;
    history.pushState(entry(image), "", search || location.pathname);
  }

  function replace(search, image = null) {
    history.replaceState(entry(image), "", search || location.pathname);
  }

  return { read: () => location.search, imageId, push, replace };
}

/** What of the state stands in a link to another source. */
export const SHARED = ["k", "colour", "layout", "hideDuplicates", "duplicatesArcsec", "filters", "colourRange", "logColours", "conditions", "selections", "examples", "compared", "contours", "regions", "exemplars", "placed"];
/** Longer than this no link is: what makes it so is left out, and said. */
export const LONGEST = 7000;

/** @typedef {import("./api.js").Query} Query */
/** @typedef {import("./state.js").Schemas["MapLayout"]["name"]} Layout */

/**
 * @typedef {{query: Query|null, k: number, colour: string, layout: Layout, hideDuplicates: boolean,
 *   duplicatesArcsec: number, view: {cx: number, cy: number, span: number}|null,
 *   filters: Record<string, import("./filters.js").Filter>, conditions: import("./conditions.js").Conditions,
 *   colourRange: {low: number, high: number} | null, logColours: boolean,
 *   contours: "" | "all" | "shown", regions: string, exemplars: boolean, placed: string,
 *   list: string | null, examples: import("./examples.js").Example[], compared: string[],
 *   drawn: {name: string, shapes: import("./selections.js").Shape[]}[], ignored: string[]}} Shared
 *   `drawn`: selections whose rows are still to be found; `ignored`: what made no sense.
 */

/**
 * Read an address; what is missing or makes no sense takes its default.
 * @param {string} search Such as "?source=ID&k=24".
 * @param {{k: number, colour: string, duplicatesArcsec: number, kMax: number,
 *   layouts: Layout[], columns: readonly {name: string, kind: string}[]}} defaults
 * @returns {Shared}
 */
export function readAddress(search, defaults) {
  const params = new URLSearchParams(search);
  const filters = params.getAll("filter").map((text) => readFilter(text, defaults.columns));
  const drawn = params.getAll("drawn").map(readSelection);
  const k = wholeNumber(params.get("k"));
  const within = number(params.get("duplicates_arcsec"));
  const colour = params.get("colour") ?? "";
  const examples = readExamples(params);
  return {
    query: readQuery(params) ?? examplesQuery(examples),
    k: k >= 1 && k <= defaults.kMax ? k : defaults.k,
    colour: isColumn(colour, defaults) ? colour : defaults.colour,
    layout: defaults.layouts.find((name) => name === params.get("map")) ?? OURS,
    hideDuplicates: params.get("hide_duplicates") === "true",
    duplicatesArcsec: within >= 0 ? within : defaults.duplicatesArcsec,
    view: readView(params.get("view")),
    filters: Object.fromEntries(filters.filter((each) => each !== null)),
    colourRange: readRange(params.get("range")),
    logColours: params.get("scale") === "log",
    contours: CONTOURS.find((of) => of === params.get("contours")) ?? "",
    regions: isCategory(params.get("regions"), defaults) ? (params.get("regions") ?? "") : "",
    exemplars: params.get("examples") === "true",
    placed: params.get("placed") ?? "",
    conditions: readConditions(params),
    list: params.get("search") ?? (params.has("list") ? "" : null),
    examples,
    compared: [...new Set(params.getAll("compare").filter(Boolean))],
    drawn: drawn.filter((each) => each !== null),
    ignored: ignoredOf(params, defaults),
  };
}

const KNOWN = ["source", "position", "ra", "dec", "survey", "k", "colour", "map", "hide_duplicates",
  "duplicates_arcsec", "view", "filter", "drawn", "range", "list", "search", "scale", "contours", "regions", "examples", "placed",
  "wanted", "unwanted", "compare"];
/** @type {("all" | "shown")[]} */
const CONTOURS = ["all", "shown"];
const isColumn = (name, { columns }) => columns.some((each) => each.name === name);
const isCategory = (name, { columns }) => columns.some((each) => each.name === name && each.kind === "category");

/** What of an address means nothing here, in words: nothing is dropped in silence. */
function ignoredOf(params, defaults) {
  const ignored = [];
  const refuse = (name, fits) => {
    for (const value of params.getAll(name)) if (!fits(value)) ignored.push(`${name}=${value}`);
  };
  for (const name of new Set(params.keys())) {
    if (![...KNOWN, ...CONDITIONS].includes(name)) ignored.push(name);
  }
  refuse("k", (text) => wholeNumber(text) >= 1 && wholeNumber(text) <= defaults.kMax);
  refuse("colour", (name) => isColumn(name, defaults));
  refuse("map", (name) => defaults.layouts.some((each) => each === name));
  refuse("duplicates_arcsec", (text) => number(text) >= 0);
  refuse("view", (text) => readView(text) !== null);
  refuse("scale", (text) => ["log", "linear"].includes(text));
  refuse("contours", (text) => CONTOURS.some((of) => of === text));
  refuse("regions", (text) => isCategory(text, defaults));
  refuse("examples", (text) => ["true", "false"].includes(text));
  refuse("range", (text) => readRange(text) !== null);
  refuse("filter", (text) => readFilter(text, defaults.columns) !== null);
  for (const name of ["wanted", "unwanted"]) refuse(name, (text) => readExample(name, text) !== null);
  refuse("drawn", (text) => readSelection(text) !== null);
  for (const name of ["ra", "dec"]) refuse(name, (text) => Number.isFinite(number(text)));
  return ignored;
}

/** Write an address; defaults are left out, so that links stay short. */
export function writeAddress(/** @type {any} */ shared, defaults) {
  const listed = shared.subject === "list" && shared.list !== null;
  const params = new URLSearchParams(listed ? listParams(shared.list) : queryParams(shared.query));
  if (shared.k !== defaults.k) params.set("k", String(shared.k));
  if (shared.colour !== defaults.colour) params.set("colour", shared.colour);
  if (shared.layout !== OURS) params.set("map", shared.layout);
  if (shared.hideDuplicates) params.set("hide_duplicates", "true");
  if (shared.duplicatesArcsec !== defaults.duplicatesArcsec) {
    params.set("duplicates_arcsec", String(shared.duplicatesArcsec));
  }
  if (shared.view) {
    const { cx, cy, span } = shared.view;
    params.set("view", [cx, cy, span].map((v) => Number(v.toPrecision(5))).join(","));
  }
  for (const [name, filter] of Object.entries(shared.filters ?? {})) params.append("filter", writeFilter(name, filter));
  if (shared.colourRange) params.set("range", `${shared.colourRange.low},${shared.colourRange.high}`);
  if (shared.logColours) params.set("scale", "log");
  if (shared.contours) params.set("contours", shared.contours);
  if (shared.regions) params.set("regions", shared.regions);
  if (shared.exemplars) params.set("examples", "true");
  if (shared.placed) params.set("placed", shared.placed);
  for (const [name, value] of conditionPairs(shared.conditions)) params.append(name, value);
  for (const [name, value] of examplePairs(shared.examples)) params.append(name, value);
  for (const id of shared.compared ?? []) params.append("compare", id);
  for (const selection of shared.selections ?? []) {
    const text = writeSelection(selection);
    if (text.length < LONGEST) params.append("drawn", text);
  }
  return params.size ? `?${params}`.replaceAll("%2C", ",").replaceAll("%7E", "~").replaceAll("%3A", ":").replaceAll("%40", "@") : "";
}

/** Whether two queries ask the same thing. */
export const sameQuery = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** @param {URLSearchParams} params @returns {Query | null} */
function readQuery(params) {
  const id = params.get("source");
  if (id) return { kind: "source", id };
  const text = params.get("position")?.trim();
  const name = params.get("survey");
  const survey = name ? { survey: name } : {};
  if (text) return { kind: "position", text, ...survey };
  const [ra, dec] = [number(params.get("ra")), number(params.get("dec"))];
  if (!Number.isFinite(ra) || !Number.isFinite(dec)) return null;
  return { kind: "degrees", ra, dec, ...survey };
}

/** An image of the person's own is in no address: it is only in their browser. */
/** @returns {Record<string, string>} */
const listParams = (id) => (id ? { search: id } : { list: "" });

/** @returns {Record<string, any>} */
function queryParams(query) {
  const survey = query?.survey ? { survey: query.survey } : {};
  if (query?.kind === "source") return { source: query.id };
  if (query?.kind === "position") return { position: query.text, ...survey };
  return query?.kind === "degrees" ? { ra: query.ra, dec: query.dec, ...survey } : {};
}

function readRange(text) {
  const [low, high, more] = (text ?? "").split(",").map(number);
  return low < high && more === undefined ? { low, high } : null;
}

function readView(text) {
  const parts = (text ?? "").split(",").map(number);
  const [cx, cy, span] = parts;
  return parts.length === 3 && parts.every(Number.isFinite) && span > 0 ? { cx, cy, span } : null;
}

const number = (text) => (text === null || text.trim() === "" ? NaN : Number(text));

function wholeNumber(text) {
  const value = number(text);
  return Number.isInteger(value) ? value : NaN;
}
