/**
 * Sources side by side, in one table of pictures and columns: the one that is open, and those that
 * were marked to compare. All pictures show the same field in the style of the bar.
 * It never makes a number: what it shows is the server's.
 *
 * Emits explorer:compare {id}, explorer:comparing {open}, explorer:source {id}.
 */

import { withAdded } from "../core/added_columns.js";
import { formatDissimilarity, formatExtent, formatLabel, formatPercentile, formatSeparation, formatSimilarity, formatValue } from "../core/format.js";
import { byId, el, emit, fill } from "../core/html.js";
import { createLruCache } from "../core/lru_cache.js";
import { columnFromName, columnNames, flagWords, imageOriginWords, isModel, titleOf } from "../core/words.js";
import { smallPicture } from "./picture.js";

const KEPT = 500;
const SIDE_PX = 168;
const extent = (each) => [formatExtent(each.angular_extent_arcsec, each.extent_flag), flagWords(each.extent_flag)].filter(Boolean).join(", ");
/** Of every source. */
const PLAIN = {
  "RA, Dec (ICRS)": (each) => each.position || "unknown",
  "Angular extent": extent,
  "Novelty percentile": (each) => formatPercentile(each.novelty_percentile, 1),
  Image: (each) => [each.survey, imageOriginWords(each.image_origin)].filter(Boolean).join(", "),
};
/** Of a source as seen from the one that is open. */
const RELATIVE = {
  S: ({ similarity }) => formatSimilarity(similarity),
  "1 − S": ({ dissimilarity }) => formatDissimilarity(dissimilarity),
  Percentile: ({ percentile }) => formatPercentile(percentile),
  "Separation on the sky": ({ separation_arcsec: arcsec }) => (arcsec === null ? "unknown" : formatSeparation(arcsec)),
};

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta @param {any} api */
export function createCompare(root, meta, api) {
  /** What was asked of the server, by id: a source, or the sentence that says why there is none. */
  const sources = createLruCache(KEPT);
  /** S to the source that is open, by id. @type {{key: string, by: Record<string, any>}} */
  let likeness = { key: "", by: {} };
  let now = null;

  function draw(state) {
    now = state;
    const { compared, comparing } = state;
    const opener = byId("compare-open");
    opener.hidden = !compared.length;
    opener.setAttribute("aria-expanded", String(comparing));
    fill(opener, `Compare ${compared.length}`);
    root.hidden = !comparing;
    if (root.hidden) return fill(root);
    const open = openOne(state);
    const columns = [...(open ? [open] : []), ...compared.filter((id) => id !== open?.source_id).map((id) => sources.get(id) ?? { source_id: id, waiting: true })];
    fill(root, head(columns.length), columns.length > 0 && table(columns, open, state));
    load(state);
  }

  const redraw = () => now.comparing && draw(now);

  async function load(state) {
    const missing = state.compared.filter((id) => !sources.has(id));
    if (missing.length) {
      await Promise.all(missing.map(loadOne));
      return redraw();
    }
    await compareWithOpen(state);
  }

  async function loadOne(id) {
    try {
      sources.put(id, await api.source(id));
    } catch (error) {
      sources.put(id, { source_id: id, failure: error.message });
    }
  }

  /** S of exactly these, whatever their rank. */
  async function compareWithOpen({ query, result, compared }) {
    const others = compared.map((id) => sources.get(id)).filter((each) => each.row !== undefined && each.source_id !== result?.query.source_id);
    if (!query || query.kind === "examples" || !others.length) return;
    const key = JSON.stringify([query, others.map(({ source_id: id }) => id)]);
    if (likeness.key === key) return;
    likeness = { key, by: {} };
    const found = await api.similarities(query, others.map(({ row }) => row)).catch(() => []); // the rest stays without them
    if (likeness.key !== key) return;
    likeness.by = Object.fromEntries(found.map((each) => [each.source_id, each]));
    redraw();
  }

  function openOne({ query, result }) {
    if (!result || result.examples) return null;
    const { image_url: cutout_url } = result.query;
    return { ...result.query, cutout_url, novelty_percentile: result.novelty_percentile, title: titleOf(result.query, query), open: true };
  }

  function head(count) {
    const words = count < 2 ? "Compare: mark a source with C, or the two squares on its card" : `${count} sources side by side`;
    return el(
      "header",
      { class: "table-head" },
      el("h2", {}, words),
      el("span", { class: "head-ways" }, button("Remove all", () => emit(root, "explorer:compare", { id: null })), button("Close", () => emit(root, "explorer:comparing", { open: false }))),
    );
  }

  function table(sources, open, { style, columns: known }) {
    const columns = sources.map((each) => withAdded(each, known));
    const names = columnNames(columns);
    const described = names.map((name) => known.find((each) => each.name === name) ?? columnFromName(name));
    const named = open && columns.length > 1;
    const own = (name) => (each) => (each.columns?.[name] === null || each.columns?.[name] === undefined ? "" : formatValue(each.columns[name]));
    const rows = [
      ...(named ? Object.entries(RELATIVE).map(([words, write]) => row(words, columns, (each) => (each.open ? "—" : written(write, likeness.by[each.source_id])))) : []),
      ...Object.entries(PLAIN).map(([words, write]) => row(words, columns, (each) => (each.waiting || each.failure ? "" : write(each)))),
      ...described.map((column, i) => row(formatLabel(column), columns, own(names[i]))),
    ];
    const corner = named ? el("td", { class: "hint" }, `S and separation: from ${open.title}`) : el("td", {});
    return el(
      "div",
      { class: "scroller", tabindex: 0, role: "region", "aria-label": "Sources side by side" },
      el("table", { class: "rows compare" }, el("thead", {}, el("tr", {}, corner, columns.map((each) => top(each, style)))), el("tbody", {}, rows)),
    );
  }

  const written = (write, value) => (value ? write(value) : "…");

  /** A row in which all say the same steps back. */
  function row(words, columns, write) {
    const cells = columns.map(write);
    const same = cells.length > 1 && new Set(cells).size === 1;
    return el("tr", { class: same && "same" }, el("th", { scope: "row" }, words), cells.map((text) => el("td", {}, text)));
  }

  function top(each, style) {
    const { source_id: id, failure, waiting } = each;
    const title = each.title ?? (waiting || failure ? id : titleOf(each));
    const picture = { url: each.cutout_url, alt: `Radio image of ${title}`, isModel: isModel(each) };
    const open = (event) => {
      event.preventDefault();
      emit(root, "explorer:source", { id });
    };
    return el(
      "th",
      { scope: "col", "data-source-id": id },
      failure ? el("p", { class: "error" }, failure) : waiting ? el("div", { class: "picture small skeleton" }) : smallPicture(picture, meta.image, { ...style, size: SIDE_PX }),
      each.open ? el("span", {}, title) : el("a", { href: `?${new URLSearchParams({ source: id })}`, onclick: open }, title),
      each.open ? el("span", { class: "hint" }, "open now") : button("Remove", () => emit(root, "explorer:compare", { id }), `Remove ${title}`),
    );
  }

  return { needs: ["comparing", "compared", "result", "style", "columns"], draw };
}

const button = (words, onclick, about = words) => el("button", { type: "button", class: "link", "aria-label": about, onclick }, words);
