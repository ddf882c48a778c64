/**
 * The viewer: the picture large, in whole pixels, with the value and the place under the pointer;
 * arrows walk the ranks, B blinks between the source and a neighbour, S puts the other surveys beside
 * it at the same field of view, W shows what makes S. It never asks but for pictures.
 */

import { formatDissimilarity, formatSimilarity } from "../core/format.js";
import { el, fill } from "../core/html.js";
import { isEmbedded } from "../core/api.js";
import { toldOfOwn } from "../core/own_picture.js";
import { pictureUrl, styleParams, urlWith } from "../core/picture_style.js";
import { directionsKnown } from "../core/image_query.js";
import { titleOf } from "../core/words.js";
import { createViewerSurveys } from "./viewer_surveys.js";
import { createWhy } from "./why.js";

const BLINK_MS = 600;
const LEAST_SIDE = 420;
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** @param {any} root @param {{store: any, meta: import("../core/state.js").Meta, api: any}} parts */
export function createViewer(root, { store, meta, api }) {
  const { image } = meta;
  let rank = 0;
  let blinking = null;
  let withSurveys = false;
  const surveys = createViewerSurveys({ api, image });
  let explaining = false;
  const why = createWhy({ api, image });

  document.addEventListener("keydown", (event) => root.open && keys(event));
  root.addEventListener("close", () => {
    stopBlinking();
    surveys.stop();
    stopExplaining();
  });
  root.addEventListener("click", ({ target }) => target === root && root.close());

  function open(/** @type {number} */ wanted = 0) {
    const { result } = store.get();
    if (!result) return;
    rank = wanted;
    draw();
    if (!root.open) root.showModal();
  }

  /** The query is rank 0; a neighbour is shown beside it where both fit. */
  function draw() {
    const { result, query } = store.get();
    const subject = rank === 0 ? result.query : result.neighbours[rank - 1];
    const beside = rank > 0 && window.innerWidth > 2.2 * LEAST_SIDE && !blinking && !withSurveys;
    const shown = beside ? [[besideOf(result, subject), 0], [subject, rank]] : [[subject, rank]];
    const pressed = { type: "button", id: "viewer-surveys", "aria-pressed": String(withSurveys), title: "The same field in other surveys (S)", onclick: toggleSurveys };
    const askedWhy = { type: "button", id: "viewer-why", "aria-pressed": String(explaining), title: "Which parts of the two images make S (W)", onclick: explain };
    fill(
      root,
      el(
        "header",
        { class: "viewer-head" },
        el("h2", {}, rank === 0 ? titleOf(subject, query) : `${rank}: ${titleOf(subject)}`),
        el("span", {}, rank === 0 ? (result.examples ? "the first wanted example" : "the query") : `S ${formatSimilarity(subject.similarity)}, 1 − S ${formatDissimilarity(subject.dissimilarity)}`),
        el("span", { class: "viewer-ways" }, rank > 0 && el("button", askedWhy, "What makes S"), el("button", pressed, "Other surveys"), el("button", { type: "button", onclick: () => root.close() }, "Close")),
      ),
      explaining ? why.draw(besideOf(result, subject), subject) : el("div", { class: "viewer-body" }, withSurveys ? surveysOf(subject) : shown.map(([each, place]) => figure(each, place, roomFor(shown.length)))),
      el("p", { class: "readout", id: "readout", role: "status" }),
    );
  }

  const roomFor = (count) => Math.min(window.innerHeight - 170, (window.innerWidth - 40) / count - 30);

  /** What a neighbour is seen beside: the query, or the wanted example that it is most like. */
  function besideOf({ query, examples }, { similar_to: id }) {
    const like = examples?.wanted.find((each) => each.source_id === id || each.position === id);
    return like ?? query;
  }

  /** The picture and the same field in the other surveys, all of one size. */
  function surveysOf(subject) {
    const sizePx = store.get().style.field ? image.size_px : image.input_size_px;
    const draw = (side) => figure(subject, rank, side);
    const placed = subject.ra_deg === null ? null : { ra: subject.ra_deg, dec: subject.dec_deg };
    return surveys.draw({ subject, placed, sizePx, own: draw, say });
  }

  function toggleSurveys() {
    withSurveys = !withSurveys;
    stopBlinking();
    stopExplaining();
    draw();
    root.querySelector("#viewer-surveys")?.focus();
  }

  function figure(subject, place, room) {
    const { style, query } = store.get();
    const url = subject.cutout_url ?? subject.image_url;
    const sizePx = style.field ? image.size_px : image.input_size_px;
    const zoom = Math.min(image.zoom_max, Math.max(1, Math.floor(room / sizePx)));
    const side = zoom * sizePx;
    const src = pictureUrl(url, style, image, { atLeastPx: side, furniture: true });
    const values = { data: null, peak: 1 };
    const placed = subject.ra_deg !== null && (place > 0 || directionsKnown(query, subject));
    /** @type {{offsetX: number, offsetY: number} | null} */
    let pointer = null;
    const tell = () => pointer && readOut(pointer, placed ? subject : null, sizePx, side, values);
    const onmousemove = ({ offsetX, offsetY }) => {
      pointer = { offsetX, offsetY };
      tell();
    };
    const onmouseleave = () => {
      pointer = null;
      say("");
    };
    const picture = el("img", { src: typeof src === "string" && src, width: side, height: side, alt: `Radio image of ${titleOf(subject, query)}`, onmousemove, onmouseleave });
    if (typeof src !== "string") src.then((found) => picture.setAttribute("src", found), ({ message }) => fill(words, message));
    const words = el("figcaption", {}, howDrawn(zoom));
    caption(url, zoom, words);
    readPixels(url, sizePx, values).then(tell); // the pointer may have been there before them
    return el("figure", {}, picture, words);
  }

  /** What was drawn, in the server's words. */
  async function caption(url, zoom, place) {
    const { style } = store.get();
    const params = styleParams(style, image, {});
    const asked = isEmbedded(url) ? toldOfOwn(url, params) : api.caption(urlWith(url.replace("cutout.png", "picture"), params));
    const answer = await asked.catch(() => null); // the picture stays without its words
    if (!answer) return;
    const drawn = `${answer.stretch_label}, ${answer.low.toPrecision(3)} to ${answer.high.toPrecision(3)} ${answer.unit_label}`;
    const contours = style.contours && answer.contours ? `; contours at ${answer.contours.words}` : "";
    fill(place, `${drawn}${contours}. ${howDrawn(zoom)}`);
  }

  /** The stored values as the plain grey picture holds them, and the largest of what is shown. */
  async function readPixels(url, sizePx, values) {
    const picture = new Image();
    try {
      picture.src = await urlWith(url, new URLSearchParams(`size_px=${sizePx}&colours=grey`));
      await picture.decode();
    } catch {
      return; // the picture itself says that it did not load
    }
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: picture.naturalWidth, height: picture.naturalHeight });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.drawImage(picture, 0, 0);
    values.data = context.getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < values.data.data.length; i += 4) values.peak = Math.max(values.peak, values.data.data[i]);
  }

  function readOut({ offsetX, offsetY }, subject, sizePx, side, { data: pixels, peak }) {
    const [column, row] = [offsetX, offsetY].map((v) => Math.min(sizePx - 1, Math.max(0, Math.floor((v / side) * sizePx))));
    const parts = [`pixel ${column - Math.floor(sizePx / 2)}, ${Math.floor(sizePx / 2) - row} from the middle`];
    if (pixels) parts.push(`${((100 * pixels.data[4 * (row * pixels.width + column)]) / peak).toFixed(1)} % of the peak`);
    if (subject) parts.push(placeOf(subject, column, row, sizePx));
    say(parts.join("   "));
    surveys.point([(column + 0.5) / sizePx, (row + 0.5) / sizePx]);
  }

  /**
   * In the tangent plane: row 0 is north, column 0 east; the middle pixel is at the position, which
   * is true to about a pixel, as images lie on their survey's grid: more digits would say too much.
   */
  function placeOf({ ra_deg: ra, dec_deg: dec }, column, row, sizePx) {
    const rad = Math.PI / 180;
    const step = (image.pixel_scale_arcsec / 3600) * rad;
    const [xi, eta] = [-(column - sizePx / 2) * step, (sizePx / 2 - row) * step];
    const [sin, cos] = [Math.sin(dec * rad), Math.cos(dec * rad)];
    const down = cos - eta * sin;
    const lon = ra + Math.atan2(xi, down) / rad;
    const lat = Math.atan2(sin + eta * cos, Math.hypot(xi, down)) / rad;
    return `RA ${((lon + 360) % 360).toFixed(4)}  Dec ${lat < 0 ? "−" : "+"}${Math.abs(lat).toFixed(4)} deg, to about a pixel`;
  }

  function say(words) {
    root.querySelector("#readout").textContent = words;
    if (!words) surveys.point(null);
  }

  function keys(event) {
    const { result } = store.get();
    if (event.key in STEPS) {
      stopBlinking();
      stopExplaining();
      rank = Math.min(result.neighbours.length, Math.max(0, rank + STEPS[event.key]));
      draw();
    } else if (event.key.toLowerCase() === "b") blink(result);
    else if (event.key.toLowerCase() === "s") toggleSurveys();
    else if (event.key.toLowerCase() === "w") explain();
    else if (event.key === " ") root.close();
    else return;
    event.preventDefault();
  }

  /** Between the query and this rank, or the first. */
  function blink({ neighbours }) {
    if (blinking) return stopBlinking();
    stopExplaining();
    const other = rank || 1;
    if (!neighbours[other - 1]) return;
    withSurveys = false;
    const turn = () => {
      rank = rank === 0 ? other : 0;
      draw();
    };
    blinking = setInterval(turn, BLINK_MS);
    draw();
  }

  /** What makes S of the query and this rank, or the first; asked for again, no more. */
  function explain() {
    const { neighbours } = store.get().result;
    if (!neighbours.length) return;
    stopBlinking();
    if (explaining) stopExplaining();
    else [rank, explaining, withSurveys] = [rank || 1, true, false];
    draw();
    root.querySelector("#viewer-why").focus();
  }

  function stopExplaining() {
    explaining = false;
    why.stop();
  }

  function stopBlinking() {
    clearInterval(blinking);
    blinking = null;
  }

  return { open };
}

const howDrawn = (zoom) => `${zoom} screen pixels an image pixel. Arrows walk the ranks, B blinks, S other surveys, W what makes S, Esc closes.`;
