/**
 * An image of the person's own in the style that is chosen: the picture that its answer brought goes
 * back to the server, which draws it as it draws any other. It never draws pixels itself.
 */

import { ask, browserFetch } from "./api.js";
import { createLruCache } from "./lru_cache.js";

const KEPT = 24;
/** What was drawn before, by its parameters and the picture. */
const drawn = createLruCache(KEPT);

/**
 * The picture in a style, as an address of its own.
 * @param {string} url As the answer gave it. @param {URLSearchParams} params
 * @param {typeof fetch} [fetcher] Replaced in tests.
 * @returns {Promise<string>}
 */
export function redrawn(url, params, fetcher = browserFetch) {
  const key = `${params} ${url}`;
  if (!drawn.has(key)) {
    const asked = send(url, params, fetcher).then(asUrl);
    drawn.put(key, asked);
    asked.catch(() => drawn.remove(key)); // the next one asks again
  }
  return drawn.get(key);
}

/** What the picture shows, in the server's words. */
export const toldOfOwn = async (url, params, fetcher = browserFetch) =>
  (await send(url, new URLSearchParams([...params, ["format", "json"]]), fetcher)).json();

function send(url, params, fetcher) {
  const body = bytesOf(url);
  return ask(fetcher, `/api/picture?${params}`, { method: "POST", body, type: "image/png" });
}

/** The bytes of a data URL in base 64. */
export const bytesOf = (url) => Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), (each) => each.charCodeAt(0));

async function asUrl(response) {
  const bytes = new Uint8Array(await response.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(text)}`;
}
