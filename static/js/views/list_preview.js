/**
 * How a list is understood before it is searched: which columns, units and frame, the first rows;
 * each can be chosen otherwise. It never asks the server.
 *
 * Emits explorer:list-columns.
 */

import { formatCount } from "../core/format.js";
import { el, emit, fill } from "../core/html.js";

const ROWS = 5;
const UNSAID = "as understood";
/** What the server takes, in its words. */
const UNITS = { ra_unit: ["deg", "hour"], dec_unit: ["deg"] };
const FRAMES = ["icrs", "fk5", "fk4", "galactic"];

/** @param {HTMLElement} root */
export function createListPreview(root) {
  /** @type {Record<string, string>} */
  let chosen = {};

  function show(report) {
    root.hidden = !report;
    if (!report) return fill(root);
    fill(root, ...summary(report), report.kind === "table" && choices(report), table(report), notes(report));
  }

  const fail = (sentence) => {
    root.hidden = false;
    fill(root, el("p", { class: "error", role: "alert" }, sentence));
  };

  function summary({ form, n_listed: listed, n_usable: usable, n_to_look_up: names, n_rejected: rejected, problem, understood, columns }) {
    const parts = [counted(usable, "position"), names && `${counted(names, "name")} to look up`, rejected && `${formatCount(rejected)} without a position`];
    return [
      el("p", {}, el("b", {}, "Understood as "), `${form}: ${listed === 1 ? "1 entry" : `${formatCount(listed)} entries`}, ${parts.filter(Boolean).join(", ")}.`),
      understood && el("p", { class: "section-sub" }, sentence(understood)),
      problem && el("p", { class: "error" }, problem, columns.length > 0 && " Choose the columns here:"),
    ];
  }

  function choices({ columns, understood }) {
    const names = columns.map(({ name }) => name);
    const found = understood ?? {};
    return el(
      "div",
      { class: "choices" },
      choice("Right ascension", "ra_column", names, found.ra_column),
      choice("Unit of RA", "ra_unit", UNITS.ra_unit, found.ra_unit),
      choice("Declination", "dec_column", names, found.dec_column),
      choice("One column for both", "position_column", names, found.position_column),
      choice("Name", "name_column", names, found.name_column),
      choice("Frame", "frame", FRAMES, found.frame),
    );
  }

  function choice(words, key, options, found) {
    const usual = found ? `${found} (${UNSAID})` : UNSAID;
    const items = [["", usual], ...options.map((name) => [name, name])];
    const onchange = ({ target }) => {
      const { [key]: _, ...others } = chosen;
      chosen = target.value ? { ...others, [key]: target.value } : others;
      emit(root, "explorer:list-columns");
    };
    const select = el("select", { id: `list-${key.replace("_", "-")}`, onchange }, items.map(([value, label]) => el("option", { value, selected: value === (chosen[key] ?? "") }, label)));
    return el("label", {}, words, select);
  }

  function table({ kind, columns, rows, understood }) {
    const used = new Set(understood ? [understood.ra_column, understood.dec_column, understood.position_column, understood.name_column, ...understood.split_columns] : []);
    const heads = kind === "table" ? columns.map(({ name, unit }) => el("th", { class: used.has(name) && "used", scope: "col" }, name, unit && ` (${unit})`)) : [el("th", { scope: "col" }, "Line")];
    return el(
      "div",
      { class: "scroller", tabindex: 0, role: "region", "aria-label": "The first rows" },
      el(
        "table",
        { class: "rows" },
        el("thead", {}, el("tr", {}, el("th", { class: "used", scope: "col" }, "Read as"), heads)),
        el("tbody", {}, rows.slice(0, ROWS).flatMap(entry)),
      ),
    );
  }

  /** A row that cannot be used has its reason below it, whole, across all columns. */
  function entry(row) {
    const { reason, cells } = row;
    const read = el("tr", { class: reason && "rejected" }, el("td", { class: reason ? "error" : "used" }, readAs(row)), cells.map((cell) => el("td", {}, cell)));
    return reason ? [read, el("tr", { class: "reason" }, el("td", { class: "error", colspan: cells.length + 1 }, el("span", {}, reason)))] : [read];
  }

  const notes = ({ notes: said }) => said.length > 0 && el("ul", { class: "notes" }, said.map((note) => el("li", {}, note)));

  /** Another list: nothing of what was chosen for the last one holds. */
  const forget = () => (chosen = {});
  return { show, fail, forget, chosen: () => chosen };
}

const counted = (n, word) => `${formatCount(n)} ${word}${n === 1 ? "" : "s"}`;

const readAs = ({ position, reason, to_look_up: lookUp, name }) => (reason ? "not usable" : position || (lookUp ? `look up ${name}` : "no position"));

function sentence({ ra_column: ra, dec_column: dec, position_column: position, split_columns: split, ra_unit: unit, frame, how }) {
  const columns = position || (split.length ? split.join(" ") : `${ra}, ${dec}`);
  return `Positions: ${columns} (${how}), ${unit}, ${frame}.`;
}
