/**
 * The catalogue on the map, whole: the only module that touches Plotly.
 * It never draws a layer, marks a selection or writes a legend: it tells others where the axes are.
 *
 * Emits explorer:hover {row}, explorer:leave, explorer:select {row}, explorer:viewport
 * {x, y, width, height} on every move, and explorer:view {view} when a move ends.
 */

import { emit } from "../core/html.js";
import { homeView, nearestRow, rangesOf, toPixels, viewOf, zoomed } from "../core/geometry.js";
import { listenToTouch } from "./tools.js";

const CONFIG = { displayModeBar: false, scrollZoom: true, doubleClick: false, showTips: false };
const MOST_SHARP = 2;
const ZOOM_PER_STEP = 2.2;
const GROWTH_PER_STEP = 1.3;
const MOST_STEPS = 3;
const TAP_RADIUS_PX = 28;
const TAP_ECHO_MS = 700;

/** @param {any} root The element that becomes the Plotly figure. */
export function createMap(root) {
  /** @type {any} What is on screen. */
  const drawn = { map: null, colouring: null, shown: null, view: undefined, size: null, pointPx: 0 };
  let plotly = null;
  let moves = 0;
  let tappedAt = -Infinity;

  async function load(url) {
    plotly ??= plotlyOf(window) ?? (await loadScript(url));
  }

  /** @returns {Promise<boolean>} Whether the points are on screen. */
  async function draw(state) {
    if (!plotly || !state.map || !state.colouring) return false;
    drawn.shown = state.shown;
    if (drawn.map !== state.map || drawn.colouring !== state.colouring) await drawPoints(state);
    else if (drawn.view !== state.view) await move(state.view);
    return true;
  }

  async function drawPoints({ map, colouring, view, theme }) {
    const first = drawn.map === null;
    Object.assign(drawn, { map, colouring, view, size: size(root) });
    drawn.pointPx = pointSize();
    const points = trace(map, colouring, theme, drawn.pointPx);
    const figure = [[points], layout(rangesNow(view), drawn.size)];
    const plotGlPixelRatio = Math.min(MOST_SHARP, window.devicePixelRatio || 1);
    await plotly.react(root, ...figure, { ...CONFIG, plotGlPixelRatio });
    if (first) listen();
    tellViewport();
  }

  /** A move of our own; a new size costs a redraw, new ranges alone do not. */
  async function move(view) {
    const now = size(root);
    const resized = now.width !== drawn.size.width || now.height !== drawn.size.height;
    Object.assign(drawn, { view, size: now });
    const { x, y } = rangesNow(view);
    moves++;
    await plotly.relayout(root, { "xaxis.range": x, "yaxis.range": y, ...(resized && now) });
    moves--;
    tellViewport();
    await fitPoints();
  }

  /** Larger points where fewer are in view, in few steps: each costs a redraw. */
  async function fitPoints() {
    const sizePx = pointSize();
    if (sizePx === drawn.pointPx) return;
    drawn.pointPx = sizePx;
    const { size: markerSize, line } = markerShape(sizePx);
    await plotly.restyle(root, { "marker.size": markerSize, "marker.line.width": line.width });
  }

  function pointSize() {
    const home = homeView(drawn.map, drawn.size);
    const magnification = home.span / (drawn.view?.span ?? home.span);
    const step = Math.floor(Math.log(magnification) / Math.log(ZOOM_PER_STEP) + 1e-9);
    const base = pointSizeFor(drawn.map.n, drawn.size);
    return base * GROWTH_PER_STEP ** Math.max(0, Math.min(MOST_STEPS, step));
  }

  function resize() {
    const { width, height } = size(root);
    if (width !== drawn.size.width || height !== drawn.size.height) move(drawn.view);
  }

  const rangesNow = (view) => rangesOf(view ?? homeView(drawn.map, size(root)), size(root));

  function tellViewport(update = {}) {
    const { width, height } = size(root);
    emit(root, "explorer:viewport", { ...axisRanges(root, update), width, height });
  }

  function endMove() {
    drawn.view = viewOf(axisRanges(root), size(root));
    emit(root, "explorer:view", { view: drawn.view });
    fitPoints();
  }

  function listen() {
    const rowOf = ({ points: [{ pointIndex }] }) => ({ row: pointIndex });
    root.on("plotly_hover", (event) => emit(root, "explorer:hover", rowOf(event)));
    root.on("plotly_unhover", () => emit(root, "explorer:leave"));
    root.on("plotly_click", (event) => {
      const echo = performance.now() - tappedAt < TAP_ECHO_MS;
      if (!echo) emit(root, "explorer:select", rowOf(event));
    });
    root.on("plotly_relayouting", tellViewport);
    root.on("plotly_relayout", () => {
      if (moves) return;
      tellViewport();
      endMove();
    });
    root.on("plotly_webglcontextlost", () => emit(root, "explorer:graphics-lost"));
    new ResizeObserver(resize).observe(root.parentElement);
    listenToTouch(root, { tap, pinch, end: endMove });
  }

  /** A finger covers more than a pointer does; Plotly may report the same tap as a click. */
  function tap(px, py) {
    tappedAt = performance.now();
    const ranges = axisRanges(root);
    const [x, y] = toMap(px, py, ranges, size(root));
    const row = nearestRow(drawn.map, x, y, drawn.shown);
    if (row < 0) return;
    const [rowX, rowY] = toPixels(drawn.map.x[row], drawn.map.y[row], { ...ranges, ...size(root) });
    if (Math.hypot(rowX - px, rowY - py) <= TAP_RADIUS_PX) emit(root, "explorer:select", { row });
  }

  function pinch(px, py, factor, dx, dy) {
    const ranges = axisRanges(root);
    const [x, y] = toMap(px, py, ranges, size(root));
    const [movedX, movedY] = toMap(px + dx, py + dy, ranges, size(root));
    const view = zoomed(viewOf(ranges, size(root)), factor, x, y);
    move({ ...view, cx: view.cx - (movedX - x), cy: view.cy - (movedY - y) });
  }

  return { load, needs: ["map", "colouring", "shown", "view"], draw };
}

