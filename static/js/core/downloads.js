/**
 * Taking the result away: links to the server's files, files that had to be asked for, and text
 * to the clipboard.
 * It never makes up a file: what is downloaded is what the API gives to any script.
 */

import { isAborted, resultUrl } from "./api.js";

/** @param {{store: object, api: object, save?: (file: {blob: Blob, name: string}) => void}} parts */
export function createDownloads({ store, api, save = saveFile }) {
  async function take(format) {
    const { query } = store.get();
    const options = shownOptions(store.get());
    store.set({ download: { format } });
    try {
      save(await api.resultFile(query, options, format));
      store.set({ download: null });
    } catch (error) {
      if (!isAborted(error)) store.set({ download: { format, detail: error.message } });
    }
  }
  return { take };
}

/** What is taken away is what is shown: as many neighbours as have been loaded. */
export const shownOptions = (state) => ({ ...state, k: Math.max(state.k, state.result?.neighbours.length ?? 0) });

const KEPT_MS = 60_000;

/** The download address of each format of the server's. */
export function downloadLinks(query, options, formats) {
  return formats.map(({ name, label }) => ({ name, label, url: resultUrl(query, options, name) }));
}

/** Hand a file that has arrived to the browser, which keeps it as it keeps any download. */
export function saveFile({ blob, name }) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

/** Copy text; false if the browser does not allow it. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** The way that works without HTTPS too, as on a machine in the local network. */
function copyBySelection(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
