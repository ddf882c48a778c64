/**
 * What the colours mean: a colour bar with the column's histogram, whose ends can be dragged, or
 * categories with counts, which a click isolates. It never colours the map.
 *
 * Emits explorer:colour-range {range: {low, high} | null}, explorer:colour-log {log},
 * explorer:filter {name, filter}.
 */

import { formatCount, formatLabel, formatTick, formatValue } from "../core/format.js";
import { el, emit, fill, svg } from "../core/html.js";
import { hasLogarithm, unknownColour } from "../core/colour.js";
import { shareOf, valueAt } from "../core/filters.js";

/** Of the drawing; the style sheet stretches it. */
const WIDTH = 320;
const HISTOGRAM = 26;
const BAR = 7;

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
export function createLegend(root, meta) {
  function draw({ colouring, column, theme, filters, colourRange }) {
    root.setAttribute("aria-busy", String(!colouring));
    if (!colouring || !column) return;
    const described = meta.columns.find(({ name }) => name === column.name) ?? column;
    const { legend, unknown } = colouring;
    const label = formatLabel(described);
    if (legend.kind === "category") fill(root, ...categories(legend, column, unknown, theme, filters[column.name]));
    else fill(root, ...colourBar(legend, column, label, unknown, theme, colourRange));
    root.title = described.description ?? "";
  }

  function colourBar(legend, column, label, unknown, theme, colourRange) {
    const ticks = ticksOf(legend);
    const words = `Colour bar: ${label}, ${ticks[0].text} to ${ticks[ticks.length - 1].text}, ${legend.log ? "logarithmic" : "linear"}`;
    const viewBox = `0 0 ${WIDTH} ${HISTOGRAM + BAR + 1}`;
    const attributes = { viewBox, preserveAspectRatio: "none", role: "img", "aria-label": words };
    const reset = () => emit(root, "explorer:colour-range", { range: null });
    const drag = (event) => dragRange(event, legend);
    return [
      el("p", { class: "legend-title" }, label, unknown > 0 && unknownEntry(unknown, theme), scaleSwitch(legend, column)),
      svg("svg", { class: "colour-bar", ...attributes, onpointerdown: drag, ondblclick: reset }, svg("title", {}, "Drag along it: the colours' range; double click: the usual one"), histogramBars(legend), bar(legend)),
      el("div", { class: "ticks", "aria-hidden": "true" }, ticks.map(tick)),
      colourRange && el("button", { type: "button", class: "link", onclick: reset }, "The usual range"),
    ];
  }

  /** Linear or logarithmic; or why there is no choice. */
  function scaleSwitch({ log }, column) {
    if (column.min === null) return null;
    if (!hasLogarithm(column)) {
      const least = formatValue(Number(column.min.toPrecision(3)));
      return el("span", { class: "no-log", title: `A logarithm needs values above 0, and the least is ${least}.` }, `no log: least is ${least}`);
    }
    const one = (words, value) =>
      el("button", { type: "button", id: `scale-${words}`, "aria-pressed": String(log === value), onclick: () => emit(root, "explorer:colour-log", { log: value }) }, words);
    return el("span", { class: "segments", role: "group", "aria-label": "Scale of the colours" }, one("linear", false), one("log", true));
  }

  /** A drag along the bar is the new range of the colours. */
  function dragRange(event, scale) {
    const svgRoot = event.currentTarget;
    const box = svgRoot.getBoundingClientRect();
    const at = ({ clientX }) => Math.min(1, Math.max(0, (clientX - box.left) / box.width));
    const from = at(event);
    svgRoot.setPointerCapture(event.pointerId);
    svgRoot.addEventListener("pointerup", (last) => {
      const ends = [from, at(last)].sort((a, b) => a - b);
      if (ends[1] - ends[0] < 0.03) return;
      const [least, most] = ends.map((share) => Number(valueAt(share, scale).toPrecision(4)));
      emit(root, "explorer:colour-range", { range: { low: least, high: most } });
    }, { once: true });
  }

  function categories(legend, column, unknown, theme, filter) {
    const names = filter?.kind === "categories" ? filter.names : null;
    const items = legend.entries.map(({ name, count, colour }) => {
      const known = column.categories.includes(name);
      const words = [swatch(colour), `${name} `, el("b", {}, formatCount(count))];
      if (!known) return el("li", { class: "unknown" }, words);
      const pressed = String(names === null || names.includes(name));
      const onclick = (event) => isolate(column, name, names, event.shiftKey);
      return el("li", {}, el("button", { type: "button", "aria-pressed": pressed, onclick, title: "Show these alone; with Shift, these too" }, words));
    });
    return [el("ul", { class: "categories" }, items, unknown > 0 && el("li", { class: "unknown" }, unknownEntry(unknown, theme)))];
  }

  /** These alone; once more, all again. */
  function isolate({ name: column }, name, names, too) {
    const alone = names?.length === 1 && names[0] === name;
    const wanted = too && names ? toggled(names, name) : [name];
    const filter = alone || !wanted.length ? null : { kind: "categories", names: wanted, unknown: false };
    emit(root, "explorer:filter", { name: column, filter });
  }

  const needs = ["colouring", "column", "theme", "filters", "colourRange"];
  return { needs, draw };
}

