/**
 * What is taken away besides tables of neighbours: sources of a set, figures, captions, Python, and
 * the table that goes to other programs. Each is the server's, as any script gets it.
 */

import { resultUrl } from "./api.js";
import { saveFile, shownOptions } from "./downloads.js";
import { figureRequest } from "./figures.js";
import { sendTable } from "./samp.js";

/**
 * @param {{store: any, api: any, meta: import("./state.js").Meta, tell: (sentence: string) => void,
 *   report: (title: string, text: string) => void}} parts
 */
export function createTaking({ store, api, meta, tell, report }) {
  const asked = (what, more) => figureRequest(what, store.get(), meta, more);

  /** Do what can fail; a failure is told in the server's words. */
  const attempt = (act) => act().catch((error) => tell(error.message));

  const sources = ({ rows, format, name }) => attempt(async () => saveFile(await api.sourceTable([...rows], format, name)));

  /** The pictures side by side, of a query that no address holds. */
  const sheet = ({ format }) => attempt(async () => saveFile(await api.figure(...asked("contact-sheet", { format }))));

  const caption = () =>
    attempt(async () => {
      const [ofSheet, ofMap] = await Promise.all(["contact-sheet", "map"].map((figure) => api.caption(...asked("caption", { figure }))));
      report("Caption and BibTeX", `Pictures side by side\n${ofSheet.caption}\n\nThe map\n${ofMap.caption}\n\n${ofSheet.bibtex}`);
    });

  const python = () => attempt(async () => report("Python for this view", await api.text(...asked("python"))));

  const send = () =>
    attempt(async () => {
      const { query, result } = store.get();
      if (!query || !result) return;
      const url = new URL(resultUrl(query, shownOptions(store.get()), "votable"), window.location.href).href;
      const name = `Neighbours of ${result.query.position || result.query.name}`;
      const count = await sendTable({ url, name, id: `rgz-${Date.now()}` });
      tell(count ? `Sent to ${count} ${count === 1 ? "program" : "programs"}.` : "The hub knows no program that takes tables: start TOPCAT, Aladin or DS9.");
    });

  return { sources, sheet, caption, python, send };
}
