/**
 * The root: makes the store and the views, and connects what views say with what the page does.
 * It never draws a number and never asks the server itself.
 */

import { createApi } from "./api.js";
import { copyText } from "./download.js";
import { homeView, isInside, viewOf, zoomed } from "./geometry.js";
import { createKeys } from "./keys.js";
import { createLegend } from "./legend.js";
import { createMap } from "./map.js";
import { createMarks } from "./marks.js";
import { createNeighbours } from "./neighbours.js";
import { createSearch } from "./search.js";
import { createSession } from "./session.js";
import { createSource } from "./source.js";
import { createStatus } from "./status.js";
import { createStore } from "./store.js";
import { createTheme, themeNow } from "./theme.js";
import { createTooltip } from "./tooltip.js";
import { readAddress } from "./url.js";

const ZOOM_STEP = 1.6;
const byId = (id) => document.getElementById(id);
const meta = JSON.parse(byId("meta").textContent);
const defaults = {
  k: meta.limits.k_default,
  kMax: meta.limits.k_max,
  colour: meta.default_column,
  colours: meta.columns.map(({ name }) => name),
  duplicatesArcsec: meta.limits.duplicates_arcsec_default,
  surveySeconds: meta.limits.survey_deadline_s,
};
const address = {
  read: () => location.search,
  push: (search) => {
    if (search !== location.search) history.pushState(null, "", search || location.pathname);
  },
  replace: (search) => history.replaceState(null, "", search || location.pathname),
};
const store = createStore({
  ...readAddress(address.read(), defaults),
  query: null, // what `result` answers; the address is followed in start()
  result: null,
  target: null, // place of the query on the map, known before its neighbours are
  pending: null,
  error: null, // {parameter, detail}: beside which control, in which words
  map: null,
  column: null,
  colouring: null,
  colourError: null,
  mapError: null,
  drawn: false,
  viewport: null, // the axes as they are now; `view` is where they came to rest, null for all
  hoverRow: null,
  cursorRow: null,
  hoverSource: null,
  highlightRow: null,
  pictureColours: "inferno",
  theme: themeNow(),
});
const session = createSession({ store, api: createApi(), meta, defaults, address });
const map = createMap(byId("map"));
const status = createStatus(document);

connectViews();
connectEvents();
connectPage();
start();

function connectViews() {
  const marks = createMarks(byId("marks"));
  const tooltip = createTooltip(byId("tooltip"), meta);
  const legend = createLegend(byId("legend"), meta);
  const search = createSearch(byId("search-form"), defaults);
  const source = createSource(byId("source"), meta);
  const neighbours = createNeighbours(byId("neighbours"), meta, defaults);
  createKeys(byId("map"), store.get);
  show(["result", "target", "viewport", "highlightRow", "cursorRow"], marks.draw);
  show(["hoverRow", "cursorRow", "hoverSource", "viewport"], tooltip.draw);
  show(["colouring"], legend.draw);
  show(
    ["query", "pending", "error", "k", "hideDuplicates", "duplicatesArcsec"],
    search.draw,
  );
  show(["result", "pictureColours"], source.draw);
  show(["result", "pending"], neighbours.draw);
  show(["hoverRow", "cursorRow", "result"], neighbours.light);
  show(
    ["drawn", "result", "pending", "error", "mapError", "colourError", "colour", "target"],
    status.draw,
  );
  store.subscribe(["result"], status.announce);
  store.subscribe(["hoverSource"], status.announceCursor);
  store.subscribe(["map", "colouring", "view"], drawMap);
  store.subscribe(["result"], ({ result }) => result && byId("details").scrollTo({ top: 0 }));
}

function show(keys, draw) {
  store.subscribe(keys, draw);
  draw(store.get());
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
  on("hover", ({ row }) => session.hover({ hoverRow: row }));
  on("leave", () => session.hover({ hoverRow: null }));
  on("cursor", ({ row }) => session.hover({ cursorRow: row }));
  on("select", ({ row }) => session.selectRow(row));
  on("source", ({ id }) => session.ask({ kind: "source", id }));
  on("find", ({ text }) => session.ask({ kind: "position", text }));
  on("options", session.setOptions);
  on("invalid", (error) => store.set({ error }));
  on("cancel", session.cancel);
  on("clear", () => session.clear());
  on("highlight", ({ row }) => store.set({ highlightRow: row }));
  on("colours", ({ colours }) => store.set({ pictureColours: colours }));
  on("viewport", (viewport) => store.set({ viewport }));
  on("view", ({ view }) => keepView(view));
  on("zoom", ({ factor }) => zoom(factor));
  on("home", () => keepView(null));
  on("copy", copy);
  on("about", ({ section }) => openAbout(section));
  on("graphics-lost", () => store.set({ mapError: "The browser lost its graphics context." }));
}

function on(name, listener) {
  document.addEventListener(`explorer:${name}`, ({ detail }) => listener(detail));
}

function connectPage() {
  createTheme(byId("theme"), (theme) => {
    store.set({ theme });
    session.recolour();
  });
  byId("colour").addEventListener("change", ({ target }) => session.colour(target.value));
  onClick("zoom-in", () => zoom(1 / ZOOM_STEP));
  onClick("zoom-out", () => zoom(ZOOM_STEP));
  onClick("zoom-result", zoomToResult);
  onClick("home", () => keepView(null));
  onClick("retry", () => start());
  onClick("source-retry", () => session.retry());
  onClick("to-details", goToDetails);
  onClick("random", () => session.selectRow(Math.floor(Math.random() * meta.n)));
  onClick("about-open", () => openAbout());
  onClick("about", ({ target }) => target.id === "about" && target.close());
  window.addEventListener("popstate", () => session.follow());
}

function onClick(id, listener) {
  byId(id).addEventListener("click", listener);
}

async function start() {
  store.set({ mapError: null });
  const answered = session.follow();
  try {
    await Promise.all([map.load(byId("map").dataset.plotlyUrl), session.loadMap()]);
    await drawMap(store.get());
    await answered;
    session.keepInSight();
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

/** Show the query and all its neighbours, as large as they fit. */
function zoomToResult() {
  const { result, viewport } = store.get();
  if (!result || !viewport) return;
  const places = [result.map, ...result.neighbours];
  const columns = { x: places.map(({ x }) => x), y: places.map(({ y }) => y) };
  keepView(homeView(columns, viewport, 0.2));
}

function goToDetails(event) {
  event.preventDefault();
  byId("source").scrollIntoView();
  byId("source").focus({ preventScroll: true });
}

function openAbout(section) {
  byId("about").showModal();
  if (section) byId(section).scrollIntoView();
}

async function copy({ text }) {
  const copied = await copyText(text);
  status.toast(copied ? "Copied." : `The browser did not allow copying. By hand: ${text}`);
}
