/**
 * Every request of the page to its server; errors leave here as sentences.
 * It never touches the document or the address.
 */

import { conditionPairs } from "./conditions.js";
import { asResult, examplesBody } from "./examples.js";
import { decodeColumn, decodeMap } from "./binary.js";
import { formatBytes } from "./format.js";
import { OURS } from "./map_layout.js";

/**
 * What the person asks about: a catalogue source, a position or name as typed, degrees (both also
 * in another survey), an image of their own, or several examples.
 * @typedef {{file: File, name: string, sizeBytes: number, format: string}} ChosenImage
 * @typedef {{kind: "image", id: string, image: ChosenImage, pixelScaleArcsec: number|null,
 *   ra: number|null, dec: number|null}} ImageQuery
 * @typedef {{kind: "source", id: string} | {kind: "position", text: string, survey?: string}
 *   | {kind: "degrees", ra: number, dec: number, survey?: string} | ImageQuery
 *   | {kind: "examples", examples: import("./examples.js").Asked[]}} Query
 * @typedef {{k: number, duplicatesArcsec: number, hideDuplicates: boolean, fromRank?: number,
 *   conditions?: import("./conditions.js").Conditions}} Options
 */

/** @type {typeof fetch} */
export const browserFetch = (url, options) => globalThis.fetch(url, options);

export const SURVEYS_URL = "/api/surveys";

/** The address that answers a query, in any of the server's formats. */
export function resultUrl(/** @type {Query} */ query, /** @type {Options} */ options, format = "") {
  const params = new URLSearchParams(subject(query));
  params.set("k", String(options.k));
  params.set("duplicates_arcsec", String(options.duplicatesArcsec));
  params.set("hide_duplicates", String(options.hideDuplicates));
  if (options.fromRank) params.set("from_rank", String(options.fromRank));
  for (const [name, value] of conditionPairs(options.conditions)) params.append(name, value);
  if (format) params.set("format", format);
  return `${answering(query)}?${params}`;
}

/** The map that is chosen, with one colour column. */
export function mapUrl(colour, layout = OURS) {
  const params = new URLSearchParams({ colour });
  if (layout !== OURS) params.set("layout", layout);
  return `/api/map?${params}`;
}

/** What is sent with an image: the file, and what the person said of it. */
export function imageForm(/** @type {ImageQuery} */ { image, pixelScaleArcsec, ra, dec }) {
  const form = new FormData();
  form.set("file", image.file, image.name);
  const said = { pixel_scale_arcsec: pixelScaleArcsec, ra, dec };
  for (const [name, value] of Object.entries(said)) if (value !== null) form.set(name, String(value));
  return form;
}

/**
 * An image's address with its size and colours; an image that came with the answer has neither.
 * @param {string} url @param {{sizePx?: number | null, colours?: string | null}} [how]
 */
export function imageUrl(url, { sizePx = null, colours = null } = {}) {
  if (isEmbedded(url)) return url;
  const wanted = new URLSearchParams();
  if (sizePx) wanted.set("size_px", String(sizePx));
  if (colours) wanted.set("colours", colours);
  if (!wanted.size) return url;
  return `${url}${url.includes("?") ? "&" : "?"}${wanted}`;
}

/** Whether the picture itself is the address: there is nothing to ask the server for. */
export const isEmbedded = (url) => /^(data|blob):/.test(url);

/** The stored image of a source as FITS. */
export const fitsUrl = (id) => `${sourceUrl(id)}/cutout.fits`;

/** A field in another survey, as a picture. */
export function surveyPictureUrl(name, { ra, dec, sizeArcsec }) {
  const params = new URLSearchParams({ ra, dec, size_arcsec: sizeArcsec });
  return `${SURVEYS_URL}/${encodeURIComponent(name)}/cutout.png?${params}`;
}

/** The whole field that the survey was asked for, as FITS. */
export const surveyFitsUrl = (name, { ra, dec }) =>
  `${SURVEYS_URL}/${encodeURIComponent(name)}/cutout.fits?${new URLSearchParams({ ra, dec })}`;

