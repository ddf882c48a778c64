/**
 * The root: makes the store and the views, and connects what views say with what the page does.
 * It never draws a number and never asks the server itself.
 */

import { defaults, firstMap, meta } from "./early.js";
import { byId, every, listen, nextPaint } from "./core/html.js";
import { createSession } from "./core/actions.js";
import { createAddress, readAddress } from "./core/address.js";
import { createApi, createBulkApi, createLabelApi } from "./core/api.js";
import { copyText, createDownloads } from "./core/downloads.js";
import { kindOf } from "./core/dropped_file.js";
import { examplesQuery } from "./core/examples.js";
import { homeView, isInside, nearestRow, toPixels, viewOf, zoomed } from "./core/geometry.js";
import { createImages } from "./core/image_query.js";
import { createLabels as createTagging, keptNames } from "./core/labels.js";
import { keepStyle, keptStyle } from "./core/picture_style.js";
import { createMapOverlays } from "./core/map_overlays.js";
import { createSamples as createSampleKeeping } from "./core/samples.js";
import { createRowSets } from "./core/row_sets.js";
import { createSessions } from "./core/sessions.js";
import { initialState } from "./core/state.js";
import { createStore } from "./core/store.js";
import { createTaking } from "./core/taking.js";
import { createWorkerClient } from "./core/worker_client.js";
import { createMap } from "./map/engine.js";
import { createInset } from "./map/inset.js";
import { createLasso } from "./map/lasso.js";
import { createLayers } from "./map/layers.js";
import { createColourChoice, createLegend } from "./map/legend.js";
import { createLegendPlace } from "./map/legend_place.js";
import { createMapKey } from "./map/map_key.js";
import { createMarks } from "./map/marks.js";
import { createRegionLabels } from "./map/region_labels.js";
import { createKeys } from "./map/tools.js";
import { createCompare } from "./views/compare.js";
import { createDuplicates } from "./views/duplicates.js";
import { createExamples } from "./views/examples.js";
import { createExemplars } from "./views/exemplars.js";
import { createFilters } from "./views/filters.js";
import { createDrop, createImageForm } from "./views/image_form.js";
import { createLabels } from "./views/labels.js";
import { createLists } from "./views/lists.js";
import { createNeighbours } from "./views/neighbours.js";
import { createOtherMap } from "./views/other_map.js";
import { createOverlays } from "./views/overlays.js";
import { createPeek } from "./views/peek.js";
import { createPictureBar } from "./views/picture_bar.js";
import { createSamples } from "./views/samples.js";
import { createSearch } from "./views/search.js";
import { createSelections } from "./views/selections.js";
import { createSource } from "./views/source.js";
import { createSplitter } from "./views/splitter.js";
import { createReview } from "./views/review.js";
import { createReveal, createStatus } from "./views/status.js";
import { createSurveyImages, createSurveys, NO_SURVEYS } from "./views/surveys.js";
import { createTable } from "./views/table.js";
import { createTheme, themeNow } from "./views/theme.js";
import { showText } from "./views/text_dialog.js";
import { createTooltip } from "./views/tooltip.js";
import { createCounts, createTrail } from "./views/trail.js";
import { createViewer } from "./views/viewer.js";

const ZOOM_STEP = 1.6;
const NEAR_PX = 8;
/** So often what others have labelled is looked for. */
const LOOK_MS = 10_000;
const RAIL = /** @type {const} */ (["filters", "selections", "samples", "overlays", "check"]);
const address = createAddress(window);
const { drawn: _drawn, ignored, ...shared } = readAddress(address.read(), defaults);
const store = createStore(
  initialState(shared, { columns: meta.columns, surveys: NO_SURVEYS, theme: themeNow(), style: keptStyle(meta.image), ...keptNames() }),
);
const api = createApi();
const status = createStatus();
const tell = (words) => status.toast(words);
const report = (title, text) => showText(byId("text"), title, text);
const session = createSession({ store, api, meta, defaults, address, firstMap, tell });
const images = createImages({ store, ask: session.ask, clear: session.clear });
const labelApi = createLabelApi();
const tagging = createTagging({ store, api: labelApi, sourceOf: session.sourceOf, problem: meta.labels.problem, tell });
const surveyImages = createSurveyImages({ store, api, meta });
const downloads = createDownloads({ store, api });
const taking = createTaking({ store, api, meta, tell, report });
const worker = new Worker(new URL("./rows_worker.js", import.meta.url), { type: "module" });
const client = createWorkerClient(worker, api);
const rowSets = createRowSets({ store, api: { ...api, sample: labelApi.sample }, client, tell });
const samples = createSampleKeeping({ store, api: labelApi, lists: createBulkApi(), change: tagging.change, attempt: tagging.attempt, rowSets, tell, report });
const overlays = createMapOverlays({ store, client, lists: createBulkApi(), tell });
const map = createMap(byId("map"));
const arrive = createReveal(store);
const lists = createLists({ meta, store, remember: session.rememberAddress });
const sessions = createSessions({ store, api, meta, session, tell, report });
const review = createReview(byId("review"), { meta, api });
const viewer = createViewer(byId("viewer"), { store, meta, api });

