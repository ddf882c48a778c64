/**
 * Every request of the page to its server; errors leave here as sentences.
 * It never touches the document or the address.
 */

import { decodeColumn, decodeMap } from "./binary.js";

/** An error whose message is a sentence for the person; `parameter` names the input at fault. */
export class ApiError extends Error {
  constructor(detail, { status = 0, parameter = null } = {}) {
    super(detail);
    this.name = "ApiError";
    this.detail = detail;
    this.status = status;
    this.parameter = parameter;
  }
}

/** Whether a request ended because a newer one, or the person, called it off. */
export const isAborted = (error) => error?.name === "AbortError";

/**
 * What the person asks about: a catalogue source, a position as typed, or degrees.
 * @typedef {{kind: "source", id: string} | {kind: "position", text: string}
 *   | {kind: "degrees", ra: number, dec: number}} Query
 * @typedef {{k: number, duplicatesArcsec: number, hideDuplicates: boolean}} Options
 */

/** The address that answers a query, in any of the server's formats. */
export function resultUrl(/** @type {Query} */ query, /** @type {Options} */ options, format) {
  const params = new URLSearchParams();
  if (query.kind === "position") params.set("position", query.text);
  if (query.kind === "degrees") {
    params.set("ra", query.ra);
    params.set("dec", query.dec);
  }
  params.set("k", options.k);
  params.set("duplicates_arcsec", options.duplicatesArcsec);
  params.set("hide_duplicates", options.hideDuplicates);
  if (format) params.set("format", format);
  const path = query.kind === "source" ? `${sourceUrl(query.id)}/neighbours` : "/api/query";
  return `${path}?${params}`;
}

/** An image's address with its size and colours; null asks for neither. */
export function imageUrl(url, { sizePx = null, colours = null } = {}) {
  const wanted = new URLSearchParams();
  if (sizePx) wanted.set("size_px", sizePx);
  if (colours) wanted.set("colours", colours);
  if (!wanted.size) return url;
  return `${url}${url.includes("?") ? "&" : "?"}${wanted}`;
}

/** The requests of the page, by name; `fetcher` is replaced in tests. */
export function createApi(fetcher = (...args) => globalThis.fetch(...args)) {
  const request = (url, signal) => ask(fetcher, url, signal);
  const searchLatest = latest((signal, url) => request(url, signal).then((r) => r.json()));
  const columnLatest = latest(async (signal, name) => {
    const response = await request(`/api/map/columns/${encodeURIComponent(name)}`, signal);
    return decodeColumn(await response.arrayBuffer());
  });
  return {
    map: async (colour) => {
      const response = await request(`/api/map?${new URLSearchParams({ colour })}`);
      return decodeMap(await response.arrayBuffer());
    },
    row: (row) => request(`/api/rows/${row}`).then((response) => response.json()),
    column: (name) => columnLatest.ask(name),
    search: (query, options) => searchLatest.ask(resultUrl(query, options)),
    cancelSearch: () => searchLatest.cancel(),
  };
}

/** Let only the newest call answer: an older one is aborted and can never overwrite it. */
export function latest(asked) {
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

async function ask(fetcher, url, signal) {
  let response;
  try {
    response = await fetcher(url, { signal, headers: { Accept: "application/json, */*" } });
  } catch (error) {
    if (isAborted(error)) throw error;
    throw new ApiError("The explorer's server did not answer. Check that it is still running.");
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
  return new ApiError(detail, { status, parameter: problem.parameter ?? null });
}

const sourceUrl = (id) => `/api/sources/${encodeURIComponent(id)}`;
