/**
 * Samples: named sets of sources that the server keeps for everybody. One that is opened is shown as
 * a selection of the map. It never draws; the server says in words what a change did.
 */

import { addedColumn } from "./added_columns.js";
import { whereOf } from "./conditions.js";
import { titleOfSelection } from "./selections.js";
import { titleOf } from "./words.js";

const LATEST = 20;

/** @typedef {{key: string, words: string, count: number | null}} Choice Sources that are before one. */

/** What a sample can be made of now. @returns {Choice[]} */
export function choices({ selections, shown, result, list, placed }) {
  const choice = (key, words, count) => ({ key, words, count });
  return [
    ...selections.map((each) => choice(`selection ${each.name}`, titleOfSelection(each), each.rows.count)),
    shown && choice("shown", "What the filters show", shown.count),
    result?.neighbours.length && choice("neighbours", "The neighbours shown", result.neighbours.length),
    result?.query.source_id && choice("source", "The open source", 1),
    (list || placed) && choice("list", "The list searched for", null),
  ].filter(Boolean);
}

/**
 * @param {{store: any, api: ReturnType<typeof import("./api.js").createLabelApi>,
 *   lists: {places: (id: string) => Promise<import("./placed_list.js").PlacedList>},
 *   change: (act: (author: string) => Promise<void>) => Promise<void>,
 *   attempt: (act: () => Promise<void>) => Promise<void>,
 *   rowSets: ReturnType<typeof import("./row_sets.js").createRowSets>,
 *   tell: (words: string) => void, report: (title: string, text: string) => void}} parts
 *   `change` waits for an author's name, `attempt` tells what fails.
 */
export function createSamples({ store, api, lists, change, attempt, rowSets, tell, report }) {
  /** What others, or one's own changes, have made of the samples: the list, and those that are open. */
  const follow = () =>
    attempt(async () => {
      const samples = await api.samples();
      store.set({ samples });
      const open = store.get().selections.filter(({ sample }) => sample);
      for (const { name, sample } of open) {
        if (samples.some(({ id }) => id === sample.sample.id)) rowSets.showSample(await api.sample(sample.sample.id));
        else {
          rowSets.drop(name);
          tell(`The sample ${name} has been deleted.`);
        }
      }
      const { history } = store.get();
      if (history) await read(history.sample);
    });

  const open = (id) => attempt(async () => rowSets.showSample(await api.sample(id), true));

  async function read(sample) {
    store.set({ history: { sample, changes: await api.history(sample, LATEST) } });
  }

  /** The latest changes: of a sample, or of everything (null). */
  const readHistory = (sample) => attempt(() => read(sample));

  const make = ({ name, what }) =>
    change(async (author) => {
      const made = await api.makeSample({ name, author, ...(await sourcesOf(what)) });
      told(made);
      rowSets.showSample(await api.sample(made.sample.id), true);
    });

  /** Put sources into a sample, or take them out. @param {"add" | "remove"} act */
  const members = (id, act, what) => change(async (author) => told(await api.changeMembers(id, act, { author, ...(await sourcesOf(what)) })));

  const rename = (id, name) => change(async (author) => told(await api.renameSample(id, { name, author })));
  const remove = (id) =>
    change(async (author) => {
      told(await api.deleteSample(id, author));
      const open = store.get().selections.find(({ sample }) => sample?.sample.id === id);
      if (open) rowSets.drop(open.name);
    });

  function told({ change: made }) {
    tell(made?.said ?? "All was so already: nothing was changed.");
  }

  /** Which sources are meant, as the server takes them, and how they were chosen. */
  async function sourcesOf(what) {
    const { selections, shown, filters, result, query, list, placed } = store.get();
    if (!what) return {};
    if (what === "source") return { source_ids: [result.query.source_id] };
    if (what === "neighbours") {
      const rows = result.neighbours.map(({ row }) => row);
      const how = [`the ${rows.length} nearest neighbours of ${titleOf(result.query, query)}`, ...result.conditions].join("; ");
      return { rows, how: how.slice(0, 300) };
    }
    if (what === "shown") {
      const known = Object.keys(filters).every((name) => !addedColumn(store.get(), name));
      return known ? { where: whereOf(filters) } : { rows: [...shown.indices], how: `filters ${whereOf(filters).join(", ")}`.slice(0, 300) };
    }
    if (what === "list") return listed(list || placed);
    const picked = selections.find(({ name }) => what === `selection ${name}`);
    return { rows: [...picked.rows.indices], how: titleOfSelection(picked) };
  }

  async function listed(id) {
    const { ended, name, entries } = await lists.places(id);
    if (!ended) throw new Error("The list is still being searched: wait until it has ended.");
    const rows = [...new Set(entries.filter(({ kind }) => kind === "matched").map(({ source_row: row }) => row))];
    if (!rows.length) throw new Error(`None of the ${entries.length} entries of the list is a source of this catalogue.`);
    const left = entries.filter(({ kind }) => kind !== "matched").length;
    if (left) tell(`${left} of the ${entries.length} entries are no source of this catalogue, and are not in the sample.`);
    return { rows, how: `the list ${name || id}, ${entries.length - left} of ${entries.length} entries matched`.slice(0, 300) };
  }

  /** Take a file in: a new sample of its rows (`name`), or the tags and notes that it holds (null). */
  const take = (/** @type {File} */ file, /** @type {string | null} */ name) =>
    change(async (author) => {
      const taken = await api.takeFile(file, author, name);
      told(taken);
      if (taken.unmatched.length) report(file.name, unmatchedWords(taken));
      if (taken.sample) rowSets.showSample(await api.sample(taken.sample.id), true);
    });

  return { follow, open, readHistory, make, members, rename, remove, take };
}

/** What of a file could not be taken, row by row. */
function unmatchedWords({ n_listed: listed, n_by_id: byId, n_by_position: byPosition, unmatched, notes }) {
  const rows = unmatched.map(({ row, reason }) => `Row ${row}: ${reason}`);
  return [`${listed} rows: ${byId} by id, ${byPosition} by position, ${unmatched.length} that are no source of this catalogue.`, ...notes, "", ...rows].join("\n");
}
