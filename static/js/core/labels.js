/**
 * Tags and notes of the source that is open or pointed at: read, put on, taken off, undone; and who
 * the author is of whatever is changed. It never draws. The author's name and the tags of the keys stay in this browser.
 */

import { addColumn, removeColumn } from "./added_columns.js";
import { isAborted } from "./api.js";

const AUTHOR = "explorer-author";
const PALETTE = "explorer-tags";
export const USUAL_TAGS = ["FRI", "FRII", "hybrid", "bent", "compact", "artefact"];
export const MOST_KEYS = 9;

/** @typedef {import("./state.js").Schemas["SourceLabels"]} SourceLabels */

/** What this browser keeps of an earlier visit. @returns {{author: string, palette: readonly string[]}} */
export function keptNames() {
  return { author: read(AUTHOR) ?? "", palette: readPalette(read(PALETTE) ?? "") };
}

/** Tags as they were typed, commas between: each once, at most nine; none are the usual ones. */
export function readPalette(/** @type {string} */ text) {
  const tags = [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))].slice(0, MOST_KEYS);
  return tags.length ? tags : USUAL_TAGS;
}

/** Whether the author has put a tag on a source already. */
export const isTagged = (/** @type {SourceLabels | null} */ labels, tag, author) =>
  Boolean(labels?.tags.some((each) => each.word === tag && each.author === author));

/** The row that is pointed at: on the map, by the map's cursor, or among the neighbours. */
const pointedAt = ({ hoverRow, cursorRow, highlightRow }) => hoverRow ?? cursorRow ?? highlightRow;

/**
 * @param {{store: any, api: ReturnType<typeof import("./api.js").createLabelApi>, sourceOf: (row: number) => Promise<import("./state.js").Source>, problem: string, tell: (words: string) => void}} parts Why
 *   labels cannot be kept, if they cannot.
 */
export function createLabels({ store, api, sourceOf, problem, tell }) {
  /** What is to be done once the author is known. @type {(() => Promise<void>) | null} */
  let waiting = null;

  /** The labels of the source that is open. */
  async function follow({ result }) {
    const id = result?.query.source_id ?? null;
    if (store.get().labels?.source_id !== id) store.set({ labels: null });
    if (id) await attempt(() => reload(id));
  }

  /** See whether anybody has changed anything; whoever shows it follows `lastChange`. */
  async function look() {
    try {
      const lastChange = problem ? 0 : await api.lastChange();
      if (lastChange === store.get().lastChange) return;
      const column = await api.tagColumn();
      if (column.categories?.length) addColumn(store, column);
      else removeColumn(store, column.name);
      store.set({ lastChange });
      await follow(store.get());
    } catch {
      // The next look may do better, and what is asked for by hand says what is wrong.
    }
  }

  async function reload(id) {
    const labels = await api.labelsOf(id);
    if (store.get().result?.query.source_id === id) store.set({ labels });
  }

  /** Do what changes something, in the author's name; where none is known it waits for one. */
  async function change(/** @type {(author: string) => Promise<void>} */ act) {
    const { author } = store.get();
    if (problem) return tell(problem);
    if (!author) {
      waiting = () => change(act);
      return store.set({ naming: true });
    }
    await attempt(() => act(author));
    await look();
  }

  /** Put a tag on the source that is pointed at, on the map or among the neighbours, else (or where
   * that is said) on the one that is open; or take it off. */
  function toggle(tag, { open = false } = {}) {
    const row = open ? null : pointedAt(store.get());
    const { result } = store.get();
    return change(async (author) => {
      const id = row === null ? result?.query.source_id : (await sourceOf(row)).source_id;
      if (!id) return tell("Only sources of the catalogue can be tagged: point at one on the map, or open one.");
      const on = isTagged(await api.labelsOf(id), tag, author);
      await (on ? api.untag(id, tag, author) : api.tag(id, tag, author));
      tell(on ? `Took ${tag} off ${id}.` : `Tagged ${id} ${tag}.`);
    });
  }

  /** Write a note on the source that is open, in place of one's earlier one; empty takes it away. */
  function note(/** @type {string} */ text) {
    const { source_id: id } = store.get().result.query;
    return change(async (author) => {
      const { change: made } = await api.note(id, text, author);
      tell(made?.said ?? "The note is so already.");
    });
  }

  /** Give a verdict on a source: keep, discard or quarantine. */
  const judge = (id, verdict) =>
    change(async (author) => {
      const { change: made } = await api.judge(id, verdict, author);
      tell(made ? `${id}: ${verdict}.` : `${id} had that verdict already.`);
      store.set({ verdict: { id, verdict } });
    });

  /** Undo the author's last change, whichever it was; the server says in words what it did. */
  const undo = () =>
    change(async (author) => {
      tell((await api.undo(author)).change.said);
      store.set({ verdict: { undone: true } });
    });

  async function setAuthor(/** @type {string} */ text) {
    const author = text.trim();
    store.set({ author, naming: false });
    write(AUTHOR, author);
    const then = author ? waiting : null;
    waiting = null;
    await then?.();
  }

  function setPalette(/** @type {string} */ text) {
    const palette = readPalette(text);
    store.set({ palette });
    write(PALETTE, palette.join(", "));
  }

  async function attempt(act) {
    try {
      await act();
    } catch (error) {
      if (!isAborted(error)) tell(error.message);
    }
  }

  return { follow, look, change, attempt, toggle, note, judge, undo, setAuthor, setPalette };
}

function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // It then lasts as long as the page.
  }
}
