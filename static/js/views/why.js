/**
 * What makes S of the query and a neighbour: both images with their parts in colour, and how to read
 * them. It never works anything out: the server blanks the parts and draws the pictures.
 */

import { isAborted } from "../core/api.js";
import { formatDifference, formatPercentile } from "../core/format.js";
import { el, fill } from "../core/html.js";
import { isModel, titleOf } from "../core/words.js";

const LEAST_ZOOM = 3;
const SIDE_BY_SIDE_PX = 924;
const AROUND_PX = [70, 330];
const WAITING = "Blanking both images part by part; this takes a second or two…";
const NOT_OURS = "What makes S can be worked out between two sources of the catalogue only; the image asked about is not one of its images.";

/** @param {{api: any, image: import("../core/state.js").ImageInfo}} parts */
export function createWhy({ api, image }) {
  let asking = new AbortController();

  /** @param {any} query The source asked about. @param {any} neighbour */
  function draw(query, neighbour) {
    stop();
    asking = new AbortController();
    const place = el("div", { class: "why" });
    if (query.source_id) show(place, [query, neighbour], asking.signal);
    else fill(place, el("p", { role: "status" }, NOT_OURS));
    return place;
  }

  async function show(place, sources, signal) {
    fill(place, el("p", { role: "status" }, WAITING));
    try {
      const [{ source_id: id }, { source_id: other }] = sources;
      const found = await api.why(id, other, signal);
      if (signal.aborted) return;
      const figures = found.images.map((each, i) => figure(each, sources[i], found.central_radius_arcsec));
      fill(place, el("div", { class: "viewer-body" }, figures), el("p", {}, found.means), el("p", { class: "hint" }, found.limits));
    } catch (error) {
      if (!isAborted(error)) fill(place, el("p", { class: "error", role: "alert" }, error.message));
    }
  }

  function figure(explained, source, radiusArcsec) {
    const src = `${explained.picture_url}&zoom=${zoomThatFits()}`;
    const model = isModel(source) ? "drawn model of " : "";
    const alt = `Which parts of the ${model}image of ${titleOf(source)} make S. ${partsSentence(explained, radiusArcsec)}`;
    return el("figure", {}, el("img", { src, alt }), el("figcaption", {}, el("b", {}, titleOf(source)), ` ${partsSentence(explained, radiusArcsec)}`));
  }

  function zoomThatFits() {
    const [aside, above] = AROUND_PX;
    const width = window.innerWidth > SIDE_BY_SIDE_PX ? (window.innerWidth - aside) / 2 : window.innerWidth - aside;
    const zoom = Math.floor(Math.min(width, window.innerHeight - above) / image.input_size_px);
    return Math.min(image.zoom_max, Math.max(LEAST_ZOOM, zoom));
  }

  const stop = () => asking.abort();
  return { draw, stop };
}

/** Where the strongest parts of an image are, and how much of all lies in its middle. */
export function partsSentence({ most_alike: alike, most_apart: apart, central_share: share }, radiusArcsec) {
  if (share === null) return "No part of what the network sees of it changes S.";
  const said = [
    alike.difference > 0 && `Most alike by what is ${placeWords(alike)} (${formatDifference(alike.difference)}).`,
    apart.difference < 0 && `Most set apart by what is ${placeWords(apart)} (${formatDifference(apart.difference)}).`,
    `${formatPercentile(100 * share, 0)} of all |dS| within ${radiusArcsec}″ of the middle.`,
  ];
  return said.filter(Boolean).join(" ");
}

const placeWords = ({ east_arcsec: east, north_arcsec: north }) =>
  `${Math.abs(north).toFixed(0)}″ ${north < 0 ? "south" : "north"}, ${Math.abs(east).toFixed(0)}″ ${east < 0 ? "west" : "east"}`;
