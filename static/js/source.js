/**
 * The panel of the source that is asked about: its picture, what is known of it, and how.
 * It never fetches; it shows the last good answer until there is a new one.
 *
 * Emits explorer:copy {text}, explorer:source {id}, explorer:colours {colours}.
 */

import {
  formatDegrees,
  formatExtent,
  formatPercentile,
  formatSeparation,
  formatValue,
} from "./format.js";
import { el, emit, fill } from "./html.js";
import { annotatedPicture } from "./picture.js";
import {
  columnFromName,
  extentSentence,
  flagWords,
  imageOriginWords,
  noveltySentence,
  titleOf,
} from "./words.js";

/** @param {HTMLElement} root Holds the guide that is shown while nothing is selected. */
export function createSource(root, meta) {
  const guide = [...root.childNodes];

  function draw({ result, pictureColours }) {
    if (!result) fill(root, ...guide);
    else fill(root, ...panel(result, pictureColours));
  }

  function panel(result, colours) {
    const { query } = result;
    return [
      heading(query),
      el("div", { class: "source-body" }, figure(query, colours), facts(result)),
      notes(result),
      query.also_nearby.length > 0 && alsoNearby(query.also_nearby),
      ownColumns(query.columns),
    ];
  }

  function heading(query) {
    const copy = () => emit(root, "explorer:copy", { text: window.location.href });
    const link = button("Copy link to this view", copy, { id: "copy-link" });
    const title = el("h2", { id: "source-title" }, titleOf(query));
    return el(
      "header",
      { class: "section-head" },
      el("div", { class: "head-row" }, title, link),
      origin(query),
    );
  }

  function figure(query, colours) {
    const alt = `Radio image of ${titleOf(query)}, north up, east left`;
    const picture = { url: query.image_url, alt, isModel: query.image_origin === "model", colours };
    const other = colours === "grey" ? "inferno" : "grey";
    const change = () => emit(root, "explorer:colours", { colours: other });
    return el(
      "figure",
      { class: "cutout" },
      annotatedPicture(picture, meta.image),
      el(
        "figcaption",
        {},
        el("span", {}, pictureCaption(meta.image)),
        button(`Show in ${other}`, change, { id: "picture-colours" }),
      ),
    );
  }

  function facts({ query, novelty_percentile: novelty }) {
    const separation = query.separation_arcsec;
    return el(
      "dl",
      { class: "facts-list" },
      coordinates("RA, Dec (ICRS)", query.position),
      coordinates("Degrees", formatDegrees(query.ra_deg, query.dec_deg)),
      extentFact(query),
      fact("Novelty percentile", el("span", { class: "big" }, formatPercentile(novelty, 1))),
      fact("Image", line(query.survey), line(imageOriginWords(query.image_origin))),
      separation !== null && fact("From the position asked", line(formatSeparation(separation))),
    );
  }

  function coordinates(term, text) {
    const parts = text.split(" ").map((part) => el("span", { class: "mono" }, part));
    const copy = () => emit(root, "explorer:copy", { text });
    return fact(term, ...parts, button("Copy", copy, { "aria-label": `Copy ${text}` }));
  }

  function notes({ query, map, novelty_percentile: novelty }) {
    const fieldArcsec = meta.image.input_size_px * meta.image.pixel_scale_arcsec;
    const estimated = map.method === "neighbours";
    const said = [
      extentSentence(query, fieldArcsec),
      noveltySentence(novelty),
      estimated && "Its place on the map is an estimate from the places of its neighbours.",
    ];
    return el(
      "ul",
      { class: "notes" },
      query.warnings.map((warning) => el("li", { class: "warning" }, warning)),
      said.filter(Boolean).map((sentence) => el("li", {}, sentence)),
    );
  }

  function alsoNearby(others) {
    const links = others.map(({ source_id: id, name, separation_arcsec: arcsec }) => {
      const words = `${name || id} (${formatSeparation(arcsec)})`;
      return button(words, () => emit(root, "explorer:source", { id }));
    });
    const listed = links.flatMap((link, i) => (i ? [", ", link] : [link]));
    return el("p", { class: "also-nearby" }, "Also within 5″: ", ...listed);
  }

  function ownColumns(columns) {
    const known = Object.entries(columns).filter(([, value]) => value !== null && value !== "");
    if (!known.length) return null;
    const rows = known.map(([name, value]) => {
      const column = meta.columns.find((c) => c.name === name) ?? columnFromName(name);
      const shown = el("span", { title: column.description }, formatValue(value, column.unit));
      return fact(column.label, shown);
    });
    const summary = el("summary", {}, `Catalogue columns (${known.length})`);
    return el("details", { class: "own-columns" }, summary, el("dl", {}, ...rows));
  }

  return { draw };
}

function origin({ source_id: id, service, cached }) {
  const kept = cached ? " (kept from before)" : "";
  const words = id
    ? ["In the catalogue as ", el("span", { class: "mono" }, id)]
    : [`Not in this catalogue; image from the ${service}${kept}`];
  return el("p", { class: "section-sub" }, ...words);
}

function pictureCaption({ size_px: size, input_size_px: input, pixel_scale_arcsec: scale }) {
  const [acrossArcmin, seenArcsec] = [(size * scale) / 60, input * scale];
  const seen = `Dashed: the ${seenArcsec.toFixed(0)}″ the network sees.`;
  return `${acrossArcmin.toFixed(1)}′ across, ${scale}″/px. ${seen}`;
}

function extentFact(query) {
  const { angular_extent_arcsec: arcsec, extent_origin, extent_flag } = query;
  const from = extent_origin === "catalogue" ? "from the catalogue" : extent_origin;
  const flag = flagWords(extent_flag);
  return fact(
    "Angular extent",
    el("span", { class: "big" }, formatExtent(arcsec, extent_flag)),
    arcsec !== null && el("span", { class: "small-print" }, from),
    flag && el("span", { class: "flag" }, flag),
  );
}

const fact = (term, ...values) => el("div", {}, el("dt", {}, term), el("dd", {}, ...values));
const line = (text) => el("span", {}, text);

function button(words, onclick, attributes = {}) {
  return el("button", { type: "button", class: "link", onclick, ...attributes }, words);
}
