/**
 * The filters: a histogram of every column, each following the others and the active selection.
 * It never filters anything itself.
 *
 * Emits explorer:filter {name, filter}, explorer:filter-refused {detail}.
 */

import { shareOf, scaleOf, valueAt } from "../core/filters.js";
import { formatCount, formatLabel, formatValue } from "../core/format.js";
import { el, emit, fill, svg } from "../core/html.js";

const WIDTH = 240;
const HEIGHT = 46;
const MOST_BARS = 12;

/** @param {HTMLElement} root */
export function createFilters(root) {
  const change = (name, filter) => emit(root, "explorer:filter", { name, filter });
  let dragged = false;

  function draw(state) {
    root.hidden = state.rail !== "filters";
    if (root.hidden || dragged) return;
    const { filters, histograms, filterError, active } = state;
    const set = Object.keys(filters).length;
    fill(
      root,
      el("div", { class: "filter-head" }, el("h2", {}, "Filters"), set > 0 && link(set === 1 ? "Clear" : `Clear all ${set}`, () => Object.keys(filters).forEach((name) => change(name, null)), "filters-clear")),
      el("p", { class: "hint" }, active ? `Counted in selection ${active}.` : "Drag over a histogram, or click a bar."),
      filterError && el("p", { class: "error", role: "alert" }, filterError),
      state.columns.filter(varies).map((column) => (histograms[column.name] ? one(column, histograms[column.name], filters[column.name]) : null)),
    );
  }

  function one(column, counts, filter) {
    const body = column.kind === "number" ? numbers(column, counts, filter) : bars(column, counts, filter);
    return el(
      "section",
      { class: "filter", "data-column": column.name, title: column.description },
      el("div", { class: "filter-head" }, el("h3", {}, formatLabel(column)), filter && link("Clear", () => change(column.name, null))),
      ...body,
    );
  }

  function numbers(column, counts, filter) {
    const scale = scaleOf(column);
    const [low, high] = [filter?.low ?? null, filter?.high ?? null];
    const tallest = Math.sqrt(Math.max(1, ...counts.all));
    const width = WIDTH / counts.all.length;
    const bar = (kind) => (count, i) => {
      const height = count ? Math.max(1, (HEIGHT * Math.sqrt(count)) / tallest) : 0;
      return svg("rect", { class: kind, x: i * width, y: HEIGHT - height, width: width - 0.5, height });
    };
    const at = (value) => WIDTH * Math.min(1, Math.max(0, shareOf(value, scale)));
    const [from, to] = [low === null ? 0 : at(low), high === null ? WIDTH : at(high)];
    const edge = (x) => svg("line", { class: "edge", x1: x, x2: x, y1: 0, y2: HEIGHT });
    const drawing = svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": `Histogram of ${formatLabel(column)}`, onpointerdown: (event) => drag(event, column, scale) },
      filter && svg("rect", { class: "chosen", x: from, y: 0, width: Math.max(1, to - from), height: HEIGHT }),
      [...counts.all].map(bar("all")),
      [...counts.left].map(bar("left")),
      filter && low !== null && edge(from),
      filter && high !== null && edge(to),
    );
    const unknown = counts.unknown[0] > 0 && unknownBar(column, counts, filter);
    return [drawing, ends(column, scale, filter), unknown && el("div", { class: "bars" }, unknown)];
  }

  function ends(column, scale, filter) {
    const field = (key, words, shown) =>
      el("input", {
        id: `filter-${column.name}-${key}`, type: "text", inputmode: "decimal", "aria-label": `${words} ${column.label}`,
        placeholder: shown, value: filter?.[key] ?? "", onchange: ({ target }) => typed(column, key, target, filter),
      });
    const said = (share) => formatValue(Number(valueAt(share, scale).toPrecision(3)));
    return el("p", { class: "range" }, field("low", "Least", said(0)), el("span", {}, scale.log ? "log" : ""), field("high", "Most", said(1)));
  }

  function typed(column, key, input, filter) {
    const text = input.value.trim().replace("\u2212", "-");
    const value = text === "" ? null : Number(text);
    if (Number.isNaN(value)) {
      const holds = filter?.[key] ?? null;
      const still = holds === null ? "no limit is set" : `${formatValue(holds)} still holds`;
      return emit(root, "explorer:filter-refused", { detail: `“${text}” is no number: ${still}.` });
    }
    const next = { kind: "range", low: null, high: null, unknown: false, ...filter, [key]: value };
    change(column.name, next.low === null && next.high === null && !next.unknown ? null : next);
  }

  /** A drag is a range; its ends beyond the histogram are open. */
  function drag(event, column, scale) {
    const drawing = event.currentTarget;
    const { left, width } = drawing.getBoundingClientRect();
    const share = ({ clientX }) => Math.min(1, Math.max(0, (clientX - left) / width));
    const from = share(event);
    const rect = svg("rect", { class: "chosen", x: from * WIDTH, y: 0, width: 1, height: HEIGHT });
    drawing.prepend(rect);
    dragged = true;
    drawing.setPointerCapture(event.pointerId);
    const move = (at) => {
      const [a, b] = [from, share(at)].sort((p, q) => p - q);
      rect.setAttribute("x", String(a * WIDTH));
      rect.setAttribute("width", String(Math.max(1, (b - a) * WIDTH)));
    };
    drawing.addEventListener("pointermove", move);
    drawing.addEventListener("pointerup", (last) => {
      dragged = false;
      const [a, b] = [from, share(last)].sort((p, q) => p - q);
      if (b - a < 0.02) return change(column.name, null);
      const end = (at) => Number(valueAt(at, scale).toPrecision(4));
      change(column.name, { kind: "range", low: a < 0.01 ? null : end(a), high: b > 0.99 ? null : end(b), unknown: false });
    }, { once: true });
  }

  function bars(column, counts, filter) {
    const order = column.categories.map((name, i) => ({ name, all: counts.all[i] ?? 0, left: counts.left[i] ?? 0 })).sort((a, b) => b.all - a.all);
    const most = Math.max(1, ...counts.all, counts.unknown[0]);
    const names = filter?.names ?? null;
    const row = ({ name, all, left }) =>
      bar({ words: name, all, left, most, pressed: names === null ? null : names.includes(name), onclick: () => pressed(column, name, filter) });
    const rest = order.slice(MOST_BARS);
    return [
      el("div", { class: "bars" }, order.slice(0, MOST_BARS).map(row), counts.unknown[0] > 0 && unknownBar(column, counts, filter, most)),
      rest.length > 0 && el("details", {}, el("summary", {}, `${formatCount(rest.length)} more`), el("div", { class: "bars" }, rest.map(row))),
    ];
  }

  /** A click on the first chooses it alone; further clicks add and take away. */
  function pressed(column, name, filter) {
    const names = filter?.names ?? [];
    const next = names.includes(name) ? names.filter((each) => each !== name) : [...names, name];
    const unknown = Boolean(filter?.unknown);
    change(column.name, next.length || unknown ? { kind: "categories", names: next, unknown } : null);
  }

  function unknownBar(column, counts, filter, most = Math.max(1, ...counts.all, counts.unknown[0])) {
    const [all, left] = counts.unknown;
    const onclick = () => {
      const empty = column.kind === "number" ? { kind: "range", low: null, high: null } : { kind: "categories", names: [] };
      const unknown = !filter?.unknown;
      const next = { ...empty, ...filter, unknown };
      const nothing = !unknown && (next.names ? !next.names.length : next.low === null && next.high === null);
      change(column.name, nothing ? null : next);
    };
    return bar({ words: "unknown", all, left, most, pressed: filter ? filter.unknown : null, onclick });
  }

  return { needs: ["rail", "filters", "histograms", "filterError", "active"], draw };
}

/** An added column that says one thing of some sources tells them from the rest. */
const varies = ({ kind, min, max, categories, codes }) => (kind === "number" ? min !== max : (categories?.length ?? 0) > (codes ? 0 : 1));

function bar({ words, all, left, most, pressed, onclick }) {
  const share = (count) => `${(100 * Math.sqrt(count / most)).toFixed(1)}%`;
  const count = left === all ? formatCount(all) : `${formatCount(left)} of ${formatCount(all)}`;
  return el(
    "button",
    { type: "button", "aria-pressed": pressed === null ? null : String(pressed), style: `--all: ${share(all)}; --left: ${share(left)}`, onclick },
    el("span", {}, words),
    " ",
    el("span", { class: "count" }, count),
  );
}

const link = (words, onclick, /** @type {string | null} */ id = null) => el("button", { type: "button", class: "link", id, onclick }, words);
