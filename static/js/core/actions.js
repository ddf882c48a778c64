/**
 * What the page does: load the map, ask, select, follow the address. State goes to the store.
 * It never draws and never touches the document; main gives it the address and the views the rest.
 */

import { addedColumn } from "./added_columns.js";
import { readAddress, sameQuery, writeAddress } from "./address.js";
import { isAborted } from "./api.js";
import { itemOf, keyOf, marked } from "./examples.js";
import { createLruCache } from "./lru_cache.js";
import { placedOn } from "./map_layout.js";
import { colourBy } from "./colour.js";
import { isInside } from "./geometry.js";
import { Rows } from "./rows.js";
import { COLOURS, writeSelection } from "./selections.js";

const HOVER_WAIT_MS = 60;
const KEPT_SOURCES = 500;

/** @param {{store: object, api: object, bringIntoSight: (place: object) => void}} parts */
export function createHover({ store, api, bringIntoSight }) {
  const sources = createLruCache(KEPT_SOURCES);
  let timer = null;

  /** Point at a row; its source arrives a moment later unless the pointer has moved on. */
  function hover(patch) {
    store.set(patch);
    clearTimeout(timer);
    const { map, hoverRow, cursorRow } = store.get();
    const stepped = patch.cursorRow ?? null;
    if (stepped !== null) bringIntoSight({ x: map.x[stepped], y: map.y[stepped] });
    const row = hoverRow ?? cursorRow;
    if (row === null) return;
    const show = () => sourceOf(row).then(showHovered, () => {});
    if (sources.has(row)) show();
    else timer = setTimeout(show, HOVER_WAIT_MS);
  }

  function showHovered(source) {
    const { hoverRow, cursorRow } = store.get();
    if ((hoverRow ?? cursorRow) === source.row) store.set({ hoverSource: source });
  }

  async function sourceOf(row) {
    if (!sources.has(row)) sources.put(row, await api.row(row));
    return sources.get(row);
  }

  return { hover, sourceOf };
}

const KEPT_IMAGES = 12;
const IMAGE_GONE =
  "The image of this view is not kept when the page is loaded again: choose it once more.";
const OPTIONS = ["k", "hideDuplicates", "duplicatesArcsec", "conditions"];
const EDGE = 0.02;
const KEPT_TRAIL = 60;
/** Further ranks that come at once. */
const MORE = 48;

/**
 * @param {{store: ReturnType<typeof import("./store.js").createStore>,
 *   api: ReturnType<typeof import("./api.js").createApi>, meta: object, defaults: object,
 *   address: ReturnType<typeof import("./address.js").createAddress>,
 *   tell?: (sentence: string) => void}} parts
 */
