/**
 * The selections: in the rail their names, colours and counts; in the pane the one worked on.
 * It never selects anything itself.
 *
 * Emits explorer:activate {name | null}, explorer:rename {name, to}, explorer:drop {name},
 * explorer:sources-file {rows, format, name}, explorer:source {id}, explorer:zoom-rows {rows}, and
 * what marking.js emits.
 */

import { labelTableUrl } from "../core/api.js";
import { formatCount, formatDegrees, formatExtent } from "../core/format.js";
import { el, emit, fill } from "../core/html.js";
import { activeOf } from "../core/row_sets.js";
import { titleOfSelection } from "../core/selections.js";
import { isModel, titleOf } from "../core/words.js";
import { markButtons, markByKey, remark } from "./marking.js";
import { smallPicture } from "./picture.js";

const AT_ONCE = 48;
const MOST_NAMED = 100;

/** @param {HTMLElement} rail @param {HTMLElement} pane @param {{meta: import("../core/state.js").Meta, api: any}} parts */
export function createSelections(rail, pane, { meta, api }) {
  /** @type {any} */
  const shown = { rows: null, sources: [], asked: 0, failure: "" };

  function drawRail({ rail: open, selections, active }) {
    rail.hidden = open !== "selections";
    if (rail.hidden) return;
    fill(
      rail,
      el("h2", {}, "Selections"),
      el("p", { class: "hint" }, "Shift-drag on the map draws a lasso: a new selection. With Ctrl it adds to the one worked on, with Alt it takes away."),
      selections.map((each) => item(each, each.name === active)),
    );
  }

  function item({ name, colour, rows }, active) {
    return el(
      "section",
      { class: active ? "picked active" : "picked", "data-selection": name },
      el(
        "div",
        { class: "picked-head" },
        el("i", { class: "swatch", style: `background: ${colour}` }),
        el("input", { value: name, "aria-label": `Name of selection ${name}`, maxlength: 40, onchange: ({ target }) => emit(rail, "explorer:rename", { name, to: target.value }) }),
        el("span", {}, formatCount(rows.count)),
      ),
      el(
        "p",
        { class: "picked-actions" },
        button(active ? "Shown" : "Show", () => emit(rail, "explorer:activate", { name }), `${active ? "Shown" : "Show"}: ${name}`),
        button("Zoom to it", () => emit(rail, "explorer:zoom-rows", { rows: rows.indices }), `Zoom to ${name}`),
        button("Remove", () => emit(rail, "explorer:drop", { name }), `Remove ${name}`),
      ),
    );
  }

  function drawPane(state) {
    const active = activeOf(state);
    pane.hidden = state.subject !== "selection" || !active;
    if (!active || pane.hidden) return;
    if (shown.rows !== active.rows) {
      Object.assign(shown, { rows: active.rows, sources: [], failure: "" });
      more(active);
    }
    fill(pane, head(active), gallery(state, active));
  }

  function head(/** @type {import("../core/selections.js").Selection} */ { name, colour, rows, sample }) {
    const files = meta.formats.map(({ name: format, label }) =>
      sample
        ? el("a", { href: labelTableUrl(sample.sample.id, format), "data-format": format, download: true }, label)
        : el("button", { type: "button", class: "link", "data-format": format, onclick: () => emit(pane, "explorer:sources-file", { rows: rows.indices, format, name }) }, label),
    );
    return el(
      "header",
      { class: "section-head" },
      el("div", { class: "head-row" }, el("h2", { id: "selection-title" }, el("i", { class: "swatch", style: `background: ${colour}` }), titleOfSelection({ name, sample })), button("Close", () => emit(pane, "explorer:activate", { name: null }), "Close the selection")),
      el("p", { class: "section-sub" }, `${formatCount(rows.count)} of ${formatCount(rows.n)} sources, in the order of the catalogue.`),
      sample && sample.n_missing > 0 && missing(sample),
      el("p", { class: "ways" }, "Take away: ", ...files),
      shown.failure && el("p", { class: "error", role: "alert" }, shown.failure),
    );
  }

  /** Members that are of another bundle: they stay, and are named. */
  function missing({ n_missing: n, missing: gone }) {
    const words = `${formatCount(n)} more ${n === 1 ? "is" : "are"} not in this bundle`;
    const each = ({ source_id: id, name, ra_deg: ra, dec_deg: dec }) => el("li", {}, el("span", { class: "mono" }, id), ` ${name ? `${name}, ` : ""}${formatDegrees(ra, dec)}`);
    const left = n - MOST_NAMED;
    return el(
      "details",
      { id: "sample-missing", class: "notes" },
      el("summary", {}, words),
      el("p", {}, `Of bundle ${[...new Set(gone.map(({ bundle }) => bundle))].join(", ")}:`),
      el("ul", {}, gone.slice(0, MOST_NAMED).map(each), left > 0 && el("li", {}, `and ${formatCount(left)} more, which the tables to take away name.`)),
    );
  }

  function gallery(state, active) {
    const { style } = state;
    const itemFor = (source) => ({ id: source.source_id, title: titleOf(source) });
    const item = (source) => el("li", {}, card(source, style, itemFor(source)), markButtons(itemFor(source), state));
    const left = active.rows.count - shown.sources.length;
    return el(
      "div",
      { style: `--card: ${style.size}px` },
      el("ol", { class: "cards" }, shown.sources.map(item)),
      left > 0 && shown.sources.length > 0 && el("button", { type: "button", class: "more", onclick: () => more(active) }, `${formatCount(Math.min(left, AT_ONCE))} more of ${formatCount(left)}`),
    );
  }

  function card(source, style, marked) {
    const onclick = (event) => {
      event.preventDefault();
      emit(pane, "explorer:source", { id: source.source_id });
    };
    const point = (row) => () => emit(pane, "explorer:highlight", { row });
    const picture = { url: source.cutout_url, alt: `Radio image of ${titleOf(source)}`, isModel: isModel(source), lazy: true };
    return el(
      "a",
      { class: "card", href: `?${new URLSearchParams({ source: source.source_id })}`, "data-row": source.row, "aria-keyshortcuts": "+ - C", onkeydown: (event) => markByKey(event, marked), onclick, onmouseenter: point(source.row), onmouseleave: point(null) },
      smallPicture(picture, meta.image, style),
      el("span", { class: "pair" }, el("b", {}, formatExtent(source.angular_extent_arcsec, source.extent_flag)), el("span", {}, source.name || source.position)),
    );
  }

  /** The next sources, a few at a time. */
  async function more({ rows }) {
    const mine = ++shown.asked;
    const from = shown.sources.length;
    try {
      const found = await api.sources([...rows.indices.subarray(from, from + AT_ONCE)]);
      if (mine !== shown.asked || rows !== shown.rows) return;
      shown.sources = [...shown.sources, ...found];
    } catch (error) {
      shown.failure = error.message;
    }
    emit(pane, "explorer:selection-sources");
  }

  return [
    { needs: ["rail", "selections", "active"], draw: drawRail },
    { needs: ["subject", "selections", "active", "style", "selectionSources"], draw: drawPane },
    { needs: ["examples", "compared"], draw: (state) => remark(pane, state) },
  ];
}

const button = (words, onclick, about) => el("button", { type: "button", class: "link", "aria-label": about, onclick }, words);
