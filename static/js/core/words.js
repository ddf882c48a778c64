/**
 * What a number means, in a sentence. It never formats a number itself.
 */

import { formatPercentile, formatSeparation } from "./format.js";

/** The limit flag of an extent, in a few words; empty where there is none. */
export function flagWords(flag) {
  if (!flag || flag === "ok") return "";
  return { unresolved: "unresolved", "beyond field": "beyond the field" }[flag] ?? flag;
}

/**
 * What limits an extent, in a sentence; empty where nothing does.
 * @param {{angular_extent_arcsec?: number | null, extent_flag: string}} source
 * @param {Record<string, string>} statements What a flag means, from /api/meta.
 */
export function extentSentence({ angular_extent_arcsec: arcsec, extent_flag: flag }, statements) {
  if (arcsec === null || arcsec === undefined) return "No angular extent is known for this image.";
  return statements[flag] ?? "";
}

/** How unusual the source is among the catalogue. */
export function noveltySentence(percentile, neighbours) {
  if (percentile === null || percentile === undefined) return "";
  const [than, share] = percentile >= 50 ? ["less", percentile] : ["more", 100 - percentile];
  const catalogue = `${formatPercentile(share, 1)} of the catalogue`;
  return `Novelty: ${than} like its ${neighbours} nearest neighbours than ${catalogue}.`;
}

/** Where the image came from. */
export function imageOriginWords(origin) {
  return { observed: "observed", model: "drawn model, not observed" }[origin] ?? origin;
}

/** Why a neighbour counts as a near-duplicate; empty where it does not. */
export function duplicateSentence(neighbour, neighbours, separationArcsec) {
  const { duplicate_of: of } = neighbour;
  if (!of) return "";
  const same = (what, arcsec) => `Same sky as ${what}, ${formatSeparation(arcsec)} away`;
  if (of === "query") return same("the query", neighbour.separation_arcsec);
  const better = neighbours.find((other) => other.source_id === of);
  if (!better) return "Same sky as a better match that is not shown";
  return same(`no. ${better.rank}`, separationArcsec(neighbour, better));
}

/** What to call a source: its name, else its position, else the file it came in. */
export const titleOf = ({ name, position }, /** @type {any} */ query = null) =>
  name || position || query?.image?.name || "An image without a position";

/** What the panel goes on showing where a search failed; empty where it shows nothing. */
export function stillSentence({ error, query, result }) {
  return error?.query && result ? `Below is still ${titleOf(result.query, query)}.` : "";
}

export const isModel = ({ image_origin: origin }) => origin === "model";

/** How many surveys have answered. */
export function surveysSentence(list, pictures) {
  if (!list) return "Asking which surveys there are…";
  const states = list.map(({ name }) => pictures[name]?.state);
  const count = (one) => states.filter((state) => state === one).length;
  const [here, empty, failed] = ["here", "empty", "failed"].map(count);
  const waiting = list.length - here - empty - failed;
  if (waiting) return `Asking ${waiting} of ${list.length} surveys…`;
  const answered = here + empty;
  if (!answered) return `None of the ${list.length} surveys could be reached: whether they have an image of this field is not known.`;
  const unknown = failed ? `; ${failed} could not be reached` : "";
  const found = here ? `${here} of ${list.length} surveys have an image of this field` : `None of the ${answered} surveys that answered has an image of this field`;
  return `${found}${unknown}.`;
}

/** The catalogue's own columns of which any of some sources says something, the beam's last. */
export function columnNames(sources) {
  const known = ({ columns = {} }) => Object.keys(columns).filter((name) => columns[name] !== null && columns[name] !== "");
  const found = [...new Set(sources.flatMap(known))];
  const beam = (name) => name.startsWith("beam_");
  return [...found.filter((name) => !beam(name)), ...found.filter(beam)];
}

const UNITS = { arcsec: "arcsec", deg: "deg", jy_beam: "Jy/beam", mjy: "mJy", jy: "Jy" };

/** Label and unit of a catalogue column that is not described: its name says both. */
export function columnFromName(name) {
  const unit = Object.keys(UNITS).find((suffix) => name.endsWith(`_${suffix}`));
  const words = (unit ? name.slice(0, -unit.length - 1) : name).replaceAll("_", " ");
  const spelt = words.replace(/\b(pa|las|rms|ra)\b/g, (short) => short.toUpperCase());
  const label = spelt.charAt(0).toUpperCase() + spelt.slice(1);
  return { name, label, unit: unit ? UNITS[unit] : null };
}
