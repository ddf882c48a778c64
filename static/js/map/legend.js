/**
 * What the colours mean: a colour bar with the column's histogram, or categories with counts.
 * It never colours the map.
 */

import { formatCount, formatLabel, formatTick, formatValue } from "../core/format.js";
import { el, fill, svg } from "../core/html.js";
import { unknownColour } from "../core/colour.js";

/** Of the drawing; the style sheet stretches it. */
const WIDTH = 320;
const HISTOGRAM = 20;
const BAR = 7;

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
export function createLegend(root, meta) {
  function draw({ colouring, column, theme }) {
    root.setAttribute("aria-busy", String(!colouring));
    if (!colouring || !column) return;
    const described = meta.columns.find(({ name }) => name === column.name) ?? column;
    const { legend, unknown } = colouring;
    const drawLegend = legend.kind === "category" ? categories : colourBar;
    fill(root, ...drawLegend(legend, formatLabel(described), unknown, theme));
    root.title = described.description ?? "";
  }
  const needs = ["colouring", "column", "theme"];
  return { needs, draw };
}

function colourBar(legend, label, unknown, theme) {
  const ticks = ticksOf(legend);
  const words = `Colour bar: ${label}, ${ticks[0].text} to ${ticks[ticks.length - 1].text}`;
  const viewBox = `0 0 ${WIDTH} ${HISTOGRAM + BAR + 1}`;
  const attributes = { viewBox, preserveAspectRatio: "none", role: "img", "aria-label": words };
  return [
    el("p", { class: "legend-title" }, label, unknown > 0 && unknownEntry(unknown, theme)),
    svg("svg", { class: "colour-bar", ...attributes }, histogramBars(legend), bar(legend)),
    el("div", { class: "ticks", "aria-hidden": "true" }, ticks.map(tick)),
  ];
}

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
export function ticksOf({ low, high, below, above }) {
  const step = niceStep((high - low) / 5);
  const inner = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) {
    const share = (i * step - low) / (high - low);
    if (share > 0.13 && share < 0.87) inner.push({ share, text: formatTick(i * step, step) });
  }
  const end = (value) => formatValue(Number(value.toPrecision(3)));
  return [
    { share: 0, text: `${below ? "≤ " : ""}${end(low)}` },
    ...inner,
    { share: 1, text: `${above ? "≥ " : ""}${end(high)}` },
  ];
}

function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10);
}

function tick({ share, text }) {
  const kind = { 0: "first", 1: "last" }[share] ?? null;
  return el("span", { class: kind, style: `left: ${(100 * share).toFixed(2)}%` }, text);
}

function categories(legend, label, unknown, theme) {
  const items = legend.entries.map(({ name, count, colour }) =>
    el("li", {}, swatch(colour), `${name} `, el("b", {}, formatCount(count))),
  );
  return [
    el("p", { class: "legend-title" }, label),
    el("ul", { class: "categories" }, items, unknown > 0 && el("li", {}, unknownEntry(unknown, theme))),
  ];
}

function unknownEntry(count, theme) {
  const mark = swatch(unknownColour(theme));
  return el("span", { class: "unknown" }, mark, "unknown ", el("b", {}, formatCount(count)));
}

const swatch = (colour) => el("i", { class: "swatch", style: `background: ${colour}` });
