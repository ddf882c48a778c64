/**
 * Small pictures of a few sources in view, each joined to its point, once the map is zoomed in.
 * They stand over no source that was opened, and never catch more of the pointer than their own squares.
 *
 * Emits explorer:source {id}.
 */

import { box, obstaclesOf } from "../core/boxes.js";
import { exemplarRows, isNear, placePictures, pointsOf } from "../core/exemplars.js";
import { toPixels } from "../core/geometry.js";
import { el, emit, fill, svg } from "../core/html.js";
import { createLruCache } from "../core/lru_cache.js";
import { boxesOfMarks } from "../map/marks.js";
import { isModel, titleOf } from "../core/words.js";
import { smallPicture } from "./picture.js";

const WAIT_MS = 120;
/** A map that moves keeps its examples so long: choosing them goes over all sources. */
const KEEP_MS = 200;
const KEPT = 400;
const RING_PX = 18;
const SIDES = { phone: 52, usual: 72, large: 96 };
/** Square pixels of the map for each picture. */
const ROOM_PX = 45_000;
const MOST = 24;

/** @param {HTMLElement} root @param {HTMLElement} stage @param {{meta: import("../core/state.js").Meta, api: any, tell: (sentence: string) => void}} parts */
export function createExemplars(root, stage, { meta, api, tell }) {
  const sources = createLruCache(KEPT);
  const before = new Map();
  /** @type {Map<number, HTMLElement>} */
  const shown = new Map();
  const leaders = svg("svg", { class: "marks", "aria-hidden": "true" });
  let timer = null;
  let later = null;
  /** @type {{rows: number[], sinceMs: number, map: any, among: any}} */
  let chosen = { rows: [], sinceMs: -Infinity, map: null, among: null };
  /** @type {any} */
  let state = null;
  /** @type {any} */
  let style = null;
  root.append(leaders);

  function draw(now) {
    state = now;
    const { exemplars, map, viewport, drawn } = now;
    if (!exemplars || !map || !viewport || !drawn || !isNear(map, viewport)) return clear();
    const { width, height } = viewport;
    const side = width < 600 ? SIDES.phone : width < 1400 ? SIDES.usual : SIDES.large;
    const most = Math.min(MOST, Math.floor((width * height) / ROOM_PX));
    const rows = choose(now, most);
    if (rows.some((row) => !sources.has(row))) wait(rows);
    if (style !== now.style) forget();
    style = now.style;
    const points = pointsOf(map, rows.filter((row) => sources.has(row)), viewport);
    put(placePictures(points, side, taken(now), viewport, before), side);
  }

  function choose({ map, viewport, shown: among }, most) {
    const nowMs = performance.now();
    const kept = chosen.map === map && chosen.among === among && nowMs - chosen.sinceMs < KEEP_MS;
    clearTimeout(later);
    if (kept) later = setTimeout(() => draw(state), KEEP_MS);
    else chosen = { rows: exemplarRows(map, viewport, { most, among }), sinceMs: nowMs, map, among };
    return chosen.rows;
  }

  function taken({ map, viewport, target, result, cursorRow }) {
    const cursor = cursorRow === null ? [] : [box(toPixels(map.x[cursorRow], map.y[cursorRow], viewport), RING_PX, RING_PX)];
    return [...obstaclesOf(stage), ...obstaclesOf(stage, ".region-label"), ...boxesOfMarks(target, result, viewport), ...cursor];
  }

  function put(placed, side) {
    for (const [row, picture] of shown) {
      if (placed.some((each) => each.row === row)) continue;
      picture.remove();
      shown.delete(row);
    }
    for (const { row, box: { left, top } } of placed) {
      if (!shown.has(row)) shown.set(row, root.appendChild(picture(sources.get(row))));
      const { style: css } = /** @type {HTMLElement} */ (shown.get(row));
      css.width = `${side}px`;
      css.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px)`;
    }
    fill(leaders, placed.map(leader));
  }

  function picture(source) {
    const onclick = (event) => {
      event.preventDefault();
      emit(root, "explorer:source", { id: source.source_id });
    };
    const words = titleOf(source);
    const seen = { url: source.cutout_url, alt: `Radio image of ${words}`, isModel: isModel(source) };
    return el("a", { class: "exemplar", href: `?${new URLSearchParams({ source: source.source_id })}`, title: words, "data-row": source.row, onclick }, smallPicture(seen, meta.image, state.style));
  }

  /** What has come to rest is asked for; while the map moves nothing is. */
  function wait(rows) {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      try {
        for (const source of await api.sources(rows.filter((row) => !sources.has(row)))) sources.put(source.row, source);
        draw(state);
      } catch (error) {
        tell(`Example pictures did not come. ${error.message}`);
      }
    }, WAIT_MS);
  }

  function clear() {
    clearTimeout(timer);
    clearTimeout(later);
    chosen.map = null;
    if (shown.size) forget();
  }

  function forget() {
    for (const each of shown.values()) each.remove();
    shown.clear();
    fill(leaders);
  }

  const needs = ["exemplars", "map", "viewport", "shown", "target", "result", "cursorRow", "style", "drawn"];
  return { needs, draw };
}

/** From the picture's edge to its point, with a ring that says which. */
function leader({ px: [x, y], box: { left, right, top, bottom } }) {
  const [fromX, fromY] = [Math.min(right, Math.max(left, x)), Math.min(bottom, Math.max(top, y))];
  return svg("g", { class: "exemplar-leader" }, ["halo", null].map((kind) => svg("line", { class: kind, x1: fromX, y1: fromY, x2: x, y2: y })), ["halo", null].map((kind) => svg("circle", { class: kind, cx: x, cy: y, r: 4 })));
}
