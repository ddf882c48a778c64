/**
 * The same field in other surveys, inside the viewer: every picture at one size and one field of
 * view, and a cross in each where the pointer is. It draws tiles and never decides which source.
 */

import { isAborted } from "../core/api.js";
import { formatFrequency, formatPercentile } from "../core/format.js";
import { el, every, fill } from "../core/html.js";
import { createLruCache } from "../core/lru_cache.js";
import { otherSurveys } from "./surveys.js";

const KEPT = 60;
const GAP_PX = 14;
const CAPTION_PX = 44;
const AROUND_PX = [48, 118];
const NO_PLACE = "This image has no position, so that other surveys cannot be asked for the same field.";

/** So many squares beside and below each other, as large as they fit: their side, and how many a row. */
export function tiling(count, width, height) {
  let best = { side: 0, columns: 1 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const side = Math.floor(Math.min(width / columns - GAP_PX, height / rows - CAPTION_PX));
    if (side > best.side) best = { side, columns };
  }
  return best;
}

/** @param {{api: any, image: import("../core/state.js").ImageInfo}} parts */
export function createViewerSurveys({ api, image }) {
  const pictures = createLruCache(KEPT);
  /** @type {any[] | null} */
  let known = null;
  let asking = new AbortController();
  let place = el("div");

  /**
   * @param {{subject: any, placed: {ra: number, dec: number} | null, sizePx: number,
   *   own: (side: number) => Node, say: (words: string) => void}} what `own`: the picture itself.
   */
  function draw({ subject, placed, sizePx, own, say }) {
    stop();
    asking = new AbortController();
    place = el("div", { class: "viewer-tiles" });
    if (!placed) fill(place, own(Math.min(window.innerWidth, window.innerHeight) - AROUND_PX[1] - CAPTION_PX), el("p", { role: "status" }, NO_PLACE));
    else show(place, { subject, placed, sizePx, own, say }, asking.signal);
    return place;
  }

  async function show(root, { subject, placed, sizePx, own, say }, signal) {
    fill(root, el("p", { role: "status" }, "Asking which surveys there are…"));
    let survey = subject.survey; // of which this is an observation; a neighbour does not say it
    try {
      known ??= await api.surveys();
      survey ??= (await api.source(subject.source_id)).survey;
    } catch (error) {
      return fill(root, own(420), el("p", { class: "error", role: "alert" }, error.message));
    }
    if (signal.aborted) return;
    const list = otherSurveys(known, { ...subject, survey });
    const [aside, above] = AROUND_PX;
    const { side, columns } = tiling(list.length + 1, window.innerWidth - aside, window.innerHeight - above);
    fill(root, own(side));
    const drawn = Number(root.querySelector("img")?.getAttribute("width")) || side; // whole pixels of ours
    root.style.setProperty("--tile", `${drawn}px`);
    root.style.setProperty("--columns", String(columns));
    const field = { ...placed, sizeArcsec: sizePx * image.pixel_scale_arcsec };
    for (const survey of list) root.append(tile(survey, field, drawn, say, signal));
  }

  function tile(survey, field, side, say, signal) {
    const { name, label, frequency_mhz: mhz, beam } = survey;
    const picture = el("div", { class: "tile-picture skeleton" });
    const state = el("span", { class: "hint" }, "asking…");
    const figure = el("figure", { "data-survey": name }, picture, el("figcaption", {}, el("b", {}, label), ` ${formatFrequency(mhz)}, beam ${beam.replaceAll('"', "″")} `, state));
    load(name, field, signal).then(
      ({ url, service, blank }) => {
        if (signal.aborted) return;
        picture.classList.remove("skeleton");
        fill(picture, el("img", { src: url, width: side, height: side, alt: `The same field in ${label}, north up, east left`, onmousemove: ({ offsetX, offsetY }) => point([offsetX / side, offsetY / side]), onmouseleave: () => say("") }));
        fill(state, `from the ${service}${blank > 0 ? `, ${formatPercentile(100 * blank, 1)} not observed` : ""}`);
      },
      (error) => {
        if (signal.aborted || isAborted(error)) return;
        picture.classList.remove("skeleton");
        const empty = error.surveyState === "no image";
        fill(picture, el("span", { class: "no-picture" }, empty ? "no image of this field" : "could not be had"));
        fill(state, error.message);
        state.classList.toggle("error", !empty);
      },
    );
    return figure;
  }

  async function load(name, field, signal) {
    const key = JSON.stringify([name, field]);
    if (!pictures.has(key)) {
      const { blob, ...told } = await api.surveyPicture(name, field, signal);
      pictures.put(key, { url: await asUrl(blob), ...told });
    }
    return pictures.get(key);
  }

  /** A cross at the same place of every picture. @param {[number, number] | null} at As shares of the side. */
  function point(at) {
    for (const figure of every(place, "figure")) {
      figure.querySelector(".cross")?.remove();
      if (!at) continue;
      const cross = el("i", { class: "cross", "aria-hidden": "true", style: `left: calc(var(--tile) * ${at[0]}); top: calc(var(--tile) * ${at[1]})` });
      figure.append(cross);
    }
  }

  const stop = () => asking.abort();
  return { draw, point, stop };
}

const asUrl = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
