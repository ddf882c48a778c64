/**
 * The marks over the map: a reticle on the query, numbered rings on its neighbours, the cursor.
 * It never catches the pointer and never moves the map.
 */

import { fill, svg } from "../core/html.js";
import { box, overlap } from "../core/boxes.js";
import { toPixels } from "../core/geometry.js";

const RING_PX = 6.5;
const LABEL_HEIGHT_PX = 13;
const DIGIT_PX = 6.8;
const LIT_RING_PX = 9;
const QUERY_PX = 52;
const RANK_PX = 34;
const KEPT_FREE = 24;
/** Where a label may stand beside its ring, the best place first. */
const DIRECTIONS = [[1, -1], [-1, -1], [1, 1], [-1, 1], [1, 0], [-1, 0], [0, -1], [0, 1]];

/** @param {SVGElement} root An SVG that covers the map. */
export function createMarks(root) {
  /** The first `k` neighbours; those that came by scrolling only while they are pointed at. */
  function draw({ map, result, k, target, viewport, highlightRow, cursorRow }) {
    if (!map || !viewport) return;
    const at = (x, y) => toPixels(x, y, viewport);
    const neighbours = (result?.neighbours ?? []).filter(({ rank, row }) => rank <= k || row === highlightRow).map((n) => ({ ...n, px: at(n.x, n.y) }));
    const query = target && at(target.x, target.y);
    const lit = neighbours.find(({ row }) => row === highlightRow);
    fill(
      root,
      query && lit && line(query, lit.px),
      neighbours.filter((n) => n !== lit).map(({ px }) => ring(px, "mark-ring", RING_PX)),
      lit && ring(lit.px, "mark-ring lit", LIT_RING_PX),
      placeLabels(neighbours, query, lit, viewport).map(label),
      query && reticle(query),
      cursorRow !== null && ring(at(map.x[cursorRow], map.y[cursorRow]), "mark-cursor", 12),
    );
  }
  const needs = ["map", "result", "k", "target", "viewport", "highlightRow", "cursorRow"];
  return { needs, draw };
}

/**
 * Where each rank is written so that none covers another: better ranks first; a rank that finds
 * no room is left out until the map is zoomed.
 */
export function placeLabels(neighbours, query, lit, { width, height }) {
  const taken = query ? [box(query, 22, 22), box(query, 6, 44), box(query, 44, 6)] : [];
  const placed = [];
  const inside = neighbours.filter(({ px: [x, y] }) => x > 0 && y > 0 && x < width && y < height);
  const order = lit ? [lit, ...inside.filter((n) => n !== lit)] : inside;
  for (const neighbour of order) {
    const place = firstFree(neighbour, taken) ?? (neighbour === lit && firstFree(neighbour, []));
    if (!place) continue;
    taken.push(place.box);
    placed.push({ text: neighbour.rank, px: place.px, lit: neighbour === lit });
  }
  return placed;
}

function firstFree({ px: [x, y], rank }, taken) {
  const halfWidth = (String(rank).length * DIGIT_PX) / 2 + 1;
  for (const [dx, dy] of DIRECTIONS) {
    const reach = dx && dy ? 0.72 : 1;
    const px = /** @type {[number, number]} */ ([
      x + dx * reach * (RING_PX + halfWidth + 2),
      y + dy * reach * (RING_PX + LABEL_HEIGHT_PX / 2 + 1),
    ]);
    const place = box(px, 2 * halfWidth, LABEL_HEIGHT_PX);
    if (!taken.some((other) => overlap(place, other))) return { px, box: place };
  }
  return null;
}

/** The places of the query and of its first neighbours with their ranks, for others to leave free. */
export function boxesOfMarks(target, result, viewport) {
  const around = ({ x, y }, side) => box(toPixels(x, y, viewport), side, side);
  const neighbours = (result?.neighbours ?? []).slice(0, KEPT_FREE).map((each) => around(each, RANK_PX));
  return target ? [around(target, QUERY_PX), ...neighbours] : neighbours;
}

function ring([cx, cy], kind, r) {
  const halo = svg("circle", { cx, cy, r, class: "halo" });
  return svg("g", { class: kind }, halo, svg("circle", { cx, cy, r }));
}

function label({ text, px: [x, y], lit }) {
  return svg("text", { x, y, class: lit ? "mark-label lit" : "mark-label" }, text);
}

/** A finding chart's reticle: a ring and four ticks that leave the source itself free. */
function reticle([x, y]) {
  const ticks = [[0, -1], [1, 0], [0, 1], [-1, 0]];
  const path = ticks
    .map(([dx, dy]) => `M${x + dx * 10},${y + dy * 10}L${x + dx * 21},${y + dy * 21}`)
    .join("");
  const shapes = (kind) => [
    svg("circle", { cx: x, cy: y, r: 10, class: kind }),
    svg("path", { d: path, class: kind }),
  ];
  return svg("g", { class: "mark-query" }, shapes("halo"), shapes(null));
}

function line([x1, y1], [x2, y2]) {
  return svg("line", { x1, y1, x2, y2, class: "mark-line" });
}