function subject(query) {
  const survey = query.survey ? { survey: query.survey } : {};
  if (query.kind === "position") return { position: query.text, ...survey };
  return query.kind === "degrees" ? { ra: query.ra, dec: query.dec, ...survey } : {};
}

function answering(query) {
  if (query.kind === "source") return `${sourceUrl(query.id)}/neighbours`;
  return { image: "/api/query/image", examples: "/api/query/examples" }[query.kind] ?? "/api/query";
}

/** The likely duplicates: a page of them, or all as a file. @param {{band: string, first?: number, format?: string}} asked */
export function duplicatesUrl({ band, first = 1, format = "" }) {
  const params = new URLSearchParams(format ? { format } : { first: String(first) });
  if (band) params.set("band", band);
  return `/api/duplicates?${params}`;
}

/** The picture of a source, as answers name it. */
export const cutoutUrl = (id) => `${sourceUrl(id)}/cutout.png`;

const sourceUrl = (id) => `/api/sources/${encodeURIComponent(id)}`;

const FILE_GONE =
  "The list could not be sent: the server closed the connection, is not running, or the file changed after it was chosen.";

/** The requests for lists, by name; `fetcher` is replaced in tests. */
export function createBulkApi(fetcher = browserFetch) {
  const json = (url, options) => ask(fetcher, url, options).then((response) => response.json());
  return {
    begin: (body, options) => json(listUrl(options), { method: "POST", body, silent: FILE_GONE }),
    preview: (body, options, signal) => json(listUrl(options, "/api/bulk/preview"), { method: "POST", body, signal, silent: FILE_GONE }),
    status: (id, signal) => json(searchUrl(id), { signal }),
    stop: (id) => json(searchUrl(id), { method: "DELETE" }),
    places: (id) => json(`${searchUrl(id)}/places`),
  };
}

/** The requests for samples, tags and notes, by name; `fetcher` is replaced in tests. */
export function createLabelApi(/** @type {typeof fetch} */ fetcher = (url, options) => globalThis.fetch(url, options)) {
  const json = (url, options = {}) => ask(fetcher, url, options).then((response) => response.json());
  const send = (method, url, body) => json(url, { method, body: JSON.stringify(body), type: "application/json" });
  const post = (what, body) => send("POST", `/api/labels/${what}`, body);
  return {
    labelsOf: (id) => json(`${sourceUrl(id)}/labels`),
    tag: (id, tag, author) => post("tag", { source_ids: [id], tag, author }),
    untag: (id, tag, author) => post("untag", { source_ids: [id], tag, author }),
    undo: (author) => post("undo", { author }),
    tagColumn: () => ask(fetcher, "/api/labels/column").then((response) => response.arrayBuffer()).then(decodeColumn),
    note: (id, text, author) => send("PUT", `${sourceUrl(id)}/note`, { text, author }),
    samples: async () => (await json("/api/samples")).samples,
    sample: (id) => json(sampleUrl(id)),
    makeSample: (given) => send("POST", "/api/samples", given),
    /** @param {"add" | "remove"} act */
    changeMembers: (id, act, given) => send("POST", `${sampleUrl(id)}/${act}`, given),
    renameSample: (id, given) => send("PATCH", sampleUrl(id), given),
    deleteSample: (id, author) => json(`${sampleUrl(id)}?${new URLSearchParams({ author })}`, { method: "DELETE" }),
    history: async (sample, most) => (await json(`/api/labels/history?${new URLSearchParams({ most, ...(sample && { sample }) })}`)).changes,
    /** A file as a new sample, or, without a name for it, its tags and notes. */
    takeFile: (file, author, name) => {
      const where = name === null ? "/api/labels/import" : "/api/samples/import";
      return json(`${where}?${new URLSearchParams({ author, name: file.name, ...(name !== null && { sample_name: name }) })}`, { method: "POST", body: file, silent: FILE_GONE });
    },
    lastChange: async () => (await json("/api/labels/history?most=1")).changes[0]?.id ?? 0,
    judge: (id, verdict, author) => json("/api/verdicts", { method: "POST", body: JSON.stringify({ source_ids: [id], verdict, author }), type: "application/json" }),
  };
}