/** The added columns in the choice of colours. @param {HTMLSelectElement} select */
export function createColourChoice(select) {
  const group = /** @type {HTMLOptGroupElement} */ (el("optgroup", { label: "Added here" }));

  function draw({ columns, colour }) {
    const added = columns.filter(({ codes }) => codes);
    fill(group, ...added.map(({ name, label }) => el("option", { value: name }, label)));
    if (added.length) select.append(group);
    else group.remove();
    select.value = colour;
  }

  return { needs: ["columns", "colour"], draw };
}

const toggled = (names, name) => (names.includes(name) ? names.filter((each) => each !== name) : [...names, name]);

function bar({ colours }) {
  const width = WIDTH / colours.length;
  const shape = { y: HISTOGRAM + 1, width: width + 0.5, height: BAR };
  return colours.map((colour, i) => svg("rect", { x: i * width, ...shape, fill: colour }));
}

/** Heights are square roots of counts, so that a spike at a limit leaves the rest to be seen. */
function histogramBars({ histogram, colours }) {
  const tallest = Math.sqrt(Math.max(1, ...histogram));
  const width = WIDTH / histogram.length;
  return [...histogram].map((count, i) => {
    const height = count ? Math.max(0.8, (HISTOGRAM * Math.sqrt(count)) / tallest) : 0;
    const place = Math.round((i / (histogram.length - 1)) * (colours.length - 1));
    const shape = { x: i * width, y: HISTOGRAM - height, width: width - 0.6, height };
    return svg("rect", { ...shape, fill: colours[place] });
  });
}

/** Round numbers along the bar; its ends say where values beyond take the end's colour. */
export function ticksOf({ low, high, log = false, below, above }) {
  const inner = (log ? decades(low, high) : steps(low, high))
    .map(({ value, text }) => ({ share: shareOf(value, { low, high, log }), text }))
    .filter(({ share }) => share > 0.15 && share < 0.85);
  const end = (value) => formatValue(Number(value.toPrecision(3)));
  return [
    { share: 0, text: `${below ? "≤ " : ""}${end(low)}` },
    ...inner,
    { share: 1, text: `${above ? "≥ " : ""}${end(high)}` },
  ];
}

function steps(low, high) {
  const step = niceStep((high - low) / 5);
  const first = Math.ceil(low / step);
  const count = Math.max(0, Math.floor(high / step) - first + 1);
  return Array.from({ length: count }, (_, i) => ({ value: (first + i) * step, text: formatTick((first + i) * step, step) }));
}

/** Powers of ten; where these are few, twice and five times them too. */
function decades(low, high) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const wide = last - first > 3;
  const every = wide ? Math.ceil((last - first) / 4) : 1;
  const found = [];
  for (let power = first; power <= last; power += every) {
    for (const factor of wide ? [1] : [1, 2, 5]) found.push(Number(`${factor}e${power}`));
  }
  return found.map((value) => ({ value, text: formatValue(value) }));
}

function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10);
}

function tick({ share, text }) {
  const kind = { 0: "first", 1: "last" }[share] ?? null;
  return el("span", { class: kind, style: `left: ${(100 * share).toFixed(2)}%` }, text);
}

function unknownEntry(count, theme) {
  const mark = swatch(unknownColour(theme));
  return el("span", {}, mark, "unknown ", el("b", {}, formatCount(count)));
}

const swatch = (colour) => el("i", { class: "swatch", style: `background: ${colour}` });