connectViews();
connectEvents();
connectPage();
start();

function connectViews() {
  const source = createSource(byId("source"), meta);
  const neighbours = createNeighbours(byId("neighbours"), meta, defaults);
  createKeys(byId("map"), store.get);
  createLasso(byId("stage"), byId("shape"), store.get);
  createSplitter(byId("splitter"));
  createDrop(document.documentElement, byId("drop-target"), meta);
  const views = [
    createLayers(byId("layers"), byId("stage")),
    createRegionLabels(byId("region-labels"), byId("stage")),
    createExemplars(byId("exemplars"), byId("stage"), { meta, api, tell }),
    createMarks(byId("marks")),
    createInset(byId("stage")),
    createTooltip(byId("tooltip"), meta),
    createMapKey(byId("map-key"), meta),
    createLegend(byId("legend"), meta),
    createColourChoice(byId("colour")),
    createLegendPlace(byId("legend-card"), byId("stage")),
    createSearch(byId("search"), meta),
    createImageForm(byId("image-form"), meta),
    createSurveys(byId("surveys"), meta),
    review,
    createDuplicates(byId("duplicates"), { meta, api }),
    createExamples(byId("examples"), meta),
    ...source,
    createLabels(byId("labels"), meta),
    createPictureBar(byId("picture-bar"), meta),
    ...neighbours,
    ...createSelections(byId("selections"), byId("selection"), { meta, api }),
    createFilters(byId("filters")),
    createOverlays(byId("overlay-parts")),
    createOtherMap(byId("other-map"), meta, api),
    createSamples(byId("samples"), meta),
    ...createTable(byId("table"), api),
    createCompare(byId("compare"), meta, api),
    createPeek(byId("peek"), meta),
    createTrail(byId("trail"), meta),
    createCounts(),
    lists.view,
    status,
    { needs: ["layout"], draw: showLayout },
    { needs: ["rail", "filters", "selections", "samples", "contours", "regions", "exemplars", "placed"], draw: showRail },
  ];
  for (const view of views) store.show(view);
  store.subscribe(["map"], rowSets.follow);
  store.subscribe(["filters", "rail", "active", "selections"], rowSets.count);
  store.subscribe(["columns"], ({ columns }) => Object.assign(defaults, { columns }));
  store.subscribe(["columns"], rowSets.follows);
  store.subscribe(["columns"], session.follows);
  for (const { needs, draw } of overlays) store.show({ needs, draw });
  store.subscribe(["selections"], rowSets.restore);
  store.subscribe(
    ["filters", "selections", "colourRange", "logColours", "contours", "regions", "exemplars", "placed", "examples", "compared"],
    session.keepAddress,
  );
  store.subscribe(["result"], surveyImages.follow);
  store.subscribe(["result"], tagging.follow);
  store.subscribe(["lastChange"], samples.follow);
  store.subscribe(["verdict"], searchAgain);
  store.subscribe(["naming"], ({ naming }) => naming && byId("label-author").focus());
  store.subscribe(["result"], status.announce);
  store.subscribe(["hoverSource"], status.announceCursor);
  store.subscribe(map.needs, drawMap);
  store.subscribe(["result"], showFromTop);
}

/** A source that was quarantined leaves the neighbours at once, and one that is so no more comes back. */
function searchAgain({ verdict, answer }) {
  const without = answer?.conditions.some((words) => words.includes("quarantined"));
  if (without || (answer && verdict?.verdict === "quarantine")) session.setOptions({});
}

let shownFromTop = null;

/** Another answer begins at its top; further ranks of the same do not move it. */
function showFromTop({ result }) {
  if (result && result.query !== shownFromTop) byId("details").scrollTo({ top: 0 });
  shownFromTop = result?.query ?? null;
}

/** The choice of the map, and the words below it that are true of that map. */
function showLayout({ layout }) {
  if (!byId("layout")) return;
  byId("layout").value = layout;
  for (const note of every(document, "[data-layout]")) {
    note.hidden = note.dataset.layout !== layout;
  }
}

