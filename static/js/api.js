/**
 * Every request of the page to its server; errors leave here as sentences.
 * It never touches the document or the address.
 */

import { decodeColumn, decodeMap } from "./binary.js";
import { imageForm, mapUrl, resultUrl, surveyPictureUrl, SURVEYS_URL } from "./endpoints.js";
import { formatBytes } from "./format.js";

/** @typedef {import("./endpoints.js").ImageQuery} ImageQuery */

const SILENT = "The explorer's server did not answer. Check that it is still running.";

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

/** The requests of the page, by name; `fetcher` is replaced in tests. */
export function createApi(fetcher = (...args) => globalThis.fetch(...args)) {
  const request = (url, options) => ask(fetcher, url, options);
  const json = (url, options) => request(url, options).then((response) => response.json());
  const searchLatest = latest((signal, query, options) =>
    json(resultUrl(query, options), { signal, ...sent(query) }),
  );
  const fileLatest = latest(async (signal, query, options, format) => {
    const response = await request(resultUrl(query, options, format), { signal, ...sent(query) });
    return { blob: await response.blob(), name: nameOf(response) ?? `neighbours.${format}` };
  });
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
    column: (name) => columnLatest.ask(name),
    search: (query, options) => searchLatest.ask(query, options),
    cancelSearch: () => searchLatest.cancel(),
    resultFile: (query, options, format) => fileLatest.ask(query, options, format),
    surveys: () => json(SURVEYS_URL),
    surveyPicture: async (name, field, signal) => {
      const response = await request(surveyPictureUrl(name, field), { signal });
      const [service, blank] = ["x-service", "x-blank-fraction"].map((h) => response.headers.get(h));
      return { blob: await response.blob(), service, blank: Number(blank) };
    },
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

/** How a query is sent: an image in the body, anything else in the address. */
function sent(query) {
  if (query.kind !== "image") return {};
  return { method: "POST", body: imageForm(query), silent: unsent(query) };
}

/** Ask the server; what is not an answer leaves as an `ApiError` with a sentence. */
export async function ask(fetcher, url, { silent = SILENT, ...options } = {}) {
  let response;
  try {
    response = await fetcher(url, { ...options, headers: { Accept: "application/json, */*" } });
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
  return new ApiError(detail, { status, parameter: problem.parameter ?? null });
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
