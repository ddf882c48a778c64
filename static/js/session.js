/**
 * What the page does: load the map, ask, select, follow the address. State goes to the store.
 * It never draws and never touches the document; main gives it the address and the views the rest.
 */

import { isAborted } from "./api.js";
import { colourBy } from "./colour.js";
import { isInside } from "./geometry.js";
import { readAddress, sameQuery, writeAddress } from "./url.js";

const HOVER_WAIT_MS = 60;
const KEPT_SOURCES = 500;
const OPTIONS = ["k", "hideDuplicates", "duplicatesArcsec"];
const EDGE = 0.02;

/**
 * @param {{store: ReturnType<typeof import("./store.js").createStore>,
 *   api: ReturnType<typeof import("./api.js").createApi>, meta: object, defaults: object,
 *   address: {read: () => string, push: (search: string) => void,
 *   replace: (search: string) => void}}} parts
 */
export function createSession({ store, api, meta, defaults, address }) {
  const sources = new Map();
  let hoverTimer = null;

  async function loadMap() {
    const map = await api.map(store.get().colour);
    store.set({ map, column: map.colour });
    recolour();
  }

  /** Colour again: after a new column, or a new theme. */
  function recolour() {
    const { column, theme } = store.get();
    if (!column) return;
    const described = meta.columns.find(({ name }) => name === column.name) ?? column;
    const range = { low: described.low ?? column.min, high: described.high ?? column.max };
    store.set({ colouring: colourBy(column, range, theme) });
  }

  async function colour(name) {
    try {
      store.set({ column: await api.column(name), colour: name, colourError: null });
      recolour();
      keepAddress();
    } catch (error) {
      if (!isAborted(error)) store.set({ colourError: error.message });
    }
  }

  /** Ask, and show the answer; a failure leaves what is shown as it is. */
  async function ask(query, { remember = true } = {}) {
    store.set({ pending: { query, since: performance.now() }, error: null });
    try {
      const result = await api.search(query, store.get());
      store.set({ query, result, pending: null, error: null, target: targetOf(result) });
      keepInSight();
      remember ? rememberAddress() : keepAddress();
    } catch (error) {
      if (isAborted(error)) return;
      store.set({ pending: null, error: place(error, query), target: targetOf(store.get().result) });
    }
  }

  /** Ask again for the same source with other options; options without a source are only kept. */
  function setOptions(patch) {
    const { query, pending } = store.get();
    const subject = pending?.query ?? query;
    store.set({ error: null, ...patch });
    if (subject) ask(subject, { remember: Boolean(pending) });
    else keepAddress();
  }

  async function selectRow(row) {
    const { map } = store.get();
    store.set({ target: { x: map.x[row], y: map.y[row], row } });
    try {
      const { source_id: id } = await sourceOf(row);
      await ask({ kind: "source", id });
    } catch (error) {
      store.set({ error: { parameter: "source", detail: error.message, row } });
    }
  }

  /** Try once more what failed last. */
  function retry() {
    const { error } = store.get();
    if (error?.query) return ask(error.query);
    if (error?.row !== undefined) return selectRow(error.row);
  }

  function clear({ remember = true } = {}) {
    api.cancelSearch();
    store.set({ query: null, result: null, target: null, pending: null, error: null });
    store.set({ highlightRow: null });
    remember ? rememberAddress() : keepAddress();
  }

  function cancel() {
    api.cancelSearch();
    store.set({ pending: null, error: null, target: targetOf(store.get().result) });
  }

  /** Show what an address says: at the start, and when the person goes back or forward. */
  function follow() {
    const before = store.get();
    const { query, colour: name, ...shared } = readAddress(address.read(), defaults);
    store.set(shared);
    if (name !== before.colour) before.map ? colour(name) : store.set({ colour: name });
    if (!query) return before.query || before.pending ? clear({ remember: false }) : undefined;
    const optionsChanged = OPTIONS.some((key) => before[key] !== shared[key]);
    if (!sameQuery(query, before.query) || optionsChanged) return ask(query, { remember: false });
    if (before.pending) cancel();
  }

  /** Point at a row; its source arrives a moment later unless the pointer has moved on. */
  function hover(patch) {
    store.set(patch);
    clearTimeout(hoverTimer);
    const { map, hoverRow, cursorRow } = store.get();
    const stepped = patch.cursorRow ?? null;
    if (stepped !== null) bringIntoSight({ x: map.x[stepped], y: map.y[stepped] });
    const row = hoverRow ?? cursorRow;
    if (row === null) return;
    const show = () => sourceOf(row).then(showHovered, () => {});
    if (sources.has(row)) show();
    else hoverTimer = setTimeout(show, HOVER_WAIT_MS);
  }

  function showHovered(source) {
    const { hoverRow, cursorRow } = store.get();
    if ((hoverRow ?? cursorRow) === source.row) store.set({ hoverSource: source });
  }

  async function sourceOf(row) {
    if (!sources.has(row)) {
      const source = await api.row(row);
      if (sources.size >= KEPT_SOURCES) sources.delete(sources.keys().next().value);
      sources.set(row, source);
    }
    return sources.get(row);
  }

  function keepInSight() {
    bringIntoSight(store.get().target);
  }

  /** Move the view only if a place lies outside it. */
  function bringIntoSight(place) {
    const { viewport, view } = store.get();
    if (!place || !viewport) return;
    if (isInside(viewport.x, place.x, EDGE) && isInside(viewport.y, place.y, EDGE)) return;
    const shorter = Math.min(viewport.x[1] - viewport.x[0], viewport.y[1] - viewport.y[0]);
    store.set({ view: { cx: place.x, cy: place.y, span: view?.span ?? shorter } });
  }

  const rememberAddress = () => address.push(writeAddress(store.get(), defaults));
  const keepAddress = () => address.replace(writeAddress(store.get(), defaults));

  return {
    loadMap,
    recolour,
    colour,
    ask,
    setOptions,
    selectRow,
    clear,
    cancel,
    retry,
    follow,
    hover,
    keepInSight,
    keepAddress,
  };
}

const targetOf = (result) => result && { ...result.map, row: result.query.row };

/** Beside which control an error belongs: the one the server names, else the one that asked. */
function place(error, query) {
  const own = { k: "k", duplicates_arcsec: "duplicates_arcsec" }[error.parameter];
  const asker = query.kind === "source" ? "source" : "position";
  return { parameter: own ?? asker, detail: error.message, query };
}