function showRail({ rail, filters, selections, samples: kept, contours, regions, exemplars, placed }) {
  byId("workplace").classList.toggle("rail-open", rail !== null);
  for (const name of ["overlays", "check"]) byId(name).hidden = rail !== name;
  const held = { filters: Object.keys(filters).length, selections: selections.length, samples: kept.length, overlays: [contours, regions, exemplars, placed].filter(Boolean).length };
  for (const name of RAIL) {
    const tab = byId(`rail-${name}`);
    tab.setAttribute("aria-selected", String(rail === name));
    tab.classList.toggle("has", held[name] > 0);
  }
}

async function drawMap(state) {
  try {
    if (!(await map.draw(state))) return;
    store.set({ drawn: true });
    document.documentElement.dataset.ready = "true";
  } catch (error) {
    store.set({ mapError: error.message });
  }
}

function connectEvents() {
  on("hover", ({ row }) => session.hover({ hoverRow: allowed(row) }));
  on("leave", () => session.hover({ hoverRow: null }));
  on("cursor", ({ row }) => session.hover({ cursorRow: row }));
  on("select", ({ row }) => select(allowed(row)));
  on("source", ({ id }) => arrive(session.ask({ kind: "source", id })));
  on("find", ({ text }) => arrive(session.ask({ kind: "position", text })));
  on("file", ({ file }) => takeFile(file));
  on("image", ({ file }) => images.choose(file));
  on("image-search", images.search);
  on("image-remove", images.remove);
  on("surveys", ({ open }) => (open ? surveyImages.open() : surveyImages.close()));
  on("survey-retry", ({ name }) => surveyImages.retry(name));
  on("survey-search", searchSurvey);
  on("download", ({ format }) => downloads.take(format));
  on("options", session.setOptions);
  on("more", session.more);
  on("example", ({ item, wanted }) => session.mark(item, wanted));
  on("examples", ({ examples }) => store.set({ examples }));
  on("examples-search", searchExamples);
  on("compare", ({ id }) => compare(id));
  on("invalid", (error) => store.set({ error }));
  on("cancel", session.cancel);
  on("clear", () => session.clear());
  on("highlight", ({ row }) => store.set({ highlightRow: row }));
  on("style", ({ patch }) => changeStyle(patch));
  on("viewport", (viewport) => store.set({ viewport }));
  on("view", ({ view }) => keepView(view));
  on("zoom", ({ factor }) => zoom(factor));
  on("home", () => keepView(null));
  on("zoom-rows", ({ rows }) => zoomTo(rows));
  on("copy", copy);
  on("about", ({ section }) => openAbout(section));
  on("filter", rowSets.filter);
  on("filter-refused", ({ detail }) => store.set({ filterError: detail }));
  on("colour-range", ({ range }) => changeColours({ colourRange: range }));
  on("colour-log", ({ log }) => changeColours({ logColours: log }));
  on("overlay", ({ patch }) => store.set(patch));
  on("placed", ({ id }) => store.set({ placed: id, placedHidden: [] }));
  on("placed-kind", ({ kind }) => togglePlaced(kind));
  on("checked", () => store.set({ checked: {} }));
  on("list-form", () => lists.open());
  on("go-to", goTo);
  on("shape", (shape) => rowSets.drawn(shape).then(() => store.set({ tool: "pan" })));
  on("pick", ({ rows }) => rowSets.pick(rows));
  on("activate", ({ name }) => store.set({ active: name, subject: name ? "selection" : "source" }));
  on("rename", rename);
  on("sample", changeSample);
  on("note", ({ text }) => tagging.note(text));
  on("drop", ({ name }) => rowSets.drop(name));
  on("selection-sources", () => store.set({ selectionSources: {} }));
  on("sources-file", taking.sources);
  on("inside", ({ name }) => searchInside(name));
  on("sheet", taking.sheet);
  on("caption", taking.caption);
  on("python", taking.python);
  on("send", taking.send);
  on("table", ({ open }) => drawer("table", open));
  on("comparing", ({ open }) => drawer("comparing", open));
  on("viewer", () => viewer.open());
  on("tag", ({ tag }) => tagging.toggle(tag, { open: true }));
  on("undo", tagging.undo);
  on("verdict", ({ id, verdict }) => tagging.judge(id, verdict));
  on("naming", () => store.set({ naming: true }));
  on("author", ({ text }) => tagging.setAuthor(text));
  on("palette", ({ text }) => tagging.setPalette(text));
  on("graphics-lost", () => store.set({ mapError: "The browser lost its graphics context." }));
}

