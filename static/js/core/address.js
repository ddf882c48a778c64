/**
 * The shareable state in the page's address, both ways.
 * It never touches the browser's history: main does.
 */

import { OURS } from "./map_layout.js";

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
export const SHARED = ["k", "colour", "layout", "hideDuplicates", "duplicatesArcsec"];

/** @typedef {import("./api.js").Query} Query */
/** @typedef {import("./state.js").Schemas["MapLayout"]["name"]} Layout */

/**
 * @typedef {{query: Query|null, k: number, colour: string, layout: Layout, hideDuplicates: boolean,
 *   duplicatesArcsec: number, view: {cx: number, cy: number, span: number}|null}} Shared
 */

/**
 * Read an address; what is missing or makes no sense takes its default.
 * @param {string} search Such as "?source=ID&k=24".
 * @param {{k: number, colour: string, duplicatesArcsec: number, kMax: number,
 *   colours: string[], layouts: Layout[]}} defaults
 * @returns {Shared}
 */
export function readAddress(search, defaults) {
  const params = new URLSearchParams(search);
  const k = wholeNumber(params.get("k"));
  const within = number(params.get("duplicates_arcsec"));
  const colour = params.get("colour") ?? "";
  return {
    query: readQuery(params),
    k: k >= 1 && k <= defaults.kMax ? k : defaults.k,
    colour: defaults.colours.includes(colour) ? colour : defaults.colour,
    layout: defaults.layouts.find((name) => name === params.get("map")) ?? OURS,
    hideDuplicates: params.get("hide_duplicates") === "true",
    duplicatesArcsec: within >= 0 ? within : defaults.duplicatesArcsec,
    view: readView(params.get("view")),
  };
}

/** Write an address; defaults are left out, so that links stay short. */
export function writeAddress(/** @type {Shared} */ shared, defaults) {
  const params = new URLSearchParams(queryParams(shared.query));
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
  return params.size ? `?${params}`.replaceAll("%2C", ",") : "";
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
/** @returns {Record<string, any>} */
function queryParams(query) {
  const survey = query?.survey ? { survey: query.survey } : {};
  if (query?.kind === "source") return { source: query.id };
  if (query?.kind === "position") return { position: query.text, ...survey };
  return query?.kind === "degrees" ? { ra: query.ra, dec: query.dec, ...survey } : {};
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