const sampleUrl = (id) => `/api/samples/${id}`;
/** A sample, or all tags and notes (null), as a table. */
export const labelTableUrl = (sample, format) => `${sample === null ? "/api/labels" : sampleUrl(sample)}/table?format=${format}`;

/** Where a list is sent, with how to search. */
export function listUrl({ name, k, hideDuplicates, askSurvey, lookUpNames, columns = {} }, where = "/api/bulk") {
  const params = new URLSearchParams(columns);
  if (name) params.set("name", name);
  if (where === "/api/bulk") {
    const asked = { k, hide_duplicates: hideDuplicates, ask_survey: askSurvey, look_up_names: lookUpNames };
    for (const [key, value] of Object.entries(asked)) params.set(key, String(value));
  }
  return `${where}?${params}`;
}

/** Where the table of a search is, in one of the server's formats. */
export const tableUrl = (id, format) => `${searchUrl(id)}/neighbours?format=${format}`;
/** Where its entries without an answer are. */
export const unmatchedUrl = (id) => `${searchUrl(id)}/unmatched.csv`;

const searchUrl = (id) => `/api/bulk/${encodeURIComponent(id)}`;

const SILENT = "The explorer's server did not answer. Check that it is still running.";

/** An error whose message is a sentence for the person; `parameter` names the input at fault. */
export class ApiError extends Error {
  constructor(detail, /** @type {any} */ { status = 0, parameter = null, nearest = null, close_names: closeNames = null, survey_state: surveyState = null } = {}) {
    super(detail);
    this.name = "ApiError";
    this.detail = detail;
    this.status = status;
    this.parameter = parameter;
    /** A source of the catalogue near the place that had no image, and names spelt much like it. */
    this.nearest = nearest;
    this.closeNames = closeNames;
    this.surveyState = surveyState;
  }
}

/** Whether a request ended because a newer one, or the person, called it off. */
export const isAborted = (error) => error?.name === "AbortError";

/** The requests of the page, by name; `fetcher` is replaced in tests. */
export function createApi(fetcher = browserFetch) {
  const request = (url, options = {}) => ask(fetcher, url, options);
  const json = (url, options = {}) => request(url, options).then((response) => response.json());
  const searched = async (signal, query, options) => {
    const answer = await json(resultUrl(query, options), { signal, ...sent(query) });
    return query.kind === "examples" ? asResult(answer) : answer;
  };
  const searchLatest = latest(searched);
  const moreLatest = latest(searched);
  const fileLatest = latest(async (signal, query, options, format) => {
    const response = await request(resultUrl(query, options, format), { signal, ...sent(query) });
    return { blob: await response.blob(), name: nameOf(response) ?? `neighbours.${format}` };
  });
  const queueLatest = latest((signal, { order, first }) => json(`/api/verdicts?${new URLSearchParams({ first, ...(order === "judged" ? { judged: "true" } : { order }) })}`, { signal }));
  const duplicatesLatest = latest((signal, asked) => json(duplicatesUrl(asked), { signal }));
  const columnLatest = latest(async (signal, name) => {
    const response = await request(`/api/map/columns/${encodeURIComponent(name)}`, { signal });
    return decodeColumn(await response.arrayBuffer());
  });
  return {
    map: async (colour, layout) => {
      const response = await request(mapUrl(colour, layout));
      return decodeMap(await response.arrayBuffer());
    },
    row: (row) => json(`/api/rows/${row}`),
    source: (id) => json(sourceUrl(id)),
    column: (name) => columnLatest.ask(name),
    columnOf: async (name) => {
      const response = await request(`/api/map/columns/${encodeURIComponent(name)}`);
      return decodeColumn(await response.arrayBuffer());
    },
    sources: (rows, signal) => json("/api/rows", { method: "POST", body: JSON.stringify({ rows }), signal, type: "application/json" }),
    // What follows is of a figure, or of a picture; `sent` is what no address can hold.
    text: (url, sent = {}) => request(url, sent).then((response) => response.text()),
    caption: (url, sent = {}) => json(url, sent),
    figure: async (url, sent) => {
      const response = await request(url, sent);
      return { blob: await response.blob(), name: nameOf(response) ?? "figure" };
    },
    /** @param {{rows?: number[], source_ids?: string[], selection?: string}} given */
    select: (given) => json("/api/select", { method: "POST", body: JSON.stringify(given), type: "application/json" }),
    /** @returns {Promise<string[]>} */
    idsOf: async (rows) => (await json("/api/rows/ids", { method: "POST", body: JSON.stringify({ rows }), type: "application/json" })).source_ids,
    sourceTable: async (rows, format, name) => {
      const response = await request(`/api/rows?format=${format}`, { method: "POST", body: JSON.stringify({ rows, name }), type: "application/json" });
      return { blob: await response.blob(), name: nameOf(response) ?? `sources.${format}` };
    },
    search: (query, options) => searchLatest.ask(query, options),
    cancelSearch: () => searchLatest.cancel(),
    /** S and separation of some rows as seen from a query, whatever their ranks. */
    similarities: async (query, rows) => {
      const { selection } = await json("/api/select", { method: "POST", body: JSON.stringify({ rows }), type: "application/json" });
      const options = { k: rows.length, hideDuplicates: false, duplicatesArcsec: 0, conditions: { selection } };
      const { neighbours } = await json(resultUrl(query, options), sent(query));
      return neighbours;
    },
    /** The ranks from `options.fromRank` on. */
    more: (query, options) => moreLatest.ask(query, options),
    resultFile: (query, options, format) => fileLatest.ask(query, options, format),
    why: (id, other, signal) => json(`${sourceUrl(id)}/why?${new URLSearchParams({ other })}`, { signal }),
    queue: queueLatest.ask,
    duplicates: duplicatesLatest.ask,
    surveys: () => json(SURVEYS_URL),
    surveyPicture: async (name, field, signal) => {
      const response = await request(surveyPictureUrl(name, field), { signal });
      const [service, blank] = ["x-service", "x-blank-fraction"].map((h) => response.headers.get(h));
      return { blob: await response.blob(), service, blank: Number(blank) };
    },
  };
}

