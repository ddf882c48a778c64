/**
 * Taking the view away: tables, figures, caption, Python. Every one is the server's address, so that
 * a script gets the same. It never makes up a file.
 *
 * Emits explorer:download {format}, explorer:sheet {format}, explorer:caption, explorer:python,
 * explorer:send {url}.
 */

import { addedColumn } from "../core/added_columns.js";
import { hasLogarithm } from "../core/colour.js";
import { conditionPairs } from "../core/conditions.js";
import { downloadLinks, shownOptions } from "../core/downloads.js";
import { examplesBody } from "../core/examples.js";
import { el, emit } from "../core/html.js";
import { bytesOf } from "../core/own_picture.js";
import { styleParams } from "../core/picture_style.js";

/** Of a contact sheet. */
const MOST_PANELS = 60;
const FIGURES = ["png", "svg", "pdf"];
/** As core/colour.js colours the map of the page. */
const PAGE_COLOURS = `viridis`;

/** Behind one button. */
export function takeAwayMenu(state, meta) {
  const { query } = state;
  const held = isHeld(query);
  const tables = held ? downloadLinks(query, shownOptions(state), meta.formats).map(link) : meta.formats.map(sentAgain);
  const sheets = FIGURES.map((format) => (held ? figure("contact-sheet", format, state, meta) : sheetSentAgain(format)));
  return el(
    "details",
    { class: "menu", id: "take-away" },
    el("summary", {}, "Take away"),
    el(
      "div",
      { class: "popover list" },
      group("The neighbours as a table", tables),
      group("Pictures side by side, as a figure", sheets),
      group(mapWords(state), FIGURES.map((format) => figure("map", format, state, meta))),
      act("take-caption", "explorer:caption", "Caption and BibTeX"),
      query.kind === "image" ? el("p", { class: "hint" }, "Python for an image of your own: POST it to /api/query/image.") : act("take-python", "explorer:python", "Python for this view"),
      held && act("take-samp", "explorer:send", "Send to TOPCAT, Aladin or DS9 (SAMP)"),
    ),
  );
}

/** The server draws it, and does not know what was added. */
function mapWords(state) {
  const added = addedColumn(state, state.colour);
  return `The map as a figure${added ? `, in its usual colours: “${added.label}” is not in the bundle` : ""}`;
}

/** Whether an address says all of a query: an image of one's own and examples are sent instead. */
const isHeld = ({ kind }) => kind !== "image" && kind !== "examples";

const act = (id, event, words) => el("button", { type: "button", class: "link", id, onclick: ({ target }) => emit(target, event) }, words);

const group = (words, links) => el("p", {}, el("span", { class: "hint" }, words), el("span", { class: "links" }, links));

const link = ({ name: format, label, url }) =>
  el("a", { id: `download-${format}`, href: url, download: true, title: `Download as ${label}` }, label);

/** What no address holds is sent once more, and the file comes back. */
function sentAgain({ name: format, label }) {
  const onclick = ({ currentTarget }) => emit(currentTarget, "explorer:download", { format });
  const named = { id: `download-${format}`, "data-format": format, title: `Download as ${label}` };
  return el("button", { type: "button", class: "link", ...named, onclick }, label);
}

function sheetSentAgain(format) {
  const onclick = ({ currentTarget }) => emit(currentTarget, "explorer:sheet", { format });
  return el("button", { type: "button", class: "link", id: `contact-sheet-${format}`, onclick }, format.toUpperCase());
}

function figure(what, format, state, meta) {
  return el("a", { id: `${what}-${format}`, href: figureUrl(what, state, meta, { format }), download: true }, format.toUpperCase());
}

/**
 * What is asked for a figure, its caption, or Python for it, and what is sent with it.
 * @param {string} what @param {import("../core/state.js").State} state
 * @returns {[string, object]}
 */
export function figureRequest(what, state, meta, /** @type {Record<string, string>} */ more = {}) {
  const { query, result } = state;
  const url = figureUrl(what, state, meta, more);
  if (!query || !result || [what, more.figure].includes("map")) return [url, {}];
  if (query.kind === "image") return [url, { method: "POST", body: bytesOf(result.query.image_url), type: "image/png" }];
  if (query.kind === "examples") return [url, { method: "POST", body: examplesBody(query.examples), type: "application/json" }];
  return [url, {}];
}

/** The address of a figure, its caption, or Python for it. */
export function figureUrl(what, state, meta, /** @type {Record<string, string>} */ more = {}) {
  const { query, hideDuplicates, duplicatesArcsec, conditions, style, colour, layout, viewport, colourRange, logColours } = state;
  const sheet = what === "contact-sheet" || what === "caption";
  const shown = shownOptions(state).k;
  const k = [what, more.figure].includes("contact-sheet") ? Math.min(MOST_PANELS, shown) : shown;
  const params = new URLSearchParams(subject(query));
  const ofMap = [what, more.figure].includes("map");
  if (ofMap && !isHeld(query)) params.set("rows", state.result.neighbours.map(({ row }) => row).join(","));
  params.set("k", String(k));
  params.set("hide_duplicates", String(hideDuplicates));
  params.set("duplicates_arcsec", String(duplicatesArcsec));
  for (const [name, value] of conditionPairs(conditions)) params.append(name, value);
  if (sheet) {
    for (const [name, value] of styleParams({ ...style, furniture: false }, meta.image)) if (name !== "zoom") params.set(name, value);
    params.set("contours", "true");
  }
  if (what === "map") {
    const added = addedColumn(state, colour);
    if (!added) params.set("colour", colour);
    params.set("map_colours", PAGE_COLOURS);
    params.set("layout", layout);
    if (!added && logColours && hasLogarithm(meta.columns.find(({ name }) => name === colour) ?? {})) params.set("colour_log", "true");
    if (!added && colourRange) for (const end of ["low", "high"]) params.set(`colour_${end}`, String(colourRange[end]));
    if (viewport) for (const axis of ["x", "y"]) ["min", "max"].forEach((end, i) => params.set(`${axis}_${end}`, viewport[axis][i].toPrecision(6)));
  }
  for (const [name, value] of Object.entries(more)) params.set(name, value);
  if (!ofMap && !isHeld(query)) params.delete("figure"); // what is sent has one figure
  const of = query.kind === "examples" && !ofMap ? "examples/" : "";
  return `/api/figures/${of}${what}?${params}`;
}

/** @returns {Record<string, string>} */
function subject(query) {
  if (!isHeld(query)) return {};
  if (query.kind === "source") return { source_id: query.id };
  /** @type {Record<string, string>} */
  const survey = query.survey ? { survey: query.survey } : {};
  return query.kind === "position" ? { position: query.text, ...survey } : { ra: query.ra, dec: query.dec, ...survey };
}
