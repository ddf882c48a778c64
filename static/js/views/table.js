/**
 * The table below the map: the neighbours with every column, or the selection's sources.
 * It never makes a number: what it shows is the server's.
 *
 * Emits explorer:source {id}, explorer:highlight {row}.
 */

import { withAdded } from "../core/added_columns.js";
import { formatCount, formatDissimilarity, formatExtent, formatLabel, formatPercentile, formatSeparation, formatSimilarity, formatValue } from "../core/format.js";
import { el, emit, every, fill } from "../core/html.js";
import { activeOf } from "../core/row_sets.js";
import { titleOfSelection } from "../core/selections.js";
import { columnFromName, columnNames, titleOf } from "../core/words.js";

const NAME = "Name or position";
const extent = (each) => formatExtent(each.angular_extent_arcsec, each.extent_flag);
const PLAIN = { [NAME]: null, Extent: extent, "Novelty percentile": (each) => formatPercentile(each.novelty_percentile, 1) };
const RANKED = {
  Rank: (each) => each.rank,
  [NAME]: null,
  S: (each) => formatSimilarity(each.similarity),
  "1 − S": (each) => formatDissimilarity(each.dissimilarity),
  Percentile: (each) => formatPercentile(each.percentile),
  Extent: extent,
  Separation: (each) => formatSeparation(each.separation_arcsec),
};
/** S is to the wanted example that a hit is most like. */
const { Rank, [NAME]: _, ...OTHERS } = RANKED;
const SCORED = { Rank, [NAME]: null, Score: (each) => formatSimilarity(each.score), ...OTHERS, "S is to": (each) => each.similar_to };

const MOST_ROWS = 200;

/** @param {HTMLElement} root @param {any} api */
export function createTable(root, api) {
  /** @type {any} The sources of a selection, once they have come. */
  let listed = { rows: null, sources: [] };

  function draw(state) {
    const { table, result, query, subject, columns } = state;
    root.hidden = !table;
    document.getElementById("table-open")?.setAttribute("aria-expanded", String(table));
    if (!table) return fill(root);
    const active = subject === "selection" ? activeOf(state) : null;
    if (active) return selection(active, columns);
    const title = result ? `Neighbours of ${titleOf(result.query, query)}` : "No source is open: click one on the map.";
    fill(root, head(title), result && rows(result.neighbours, result.examples ? SCORED : RANKED, columns));
  }

  async function selection(active, columns) {
    const { rows: picked } = active;
    const shown = Math.min(picked.count, MOST_ROWS);
    const which = picked.count > MOST_ROWS ? `the first ${MOST_ROWS} of ${formatCount(picked.count)} sources; downloads hold all` : `${formatCount(picked.count)} sources`;
    if (listed.rows !== picked) {
      listed = { rows: picked, sources: [] };
      try {
        const sources = await api.sources([...picked.indices.subarray(0, shown)]);
        if (listed.rows !== picked) return;
        listed.sources = sources;
      } catch (error) {
        return fill(root, head(error.message));
      }
    }
    fill(root, head(`${titleOfSelection(active)}: ${which}`), rows(listed.sources, PLAIN, columns));
  }

  function head(title) {
    const close = el("button", { type: "button", class: "link", onclick: () => emit(root, "explorer:table", { open: false }) }, "Close");
    return el("header", { class: "table-head" }, el("h2", {}, title), close);
  }

  /** `ours`: our own columns, by their heads. */
  function rows(found, ours, columns) {
    const sources = found.map((each) => withAdded(each, columns));
    const own = columnNames(sources);
    const described = own.map((name) => columns.find((column) => column.name === name) ?? columnFromName(name));
    /** @type {[string, boolean][]} Whether the column holds numbers. */
    const heads = [...Object.keys(ours).map((words) => /** @type {[string, boolean]} */ ([words, words !== NAME])), ...described.map((column) => /** @type {[string, boolean]} */ ([formatLabel(column), false]))];
    return el(
      "table",
      { class: "rows" },
      el("thead", {}, el("tr", {}, heads.map(([words, number]) => el("th", { class: number && "number", scope: "col" }, words)))),
      el("tbody", {}, sources.map((each) => row(each, own, described, ours))),
    );
  }

  function row(each, own, described, ours) {
    const { source_id: id, row: number } = each;
    const open = (event) => {
      event.preventDefault();
      emit(root, "explorer:source", { id });
    };
    const point = (value) => () => emit(root, "explorer:highlight", { row: value });
    const link = () => el("td", {}, el("a", { href: `?${new URLSearchParams({ source: id })}`, onclick: open }, titleOf(each)));
    return el(
      "tr",
      { "data-row": number, onmouseenter: point(number), onmouseleave: point(null) },
      Object.entries(ours).map(([words, write]) => (words === NAME ? link() : el("td", { class: "number" }, write(each)))),
      own.map((name, i) => el("td", { class: typeof each.columns[name] === "number" && "number" }, each.columns[name] === null ? "" : formatValue(each.columns[name], described[i].unit && null))),
    );
  }

  function light({ hoverRow, cursorRow }) {
    for (const each of every(root, "tr[data-row]")) each.classList.toggle("lit", Number(each.dataset.row) === (hoverRow ?? cursorRow));
  }

  return [
    { needs: ["table", "result", "subject", "active", "selections", "columns"], draw },
    { needs: ["hoverRow", "cursorRow", "table"], draw: light },
  ];
}