/**
 * Let only the newest call answer: an older one is aborted and can never overwrite it.
 * @param {(signal: AbortSignal, ...args: any[]) => Promise<any>} asked
 */
export function latest(asked) {
  /** @type {AbortController | null} */
  let current = null;
  const cancel = () => current?.abort();
  async function ask(...args) {
    cancel();
    const mine = new AbortController();
    current = mine;
    const answer = await asked(mine.signal, ...args);
    mine.signal.throwIfAborted();
    return answer;
  }
  return { ask, cancel };
}

/** How a query is sent: an image or examples in the body, anything else in the address. */
function sent(query) {
  if (query.kind === "examples") return { method: "POST", body: examplesBody(query.examples), type: "application/json" };
  if (query.kind !== "image") return {};
  return { method: "POST", body: imageForm(query), silent: unsent(query) };
}

/**
 * Ask the server; what is not an answer leaves as an `ApiError` with a sentence.
 * @param {typeof fetch} fetcher @param {string} url
 * @param {RequestInit & {silent?: string, type?: string}} [options] `type`: of the body.
 */
export async function ask(fetcher, url, { silent = SILENT, type, ...options } = {}) {
  let response;
  try {
    const headers = { Accept: "application/json, */*", ...(type && { "Content-Type": type }) };
    response = await fetcher(url, { ...options, headers });
  } catch (error) {
    if (isAborted(error)) throw error;
    throw new ApiError(silent);
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function problemOf(response) {
  const { status } = response;
  const problem = await response.json().catch(() => ({}));
  const detail =
    typeof problem.detail === "string"
      ? problem.detail
      : `The server answered with status ${status} and no explanation.`;
  return new ApiError(detail, { ...problem, status });
}

/** A browser does not say why a file did not arrive: what there is to know is said. */
function unsent({ image: { name, sizeBytes } }) {
  return (
    `${name} (${formatBytes(sizeBytes)}) could not be sent: the server closed the connection, ` +
    "is not running, or the file changed after it was chosen. Choose it again, or a smaller cutout of it."
  );
}

const nameOf = (response) =>
  /filename="?([^";]+)"?/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