function on(name, listener) {
  listen(`explorer:${name}`, listener);
}

/** A source that the filters have left out does not answer to the pointer: one beside it does. */
function allowed(row) {
  const { shown, map, viewport } = store.get();
  if (row === null || !shown || !map || shown.has(row)) return row;
  const near = nearestRow(map, map.x[row], map.y[row], shown);
  if (near < 0 || !viewport) return null;
  const [here, there] = [row, near].map((each) => toPixels(map.x[each], map.y[each], viewport));
  return Math.hypot(here[0] - there[0], here[1] - there[1]) <= NEAR_PX ? near : null;
}

function select(row) {
  if (row !== null) arrive(session.selectRow(row));
}

async function takeFile(file) {
  const kind = await kindOf(file);
  if (kind === "list") lists.open(file);
  else if (kind === "session") sessions.open(file);
  else images.choose(file);
}

/** A selection that shows a sample has the sample's name. */
function rename({ name, to }) {
  const { sample } = store.get().selections.find((each) => each.name === name) ?? {};
  if (sample) samples.rename(sample.sample.id, to);
  else rowSets.rename({ name, to });
}

function changeSample({ act, id, name, what, file }) {
  const acts = {
    open: () => samples.open(id),
    make: () => samples.make({ name, what }),
    add: () => samples.members(id, act, what),
    remove: () => samples.members(id, act, what),
    rename: () => samples.rename(id, name),
    delete: () => samples.remove(id),
    history: () => samples.readHistory(id),
    take: () => samples.take(file, name),
  };
  acts[act]();
}

function changeStyle(patch) {
  const style = { ...store.get().style, ...patch };
  store.set({ style });
  keepStyle(style);
}

function togglePlaced(kind) {
  const { placedHidden: hidden } = store.get();
  store.set({ placedHidden: hidden.includes(kind) ? hidden.filter((each) => each !== kind) : [...hidden, kind] });
}

/** A place in the middle of the map, large enough to see what is there. */
function goTo({ x, y }) {
  const { map: all, viewport } = store.get();
  if (all && viewport) keepView({ cx: x, cy: y, span: Math.min(viewOf(viewport, viewport).span, homeView(all, viewport).span / 3) });
}

function changeColours(patch) {
  store.set(patch);
  session.recolour();
}

/** Only sources of a selection, or what the filters show, may be neighbours: the server keeps the set by an id of its content. */
async function searchInside(name) {
  const { selections, shown } = store.get();
  const rows = name === null ? shown : selections.find((each) => each.name === name)?.rows;
  if (!rows) return;
  try {
    const { selection } = await api.select({ rows: [...rows.indices] });
    session.setOptions({ conditions: { ...store.get().conditions, selection } });
  } catch (error) {
    status.toast(error.message);
  }
}

/** Sources like the wanted examples and unlike the unwanted ones. */
function searchExamples() {
  const query = examplesQuery(store.get().examples);
  if (query) arrive(session.ask(query));
}

/** Put a source beside the others, or away; none: all of them away. */
function compare(/** @type {string | null} */ id) {
  const { compared } = store.get();
  if (id === null) return store.set({ compared: [], comparing: false });
  store.set({ compared: compared.includes(id) ? compared.filter((each) => each !== id) : [...compared, id] });
}

/** One drawer is open at a time. */
const drawer = (name, open) => store.set({ table: false, comparing: false, [name]: open });

function connectPage() {
  createTheme(byId("theme"), (theme) => {
    store.set({ theme });
    session.recolour();
  });
  byId("layout")?.addEventListener("change", ({ target }) => session.layout(target.value));
  byId("colour").addEventListener("change", ({ target }) => session.colour(target.value));
  onClick("zoom-in", () => zoom(1 / ZOOM_STEP));
  onClick("zoom-out", () => zoom(ZOOM_STEP));
  onClick("zoom-result", zoomToResult);
  onClick("home", () => keepView(null));
  onClick("retry", () => start());
  onClick("source-retry", () => arrive(session.retry()));
  onClick("random", () => arrive(session.selectRow(Math.floor(Math.random() * meta.n))));
  onClick("session", ({ target }) => target.closest("button") && (byId("session").open = false));
  onClick("session-save", sessions.write);
  onClick("session-open", () => byId("session-file").click());
  byId("session-file").addEventListener("change", ({ target }) => {
    if (target.files.length) sessions.open(target.files[0]);
    target.value = "";
  });
  onClick("about-open", () => openAbout());
  onClick("about", ({ target }) => target.id === "about" && target.close());
  onClick("table-open", () => drawer("table", !store.get().table));
  onClick("compare-open", () => drawer("comparing", !store.get().comparing));
  for (const name of RAIL) onClick(`rail-${name}`, () => toggleRail(name));
  for (const tool of ["lasso", "box"]) onClick(`tool-${tool}`, () => toggleTool(tool));
  window.addEventListener("popstate", () => session.follow());
  document.addEventListener("keydown", shortcuts);
  window.addEventListener("focus", tagging.look);
  setInterval(() => document.hidden || tagging.look(), LOOK_MS);
  document.addEventListener("click", closeMenus, { capture: true });
}

