/**
 * The shareable state in the page's address, both ways.
 * It never touches the browser's history: main does.
 */

/** @typedef {import("./api.js").Query} Query */

/**
 * @typedef {{query: Query|null, k: number, colour: string, hideDuplicates: boolean,
 *   duplicatesArcsec: number, view: {cx: number, cy: number, span: number}|null}} Shared
 */

/**
 * Read an address; what is missing or makes no sense takes its default.
 * @param {string} search Such as "?source=ID&k=24".
 * @param {{k: number, colour: string, duplicatesArcsec: number, kMax: number,
 *   colours: string[]}} defaults
 * @returns {Shared}
 */
export function readAddress(search, defaults) {
  const params = new URLSearchParams(search);
  const k = wholeNumber(params.get("k"));
  const within = number(params.get("duplicates_arcsec"));
  const colour = params.get("colour");
  return {
    query: readQuery(params),
    k: k >= 1 && k <= defaults.kMax ? k : defaults.k,
    colour: defaults.colours.includes(colour) ? colour : defaults.colour,
    hideDuplicates: params.get("hide_duplicates") === "true",
    duplicatesArcsec: within >= 0 ? within : defaults.duplicatesArcsec,
    view: readView(params.get("view")),
  };
}

/** Write an address; defaults are left out, so that links stay short. */
export function writeAddress(/** @type {Shared} */ shared, defaults) {
  const params = new URLSearchParams(queryParams(shared.query));
  if (shared.k !== defaults.k) params.set("k", shared.k);
  if (shared.colour !== defaults.colour) params.set("colour", shared.colour);
  if (shared.hideDuplicates) params.set("hide_duplicates", "true");
  if (shared.duplicatesArcsec !== defaults.duplicatesArcsec) {
    params.set("duplicates_arcsec", shared.duplicatesArcsec);
  }
  if (shared.view) {
    const { cx, cy, span } = shared.view;
    params.set("view", [cx, cy, span].map((v) => Number(v.toPrecision(5))).join(","));
  }
  return params.size ? `?${params}`.replaceAll("%2C", ",") : "";
}

/** Whether two queries ask the same thing. */
export const sameQuery = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function readQuery(params) {
  const id = params.get("source");
  if (id) return { kind: "source", id };
  const text = params.get("position")?.trim();
  if (text) return { kind: "position", text };
  const [ra, dec] = [number(params.get("ra")), number(params.get("dec"))];
  return Number.isFinite(ra) && Number.isFinite(dec) ? { kind: "degrees", ra, dec } : null;
}

function queryParams(query) {
  if (query?.kind === "source") return { source: query.id };
  if (query?.kind === "position") return { position: query.text };
  return query ? { ra: query.ra, dec: query.dec } : {};
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
