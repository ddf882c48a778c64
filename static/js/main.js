/**
 * The root: makes the store and the views, and connects what views say with what the page does.
 * It never draws a number and never asks the server itself.
 */

import { byId, every, listen } from "./core/html.js";
import { createSession } from "./core/actions.js";
import { createAddress, readAddress } from "./core/address.js";
import { createApi } from "./core/api.js";
import { copyText, createDownloads } from "./core/downloads.js";
import { createImages } from "./core/image_query.js";
import { initialState } from "./core/state.js";
import { createStore } from "./core/store.js";
import { createMap } from "./map/engine.js";
import { homeView, isInside, viewOf, zoomed } from "./core/geometry.js";
import { createLegend } from "./map/legend.js";
import { createMarks } from "./map/marks.js";
import { createKeys } from "./map/tools.js";
import { createDrop, createImageForm } from "./views/image_form.js";
import { createNeighbours } from "./views/neighbours.js";
import { createSearch } from "./views/search.js";
import { createSource } from "./views/source.js";
import { createReveal, createStatus } from "./views/status.js";
import { createSurveyImages, createSurveys, NO_SURVEYS } from "./views/surveys.js";
import { createTheme, themeNow } from "./views/theme.js";
import { createTooltip } from "./views/tooltip.js";

const ZOOM_STEP = 1.6;
/** What the server knows, as /api/meta gives it. @type {import("./core/state.js").Meta} */
const meta = JSON.parse(byId("meta").textContent);
const defaults = {
  k: meta.limits.k_default,
  kMax: meta.limits.k_max,
  colour: meta.default_column,
  colours: meta.columns.map(({ name }) => name),
  layouts: meta.layouts.map(({ name }) => name),
  duplicatesArcsec: meta.limits.duplicates_arcsec_default,
};
const address = createAddress(window);
const store = createStore(
  initialState(readAddress(address.read(), defaults), {
    surveys: NO_SURVEYS,
    theme: themeNow(),
    pictureColours: meta.image.colours[0],
  }),
);
const api = createApi();
const session = createSession({ store, api, meta, defaults, address });
const images = createImages({ store, ask: session.ask, clear: session.clear });
const surveyImages = createSurveyImages({ store, api, meta });
const downloads = createDownloads({ store, api });
const map = createMap(byId("map"));
const status = createStatus();
const arrive = createReveal(store);

connectViews();
connectEvents();
connectPage();
start();

function connectViews() {
  const marks = createMarks(byId("marks"));
  const tooltip = createTooltip(byId("tooltip"), meta);
  const legend = createLegend(byId("legend"), meta);
  const search = createSearch(byId("search"), meta);
  const imageForm = createImageForm(byId("image-form"), meta);
  const source = createSource(byId("source"), meta);
  const surveys = createSurveys(byId("surveys"), meta);
  const neighbours = createNeighbours(byId("neighbours"), meta, defaults);
  createKeys(byId("map"), store.get);
  createDrop(document.documentElement, byId("drop-target"), meta);
  const views = [marks, tooltip, legend, search, imageForm, surveys, source, ...neighbours, status];
  for (const view of views) store.show(view);
  store.subscribe(["result"], surveyImages.follow);
  store.subscribe(["result"], status.announce);
  store.subscribe(["hoverSource"], status.announceCursor);
  store.subscribe(map.needs, drawMap);
  store.show({ needs: ["layout"], draw: showLayout });
  store.subscribe(["result"], ({ result }) => result && byId("details").scrollTo({ top: 0 }));
}

/** The choice of the map, and the words below it that are true of that map. */
function showLayout({ layout }) {
  if (!byId("layout")) return;
  byId("layout").value = layout;
  for (const note of every(document, "[data-layout]")) {
    note.hidden = note.dataset.layout !== layout;
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
  on("layers", ({ layers }) => store.set({ layers }));
  on("hover", ({ row }) => session.hover({ hoverRow: row }));
  on("leave", () => session.hover({ hoverRow: null }));
  on("cursor", ({ row }) => session.hover({ cursorRow: row }));
  on("select", ({ row }) => arrive(session.selectRow(row)));
  on("source", ({ id }) => arrive(session.ask({ kind: "source", id })));
  on("find", ({ text }) => session.ask({ kind: "position", text }));
  on("image", ({ file }) => images.choose(file));
  on("image-search", images.search);
  on("image-remove", images.remove);
  on("surveys", ({ open }) => (open ? surveyImages.open() : surveyImages.close()));
  on("survey-retry", ({ name }) => surveyImages.retry(name));
  on("survey-search", searchSurvey);
  on("download", ({ format }) => downloads.take(format));
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
  listen(`explorer:${name}`, listener);
}

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
  onClick("to-details", goToDetails);
  onClick("random", () => arrive(session.selectRow(Math.floor(Math.random() * meta.n))));
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
