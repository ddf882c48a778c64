/**
 * The table below the map: the neighbours with every column, or the selection's sources.
 * It never asks for anything.
 *
 * Emits explorer:source {id}, explorer:highlight {row}.
 */

import { formatDissimilarity, formatExtent, formatLabel, formatPercentile, formatSeparation, formatSimilarity, formatValue } from "../core/format.js";
import { el, emit, every, fill } from "../core/html.js";
import { columnFromName, titleOf } from "../core/words.js";

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
export function createTable(root, meta) {
  function draw({ table, result, query }) {
    root.hidden = !table;
    document.getElementById("table-open")?.setAttribute("aria-expanded", String(table));
    if (!table) return fill(root);
    const close = el("button", { type: "button", class: "link", onclick: () => emit(root, "explorer:table", { open: false }) }, "Close");
    const title = result ? `Neighbours of ${titleOf(result.query, query)}` : "No source is open: click one on the map.";
    fill(root, el("header", { class: "table-head" }, el("h2", {}, title), close), result && rows(result.neighbours));
  }

  function rows(neighbours) {
    const known = ({ columns }) => Object.keys(columns).filter((name) => columns[name] !== null && columns[name] !== "");
    const own = [...new Set(neighbours.flatMap(known))];
    const described = own.map((name) => meta.columns.find((column) => column.name === name) ?? columnFromName(name));
    const heads = ["", "Name or position", "S", "1 − S", "Percentile", "Extent", "Separation", ...described.map(formatLabel)];
    return el(
      "table",
      { class: "rows" },
      el("thead", {}, el("tr", {}, heads.map((words, i) => el("th", { class: [0, 2, 3, 4, 5, 6].includes(i) && "number", scope: "col" }, words || el("span", { class: "visually-hidden" }, "Rank"))))),
      el("tbody", {}, neighbours.map((each) => row(each, own, described))),
    );
  }

  function row(each, own, described) {
    const { source_id: id, row: number } = each;
    const open = (event) => {
      event.preventDefault();
      emit(root, "explorer:source", { id });
    };
    const point = (value) => () => emit(root, "explorer:highlight", { row: value });
    const numbers = [
      formatSimilarity(each.similarity), formatDissimilarity(each.dissimilarity), formatPercentile(each.percentile),
      formatExtent(each.angular_extent_arcsec, each.extent_flag), formatSeparation(each.separation_arcsec),
    ];
    return el(
      "tr",
      { "data-row": number, onmouseenter: point(number), onmouseleave: point(null) },
      el("td", { class: "number" }, each.rank),
      el("td", {}, el("a", { href: `?${new URLSearchParams({ source: id })}`, onclick: open }, titleOf(each))),
      numbers.map((words) => el("td", { class: "number" }, words)),
      own.map((name, i) => el("td", { class: typeof each.columns[name] === "number" && "number" }, each.columns[name] === null ? "" : formatValue(each.columns[name], described[i].unit && null))),
    );
  }

  function light({ hoverRow, cursorRow }) {
    for (const each of every(root, "tr[data-row]")) each.classList.toggle("lit", Number(each.dataset.row) === (hoverRow ?? cursorRow));
  }

  return [
    { needs: ["table", "result"], draw },
    { needs: ["hoverRow", "cursorRow", "table"], draw: light },
  ];
}
