/**
 * Selections: named sets of rows, each made of shapes on the map and of rows picked one by one,
 * in order, so that a link can hold how a selection was made and make it again exactly.
 * It never draws and never listens to the pointer.
 */

import { Rows } from "./rows.js";

/** Okabe & Ito (2008): apart from each other for all colour vision, and from the map's viridis. */
export const COLOURS = ["#d55e00", "#cc79a7", "#0072b2", "#e69f00", "#009e73", "#56b4e9"];
const DIGITS = 6;
const MOST_CORNERS = 160;

/**
 * Corners as x, y, x, y ... in map coordinates; or rows; or the id under which the server keeps them,
 * until they have come from there. `op` "+" adds them, "-" takes them away.
 * `sample`: the number of the sample that it shows.
 * @typedef {{op: "+" | "-", corners?: number[], rows?: number[], kept?: string, sample?: number}} Shape
 * @typedef {{name: string, colour: string, shapes: Shape[], rows: Rows, kept?: string | null,
 *   sample?: import("./state.js").Schemas["SampleReport"]}} Selection `kept`: the id of all its rows;
 *   `sample`: what it shows, where that is a sample.
 */

/**
 * The rows that lie inside a polygon (even-odd), as a mask.
 * @param {{x: ArrayLike<number>, y: ArrayLike<number>}} map
 * @param {number[]} corners x, y, x, y ...
 */
export function insidePolygon({ x, y }, corners) {
  const mask = new Uint8Array(x.length);
  const n = corners.length / 2;
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < n; i++) {
    [left, right] = [Math.min(left, corners[2 * i]), Math.max(right, corners[2 * i])];
    [bottom, top] = [Math.min(bottom, corners[2 * i + 1]), Math.max(top, corners[2 * i + 1])];
  }
  for (let row = 0; row < x.length; row++) {
    const [px, py] = [x[row], y[row]];
    if (px < left || px > right || py < bottom || py > top) continue;
    let inside = 0;
    for (let i = 0, j = n - 1; i < n; j = i++) {
      const [xi, yi, xj, yj] = [corners[2 * i], corners[2 * i + 1], corners[2 * j], corners[2 * j + 1]];
      if (yi > py !== yj > py && px < ((xj - xi) * (py - yi)) / (yj - yi) + xi) inside ^= 1;
    }
    mask[row] = inside;
  }
  return mask;
}

/** The rows of a list of shapes, taken one after the other, among `allowed` only. */
export function rowsOfShapes(map, /** @type {Shape[]} */ shapes, allowed = null) {
  const mask = new Uint8Array(map.x.length);
  for (const { op, corners, rows } of shapes) {
    const value = op === "+" ? 1 : 0;
    if (rows) for (const row of rows) mask[row] = value;
    if (!corners) continue;
    const inside = insidePolygon(map, corners);
    for (let row = 0; row < mask.length; row++) {
      if (inside[row] && (value === 0 || !allowed || allowed[row])) mask[row] = value;
    }
  }
  return mask;
}

/** A drawn outline with as few corners as a link can carry, rounded as the link rounds them. */
export function cornersOf(/** @type {[number, number][]} */ path) {
  const step = Math.max(1, Math.ceil(path.length / MOST_CORNERS));
  const kept = path.filter((_, i) => i % step === 0);
  return kept.flat().map((value) => Number(value.toPrecision(DIGITS)));
}

/** "Selection A", "Sample giants". */
export const titleOfSelection = (/** @type {Pick<Selection, "name" | "sample">} */ { name, sample }) => `${sample ? "Sample" : "Selection"} ${name}`;

/** The first letter that no selection is called by. */
export function nextName(/** @type {readonly Selection[]} */ selections) {
  for (let i = 0; ; i++) {
    const name = String.fromCharCode(65 + (i % 26)) + (i < 26 ? "" : String(Math.floor(i / 26)));
    if (!selections.some((each) => each.name === name)) return name;
  }
}

/** Longer than this an outline stands in a link by the id under which the server keeps its rows. */
export const LONG = 1500;

/** "A!+p1.5,2,3,4~-r7,9": a selection as it stands in a link; "A!+@ID" where that is long, "A!+s7" of a sample. */
export function writeSelection(/** @type {{name: string, shapes: Shape[], kept?: string | null, sample?: any}} */ { name, shapes, kept, sample }) {
  if (sample) return `${encodeURIComponent(name)}!+s${sample.sample.id}`;
  const written = shapes.map(({ op, corners, rows, kept: id, sample: number }) => `${op}${corners ? `p${corners}` : rows ? `r${rows}` : id ? `@${id}` : `s${number}`}`).join("~");
  return `${encodeURIComponent(name)}!${written.length > LONG && kept ? `+@${kept}` : written}`;
}

/** @returns {{name: string, shapes: Shape[]} | null} Null where the text is none. */
export function readSelection(text) {
  const at = text.indexOf("!");
  if (at < 1) return null;
  const shapes = text.slice(at + 1).split("~").map(readShape);
  const name = nameOf(text.slice(0, at));
  return name && shapes.every(Boolean) ? { name, shapes } : null;
}

function nameOf(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // a % that stands for nothing
  }
}

function readShape(text) {
  const found = /^([+ -])([pr@s])(.*)$/.exec(text);
  if (!found) return null;
  if (found[2] === "s") return /^[1-9]\d{0,8}$/.test(found[3]) ? { op: "+", sample: Number(found[3]) } : null;
  if (found[2] === "@") return /^[0-9a-f]{16}$/.test(found[3]) ? { op: found[1] === "-" ? "-" : "+", kept: found[3] } : null;
  const numbers = found[3] === "" ? [] : found[3].split(",").map(Number);
  if (numbers.some(Number.isNaN)) return null;
  const op = found[1] === "-" ? "-" : "+"; // a blank is a + that a form has decoded
  return found[2] === "p" ? { op, corners: numbers } : { op, rows: numbers };
}
