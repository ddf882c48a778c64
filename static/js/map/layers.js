/**
 * What is drawn over Plotly's points, on one canvas: the map's layers, each a set of rows (what the
 * filters leave, the selections), contours of density, and a list of one's own. None of them ever
 * makes Plotly draw the catalogue again.
 */

import { homeView, rangesOf, toPixels } from "../core/geometry.js";
import { KINDS, placesOn } from "../core/placed_list.js";
import { drawSymbols } from "./symbols.js";

const MOST_SHARP = 2;
/** Discs take several times as long as squares. */
const ROUND_BELOW = 12_000;

/**
 * @typedef {object} Layer
 * @property {import("../core/rows.js").Rows | null} rows What it draws; null: every row.
 * @property {string | null} colour One for all its points; null: each has that of the column.
 */

/**
 * What lies over Plotly's points, from the lowest to the top: what the filters leave (or, until
 * Plotly is there, the whole catalogue), then the selections in their order.
 * @param {Pick<import("../core/state.js").State, "shown" | "selections" | "drawn">} state
 * @returns {Layer[]}
 */
export function layersOf({ shown, selections, drawn }) {
  const catalogue = shown || !drawn ? [{ rows: shown, colour: null }] : [];
  return [...catalogue, ...selections.map(({ rows, colour }) => ({ rows, colour }))];
}

/** @param {HTMLCanvasElement} canvas @param {HTMLElement} stage */
export function createLayers(canvas, stage) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  /** @type {{colouring: any, order: Uint32Array, starts: Uint32Array}} */
  const sorted = { colouring: null, order: new Uint32Array(0), starts: new Uint32Array(0) };

  function draw(state) {
    const { map, colouring, shown, drawn } = state;
    stage.classList.toggle("filtered", Boolean(shown));
    stage.classList.toggle("unplotted", !drawn);
    const size = { width: stage.clientWidth, height: stage.clientHeight };
    const ratio = Math.min(MOST_SHARP, window.devicePixelRatio || 1);
    fit(size, ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    if (!map || !colouring) return;
    const viewport = state.viewport ?? { ...rangesOf(state.view ?? homeView(map, size), size), ...size };
    const layers = layersOf(state);
    for (const { rows, colour } of layers) if (colour === null) inColumnColours(map, colouring, rows, viewport);
    if (state.contoursFound) lines(state.contoursFound, viewport);
    for (const { rows, colour } of layers) if (colour !== null) inOneColour(map, rows, colour, viewport);
    if (state.placedFound) placed(state, viewport);
  }

  /** The inmost line is the strongest. */
  function lines(contours, { x: [left, right], y: [bottom, top], width, height }) {
    const [perX, perY] = [width / (right - left), height / (top - bottom)];
    context.strokeStyle = getComputedStyle(stage).color;
    context.lineCap = "round";
    for (const [i, { pieces }] of contours.entries()) {
      context.globalAlpha = 0.85 - (0.55 * i) / Math.max(1, contours.length - 1);
      context.lineWidth = 1.1;
      context.beginPath();
      for (let k = 0; k < pieces.length; k += 4) {
        context.moveTo((pieces[k] - left) * perX, (top - pieces[k + 1]) * perY);
        context.lineTo((pieces[k + 2] - left) * perX, (top - pieces[k + 3]) * perY);
      }
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  function placed({ placedFound, placedHidden, map, layout }, viewport) {
    const { color: ink, backgroundColor: paper } = getComputedStyle(stage);
    const places = placesOn(placedFound, map, layout);
    for (const kind of KINDS) {
      if (placedHidden.includes(kind)) continue;
      const here = places.filter((each) => each.kind === kind).map(({ x, y }) => toPixels(x, y, viewport));
      drawSymbols(context, kind, here, { ink, paper });
    }
  }

  function fit({ width, height }, ratio) {
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w) canvas.width = w;
    if (canvas.height !== h) canvas.height = h;
  }

  /** Those of one colour together: setting a colour costs more than drawing a point. */
  function inColumnColours(map, colouring, rows, viewport) {
    order(colouring, map.n);
    const count = rows?.count ?? map.n;
    const side = pointSide(count, viewport);
    const { order: ordered, starts } = sorted;
    context.globalAlpha = 0.85;
    const mark = count < ROUND_BELOW ? disc : dot;
    for (let code = 0; code + 1 < starts.length; code++) {
      if (starts[code] === starts[code + 1]) continue;
      context.fillStyle = colourOf(colouring, code);
      for (let i = starts[code]; i < starts[code + 1]; i++) {
        const row = ordered[i];
        if (rows && !rows.mask[row]) continue;
        mark(map, row, viewport, side);
      }
    }
    context.globalAlpha = 1;
  }

  function inOneColour(map, rows, colour, viewport) {
    const side = pointSide(rows.count, viewport) + 1.5;
    context.fillStyle = colour;
    const mark = rows.count < ROUND_BELOW ? disc : dot;
    for (const row of rows.indices) mark(map, row, viewport, side);
  }

  function disc(map, row, viewport, side) {
    const [x, y] = toPixels(map.x[row], map.y[row], viewport);
    context.beginPath();
    context.arc(x, y, side / 2 + 0.4, 0, 2 * Math.PI);
    context.fill();
  }

  function dot(map, row, viewport, side) {
    const [x, y] = toPixels(map.x[row], map.y[row], viewport);
    if (x > -side && y > -side && x < viewport.width + side && y < viewport.height + side) {
      context.fillRect(x - side / 2, y - side / 2, side, side);
    }
  }

  /** Rows by their colour, once for each colouring. */
  function order(colouring, n) {
    if (sorted.colouring === colouring) return;
    const { codes, max } = colouring;
    const starts = new Uint32Array(max + 2);
    for (let row = 0; row < n; row++) starts[codes[row] + 1]++;
    for (let code = 1; code < starts.length; code++) starts[code] += starts[code - 1];
    const at = starts.slice();
    const rows = new Uint32Array(n);
    for (let row = 0; row < n; row++) rows[at[codes[row]]++] = row;
    Object.assign(sorted, { colouring, order: rows, starts });
  }

  const needs = ["map", "colouring", "shown", "selections", "viewport", "view", "drawn", "theme", "contoursFound", "placedFound", "placedHidden", "layout"];
  return { needs, draw };
}

function pointSide(n, { width, height }) {
  return Math.min(5.5, Math.max(1.8, 0.32 * Math.sqrt((width * height) / Math.max(n, 1))));
}

/** The colour of a code, as Plotly reads the same scale. */
export function colourOf({ scale, max }, code) {
  const share = code / (max || 1);
  let found = scale[0][1];
  for (const [from, colour] of scale) if (from <= share + 1e-9) found = colour;
  return found;
}
