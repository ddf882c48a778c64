/**
 * Taking the view away: tables, figures, caption, Python. Every one is the server's address, so that
 * a script gets the same. It never makes up a file.
 *
 * Emits explorer:download {format}, explorer:sheet {format}, explorer:caption, explorer:python,
 * explorer:send {url}.
 */

import { addedColumn } from "../core/added_columns.js";
import { downloadLinks, shownOptions } from "../core/downloads.js";
import { figureUrl, isHeld } from "../core/figures.js";
import { el, emit } from "../core/html.js";

const FIGURES = ["png", "svg", "pdf"];

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
