/**
 * Save what one has before one, and open it again, on this bundle or another. It never draws; what
 * could not be taken over is told.
 */

import { saveFile } from "./downloads.js";
import { idsOf, openedWords, parseSession, sessionOf, takeOver } from "./session_file.js";

/**
 * @param {{store: any, api: any, meta: import("./state.js").Meta, session: any,
 *   tell: (sentence: string) => void, report: (title: string, text: string) => void,
 *   save?: typeof saveFile}} parts
 */
export function createSessions({ store, api, meta, session, tell, report, save = saveFile }) {
  async function write() {
    try {
      const { selections } = store.get();
      const ids = await Promise.all(selections.map(({ rows }) => api.idsOf([...rows.indices])));
      const now = new Date();
      const text = JSON.stringify(sessionOf(store.get(), meta, ids, now), null, 1);
      const name = `session_${now.toISOString().slice(0, 16).replaceAll(/[-:]/g, "")}Z.json`;
      save({ blob: new Blob([text], { type: "application/json" }), name });
    } catch (error) {
      tell(`The session could not be saved. ${error.message}`);
    }
  }

  /** @param {File} file */
  async function open(file) {
    try {
      const read = parseSession(await file.text(), file.name);
      const [{ missing }, ...selected] = await Promise.all([idsOf(read), ...(read.selections ?? []).map(({ source_ids: ids }) => ids ?? [])].map((ids) => api.select({ source_ids: ids })));
      const { patch, query, colour, layout, lost } = takeOver(read, { ...meta, columns: store.get().columns }, new Set(missing), selected);
      await show(patch, query, colour, layout);
      const opened = openedWords(store.get());
      if (!lost.length) return tell(opened);
      const head = `${opened} The file is of another bundle, or not all of it could be kept; it still holds what is listed here.`;
      report("Session opened", [head, ...lost].join("\n\n"));
    } catch (error) {
      tell(error.message);
    }
  }

  async function show(patch, query, colour, layout) {
    if (layout && layout !== store.get().layout) await session.layout(layout);
    if (colour && colour !== store.get().colour) await session.colour(colour);
    store.set({ ...patch, active: null, subject: "source", list: null });
    session.recolour();
    if (query) await session.ask(query);
    else session.keepAddress();
  }

  return { write, open };
}
