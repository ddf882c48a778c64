/**
 * The server's interface for whole lists. Every request goes through `ask` of api.js.
 * It never touches the document.
 */

import { ask } from "./api.js";

const FILE_GONE =
  "The list could not be sent: the server closed the connection, is not running, or the file changed after it was chosen.";

/** The requests for lists, by name; `fetcher` is replaced in tests. */
export function createBulkApi(fetcher = (...args) => globalThis.fetch(...args)) {
  const json = (url, options) => ask(fetcher, url, options).then((response) => response.json());
  return {
    begin: (body, options) => json(listUrl(options), { method: "POST", body, silent: FILE_GONE }),
    status: (id, signal) => json(searchUrl(id), { signal }),
    stop: (id) => json(searchUrl(id), { method: "DELETE" }),
  };
}

/** Where a list is sent, with how to search. */
export function listUrl({ name, k, hideDuplicates, askSurvey, lookUpNames }) {
  const params = new URLSearchParams({ k, hide_duplicates: hideDuplicates });
  params.set("ask_survey", askSurvey);
  params.set("look_up_names", lookUpNames);
  if (name) params.set("name", name);
  return `/api/bulk?${params}`;
}

/** Where the table of a search is, in one of the server's formats. */
export const tableUrl = (id, format) => `${searchUrl(id)}/neighbours?format=${format}`;
/** Where its entries without an answer are. */
export const unmatchedUrl = (id) => `${searchUrl(id)}/unmatched.csv`;

const searchUrl = (id) => `/api/bulk/${encodeURIComponent(id)}`;