function pointSizeFor(n, { width, height }) {
  return Math.min(6.5, Math.max(2.2, 0.36 * Math.sqrt((width * height) / n)));
}

/** Only points that are large enough to bear one have an outline. */
function markerShape(sizePx) {
  return { size: sizePx, line: { width: sizePx > 4 ? 0.6 : 0 } };
}

function trace({ x, y }, { codes, scale, max }, theme, sizePx) {
  const { size: markerSize, line } = markerShape(sizePx);
  const outline = theme === "light" ? "rgba(22, 30, 40, 0.32)" : "rgba(0, 0, 0, 0.55)";
  return {
    type: hasWebgl() ? "scattergl" : "scatter",
    mode: "markers",
    x,
    y,
    hoverinfo: "none",
    marker: {
      size: markerSize,
      opacity: sizePx > 4 ? 0.92 : 0.8,
      color: codes,
      colorscale: scale,
      cmin: 0,
      cmax: max,
      showscale: false,
      line: { ...line, color: outline },
    },
  };
}

/**
 * No scaleanchor: with it, every move recomputes all points. The scale is the same in x and y
 * because rangesOf makes it so, and dragging and the wheel change both axes alike.
 */
function layout({ x, y }, { width, height }) {
  const axis = { visible: false, showgrid: false, zeroline: false, autorange: false };
  return {
    width,
    height,
    margin: { l: 0, r: 0, t: 0, b: 0, pad: 0 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    showlegend: false,
    dragmode: "pan",
    hovermode: "closest",
    hoverdistance: 14,
    xaxis: { ...axis, range: x },
    yaxis: { ...axis, range: y },
  };
}

/** The ranges on screen: those of a move under way, else those of the figure. */
function axisRanges(root, update = {}) {
  const { layout } = root;
  const range = (axis) =>
    [0, 1].map((end) => update[`${axis}.range[${end}]`] ?? layout[axis].range[end]);
  return { x: range("xaxis"), y: range("yaxis") };
}

function toMap(px, py, { x, y }, { width, height }) {
  return [x[0] + (px / width) * (x[1] - x[0]), y[1] - (py / height) * (y[1] - y[0])];
}

const size = (root) => ({
  width: Math.max(50, root.parentElement.clientWidth),
  height: Math.max(50, root.parentElement.clientHeight),
});

/** The library that a classic script leaves in the window. @returns {any} */
const plotlyOf = (/** @type {any} */ { Plotly }) => Plotly;

let webgl = null;

/** Asked once: browsers allow a page few graphics contexts. */
function hasWebgl() {
  if (webgl !== null) return webgl;
  const context = document.createElement("canvas").getContext("webgl");
  webgl = Boolean(context);
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return webgl;
}

function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const failed = () => {
      script.remove();
      reject(new Error("The plotting library did not arrive from the server."));
    };
    script.src = url;
    script.onload = () => (plotlyOf(window) ? resolve(plotlyOf(window)) : failed());
    script.onerror = failed;
    document.head.append(script);
  });
}