export function createSession({ store, api, meta, defaults, address, tell = () => {} }) {
  const images = createLruCache(KEPT_IMAGES); // the questions with an image that Back can return to
  let following = false;
  const { hover, sourceOf } = createHover({ store, api, bringIntoSight });

  async function loadMap() {
    const { map, column } = await mapOf(store.get().layout);
    store.set({ map, column });
    placeAgain();
    recolour();
  }

  /** A map, and the column that colours it: what is added the server does not know. */
  async function mapOf(layout) {
    const { colour: name } = store.get();
    const map = await api.map(addedColumn(store.get(), name) ? defaults.colour : name, layout);
    return { map, column: addedColumn(store.get(), name) ?? map.colour };
  }

  /** Show the other map: the bundle's own, or the catalogue's. */
  async function layout(name) {
    try {
      const { map, column } = await mapOf(name);
      store.set({ map, layout: name, view: null, column, colourError: null });
      placeAgain();
      recolour();
      keepAddress();
    } catch (error) {
      if (!isAborted(error)) store.set({ colourError: error.message });
    }
  }

  function placeAgain() {
    const { answer, map, layout: shown } = store.get();
    const result = placedOn(answer, map, shown, meta.limits.placed_by);
    if (answer) store.set({ result, target: targetOf(result) });
  }

  /** Colour again: after a new column, or a new theme. */
  function recolour() {
    const { column, theme, colourRange, logColours } = store.get();
    if (!column) return;
    const described = meta.columns.find(({ name }) => name === column.name) ?? column;
    const range = colourRange ?? { low: described.low ?? column.min, high: described.high ?? column.max };
    store.set({ colouring: colourBy(column, range, theme, logColours) });
  }

  async function colour(name) {
    try {
      const column = addedColumn(store.get(), name) ?? (await api.column(name));
      const same = name === store.get().colour;
      store.set({ column, colour: name, colourError: null, ...(!same && { colourRange: null }) });
      recolour();
      keepAddress();
    } catch (error) {
      if (!isAborted(error)) store.set({ colourError: error.message });
    }
  }

  /** The map's colours follow an added column that changes, or goes. */
  function follows(state) {
    const { colour: name, columns } = state;
    const added = addedColumn(state, name);
    if (added && added !== state.column) {
      store.set({ column: added });
      recolour();
    } else if (!columns.some((each) => each.name === name)) colour(defaults.colour);
  }

  /** Ask, and show the answer; a failure leaves what is shown as it is. */
  async function ask(query, { remember = true, asExample = false } = {}) {
    const image = query.image ?? null;
    const pending = { query, since: performance.now() };
    store.set({ pending, error: null, ...(image && { image }) });
    try {
      const answer = await api.search(query, store.get());
      const { map, layout: shown } = store.get();
      const result = placedOn(answer, map, shown, meta.limits.placed_by);
      if (image) images.put(query.id, query);
      store.set({ query, answer, result, image, pending: null, more: null, error: null, target: targetOf(result), subject: "source" });
      keepInSight();
      visit(answer.query);
      if (!asExample) remember ? rememberAddress() : keepAddress();
    } catch (error) {
      if (isAborted(error)) return;
      store.set({ pending: null, error: place(error, query), target: targetOf(store.get().result) });
    }
  }

  /** The ranks behind those that are shown, a few at a time. */
  async function more() {
    const { query, answer, more: before, pending } = store.get();
    if (!query || pending || !answer?.more || before?.state === "asking") return;
    const had = answer.neighbours.length;
    const k = Math.min(MORE, meta.limits.k_max - had);
    if (k <= 0) return;
    store.set({ more: { state: "asking" } });
    try {
      const found = await api.more(query, { ...store.get(), k, fromRank: had + 1 });
      const { answer: now, map, layout: shown } = store.get();
      if (now !== answer) return;
      const grown = { ...answer, more: found.more, neighbours: [...answer.neighbours, ...found.neighbours] };
      store.set({ answer: grown, result: placedOn(grown, map, shown, meta.limits.placed_by), more: null });
    } catch (error) {
      if (!isAborted(error) && store.get().answer === answer) store.set({ more: { state: "failed", detail: error.message } });
    }
  }

  /** Mark a source, or what is open, as a wanted or unwanted example, or no more as one. */
  function mark(item, wanted) {
    const { examples, query, result, subject } = store.get();
    const open = subject === "source" ? itemOf(query, result) : null;
    store.set({ examples: marked(examples, item, wanted, open) });
  }

  /** The trail of the places one has been; images of one's own have no address to return to. */
  function visit({ source_id: id, name, position, image_url: url }) {
    if (!id) return;
    const { trail } = store.get();
    const here = { id, title: name || position, url };
    store.set({ trail: [...trail.filter((each) => each.id !== id), here].slice(-KEPT_TRAIL) });
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

  /** Ask about the image of another survey at the place that is shown. */
  function askSurvey(survey) {
    const { ra_deg: ra, dec_deg: dec } = store.get().result.query;
    return ask({ kind: "degrees", ra, dec, survey });
  }

  /** Try once more what failed last. */
  function retry() {
    const { error } = store.get();
    if (error?.query) return ask(error.query);
    if (error?.row !== undefined) return selectRow(error.row);
  }

  function clear({ remember = true } = {}) {
    api.cancelSearch();
    store.set({ query: null, answer: null, result: null, target: null, pending: null, error: null });
    store.set({ highlightRow: null, image: null });
    remember ? rememberAddress() : keepAddress();
  }

  function cancel() {
    api.cancelSearch();
    store.set({ pending: null, error: null, target: targetOf(store.get().result) });
  }

  /** Show what an address says: at the start, and when the person goes back or forward. */
  function follow() {
    const before = store.get();
    const { query: written, colour: name, layout: asked, drawn, ignored, ...shared } = readAddress(address.read(), defaults);
    const imageId = written ? null : address.imageId();
    const query = written ?? images.get(imageId) ?? null;
    const subject = shared.list !== null ? "list" : before.subject === "list" ? "source" : before.subject;
    following = true; // the address is read here, and not written
    store.set({ ...shared, examples: titled(shared.examples, before.examples), subject, selections: restored(drawn, before.selections) });
    following = false;
    if (before.colourRange !== shared.colourRange || before.logColours !== shared.logColours) recolour();
    if (ignored.length) tell(`This link has parts that mean nothing here and were left out: ${ignored.join(", ")}.`);
    if (name !== before.colour) before.map ? colour(name) : store.set({ colour: name });
    if (asked !== before.layout) before.map ? layout(asked) : store.set({ layout: asked });
    if (shared.list !== null) return;
    if (!query) return showNothing(before, imageId);
    const optionsChanged = OPTIONS.some((key) => JSON.stringify(before[key]) !== JSON.stringify(shared[key]));
    if (!sameQuery(query, before.query) || optionsChanged) return ask(query, { remember: false });
    if (before.pending) cancel();
  }

  /** The plain page; if it was about an image that is gone, that is said. */
  function showNothing(before, imageId) {
    if (before.query || before.pending) clear({ remember: false });
    if (imageId) store.set({ error: { parameter: "image", detail: IMAGE_GONE } });
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

  const rememberAddress = () => address.push(...entry(store.get(), defaults));
  const keepAddress = () => following || address.replace(...entry(store.get(), defaults));

  return {
    loadMap,
    recolour,
    colour,
    layout,
    follows,
    ask,
    askSurvey,
    setOptions,
    selectRow,
    clear,
    cancel,
    retry,
    follow,
    hover,
    sourceOf,
    keepInSight,
    mark,
    more,
    keepAddress,
    rememberAddress,
  };
}

/** Selections as a link has them; their rows are found once the map is there. */
function restored(drawn, before) {
  const same = drawn.length === before.length && drawn.every((each, i) => writeSelection(each) === writeSelection(before[i]));
  if (same) return before;
  return drawn.map((each, i) => ({ ...each, colour: COLOURS[i % COLOURS.length], rows: Rows.of(0, []) }));
}

/** A link has no titles; those that are known stay. */
const titled = (examples, before) => examples.map((each) => ({ title: before.find((one) => keyOf(one) === keyOf(each))?.title, ...each }));

const targetOf = (result) => result && { ...result.map, row: result.query.row };

/** An entry of the history: its address, and the image that no address can hold. */
const entry = (state, defaults) => [
  writeAddress(state, defaults),
  state.query?.kind === "image" ? state.query.id : null,
];

const OWN_CONTROLS = {
  any: ["k", "duplicates_arcsec"],
  image: ["pixel_scale_arcsec", "ra", "dec"],
};

/** Beside which control an error belongs: the one the server names, else the one that asked. */
function place(error, query) {
  const { parameter } = error;
  const named = [...OWN_CONTROLS.any, ...(OWN_CONTROLS[query.kind] ?? [])].includes(parameter);
  const asker = ["source", "image", "examples"].includes(query.kind) ? query.kind : "position";
  const { nearest = null, closeNames = null } = error;
  return { parameter: named ? parameter : asker, detail: error.message, query, nearest, closeNames };
}
