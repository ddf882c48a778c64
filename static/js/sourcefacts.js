/**
 * What is known of a source, as terms and values.
 * It never fetches and never explains: the notes of the panel do.
 */

import {
  formatDegrees,
  formatExtent,
  formatPercentile,
  formatSeparation,
  formatValue,
} from "./format.js";
import { el } from "./html.js";
import { columnFromName, flagWords, imageOriginWords, isModel, MODEL_SENTENCE } from "./words.js";

/** @param {{copy: (text: string) => void}} on */
export function factsList({ query, novelty_percentile: novelty }, { copy }) {
  const separation = query.separation_arcsec;
  return el(
    "dl",
    { class: "facts-list" },
    ...coordinates(query, copy),
    extentFact(query),
    fact("Novelty percentile", el("span", { class: "big" }, formatPercentile(novelty, 1))),
    fact("Image", line(query.survey), origin(query)),
    separation !== null && fact("From the position asked", line(formatSeparation(separation))),
  );
}

/** The catalogue's own columns, behind a line that opens them. */
export function ownColumns(columns, described) {
  const known = Object.entries(columns).filter(([, value]) => value !== null && value !== "");
  if (!known.length) return null;
  const rows = known.map(([name, value]) => {
    const column = described.find((c) => c.name === name) ?? columnFromName(name);
    const shown = el("span", { title: column.description }, formatValue(value, column.unit));
    return fact(column.label, shown);
  });
  const summary = el("summary", {}, `Catalogue columns (${known.length})`);
  return el("details", { class: "own-columns" }, summary, el("dl", {}, ...rows));
}

function coordinates({ ra_deg: raDeg, dec_deg: decDeg, position }, copy) {
  if (raDeg === null || decDeg === null) {
    return [fact("RA, Dec", line("unknown"), el("span", { class: "small-print" }, "none in the file"))];
  }
  return [
    coordinate("RA, Dec (ICRS)", position, copy),
    coordinate("Degrees", formatDegrees(raDeg, decDeg), copy),
  ];
}

function coordinate(term, text, copy) {
  const parts = text.split(" ").map((part) => el("span", { class: "mono" }, part));
  const onclick = () => copy(text);
  const attributes = { type: "button", class: "link", onclick, "aria-label": `Copy ${text}` };
  return fact(term, ...parts, el("button", attributes, "Copy"));
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

function origin(query) {
  const words = imageOriginWords(query.image_origin);
  return isModel(query)
    ? el("span", { class: "flag model", title: MODEL_SENTENCE }, words)
    : line(words);
}

const fact = (term, ...values) => el("div", {}, el("dt", {}, term), el("dd", {}, ...values));
const line = (text) => el("span", {}, text);