function toggleRail(name) {
  store.set({ rail: store.get().rail === name ? null : name });
}

function toggleTool(tool) {
  store.set({ tool: store.get().tool === tool ? "pan" : tool });
}

/** Keys of the whole page; whoever types is left alone. */
function shortcuts(event) {
  const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select");
  const dialog = document.querySelector("dialog[open]"); // which has keys of its own
  if (typing || dialog || event.ctrlKey || event.metaKey || event.altKey) return;
  const acts = {
    "/": () => byId("position").select(),
    f: () => toggleRail("filters"),
    o: () => toggleRail("overlays"),
    s: () => toggleRail("samples"),
    t: () => drawer("table", !store.get().table),
    l: () => toggleTool("lasso"),
    r: () => toggleTool("box"),
    "?": () => openAbout("about-keys"),
    " ": () => store.get().result && viewer.open(),
    v: () => store.get().result && viewer.open(),
    u: () => tagging.undo(),
    ...(store.get().rail === "check" ? review.keys : {}),
    escape: () => store.set({ table: false, comparing: false, naming: false }),
    ...Object.fromEntries(store.get().palette.map((tag, i) => [String(i + 1), () => tagging.toggle(tag)])),
  };
  const pressed = event.target.closest?.("button, a, summary, input") && event.key === " ";
  const act = pressed ? null : acts[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
}

/** A click elsewhere closes what is open. */
function closeMenus({ target }) {
  for (const menu of every(document, "details.menu[open]")) if (!menu.contains(target)) menu.open = false;
}

function onClick(id, listener) {
  byId(id).addEventListener("click", listener);
}

async function start() {
  store.set({ mapError: null });
  if (ignored.length) await tagging.look(); // for a column that people made
  const asked = session.follow();
  const { subject, pending, error } = store.get();
  if (!asked && subject === "source" && !pending && !error && meta.first_examples.length) {
    session.ask({ kind: "source", id: meta.first_examples[0].source_id }, { remember: false, asExample: true });
  }
  try {
    await session.loadMap();
    await nextPaint(); // Plotly's own file takes the page's thread for a second
    await map.load(byId("map").dataset.plotlyUrl);
    await drawMap(store.get());
    await asked;
    session.keepInSight();
    tagging.look();
  } catch (error) {
    store.set({ mapError: error.message });
  }
}

function keepView(view) {
  store.set({ view });
  session.keepAddress();
}

/** Zoom about the selected source if it is on screen, else about the middle. */
function zoom(factor) {
  const { viewport, target } = store.get();
  if (!viewport) return;
  const view = viewOf(viewport, viewport);
  const seen = target && isInside(viewport.x, target.x) && isInside(viewport.y, target.y);
  keepView(seen ? zoomed(view, factor, target.x, target.y) : zoomed(view, factor));
}

/** Show the query and its first neighbours, those that are marked, as large as they fit. */
function zoomToResult() {
  const { result, k } = store.get();
  if (result) fit([result.map, ...result.neighbours.slice(0, k)]);
}

function zoomTo(rows) {
  const { map: all } = store.get();
  if (all) fit([...rows].map((row) => ({ x: all.x[row], y: all.y[row] })));
}

function fit(places) {
  const { viewport } = store.get();
  if (!viewport || !places.length) return;
  const columns = { x: places.map(({ x }) => x), y: places.map(({ y }) => y) };
  keepView(homeView(columns, viewport, 0.2));
}

/** Search with another survey's image; what it finds is above the place of the button. */
async function searchSurvey({ name }) {
  await session.askSurvey(name);
  if (!store.get().error) byId("source").scrollIntoView();
}

function openAbout(section) {
  byId("about").showModal();
  if (section) byId(section).scrollIntoView();
}

async function copy({ text }) {
  const copied = await copyText(text);
  status.toast(copied ? "Copied." : `The browser did not allow copying. By hand: ${text}`);
}
