/**
 * The file of an answer that no link can fetch, because its question was an image.
 * It never makes the file: it sends the question again and saves what comes.
 */

import { isAborted } from "./api.js";
import { saveFile } from "./download.js";

/** @param {{store: object, api: object, save?: (file: {blob: Blob, name: string}) => void}} parts */
export function createDownloads({ store, api, save = saveFile }) {
  async function fetch(format) {
    const { query } = store.get();
    store.set({ download: { format } });
    try {
      save(await api.resultFile(query, store.get(), format));
      store.set({ download: null });
    } catch (error) {
      if (!isAborted(error)) store.set({ download: { format, detail: error.message } });
    }
  }
  return { fetch };
}
