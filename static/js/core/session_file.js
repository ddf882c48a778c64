/**
 * A session as a file: what of the page's state it holds, and what of it another bundle can take.
 * It never asks and never draws.
 */

import { cutoutUrl } from "./api.js";
import { conditionPairs } from "./conditions.js";
import { readFilter, writeFilter } from "./filters.js";
import { Rows } from "./rows.js";
import { COLOURS } from "./selections.js";

export const FORMAT = "radio-galaxy-explorer session";
const VERSION = 1;
/** What stands in the file as it stands in the state. */
const PLAIN = ["k", "hideDuplicates", "duplicatesArcsec", "colour", "colourRange", "layout", "view", "filters", "conditions", "style", "examples", "compared"];

/**
 * @param {any} state
 * @param {import("./state.js").Meta} meta
 * @param {string[][]} ids The sources of each selection.
 * @param {Date} now
 */
export function sessionOf(state, meta, ids, now) {
  const { query, selections, trail } = state;
  const own = query?.kind === "image";
  return {
    format: FORMAT,
    version: VERSION,
    saved_utc: now.toISOString(),
    bundle: { version: meta.version, sources: meta.n, catalogue: meta.catalogue.name, encoder_sha256: meta.encoder.sha256 },
    query: own ? null : query,
    ...(own && { image_not_saved: query.image.name }),
    ...Object.fromEntries(PLAIN.map((key) => [key, state[key]])),
    selections: selections.map(({ name, colour, shapes }, i) => ({ name, colour, shapes, source_ids: ids[i] })),
    trail: trail.map(({ id, title }) => ({ id, title })),
  };
}

/** Whether a text begins as a session does. */
export const isSession = (text) => new RegExp(`^\\s*\\{\\s*"format":\\s*"${FORMAT}"`).test(text);

/** @param {string} text @param {string} name Of the file. @returns {any} @throws {Error} With a sentence. */
export function parseSession(text, name) {
  let session;
  try {
    session = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is no session: it is not whole, or was changed by hand (${error.message}).`);
  }
  if (session?.format !== FORMAT) throw new Error(`${name} is no session of this explorer: save one with “Save the session”.`);
  if (session.version > VERSION) throw new Error(`${name} is a session of version ${session.version}; this explorer reads version ${VERSION}. Open it with a newer one.`);
  return session;
}

/** Every id that a session names, each once. */
export function idsOf({ query, examples = [], compared = [], trail = [] }) {
  const asked = query?.kind === "examples" ? query.examples : query?.kind === "source" ? [query] : [];
  return [...new Set([...asked, ...examples, ...trail].map(({ id }) => id).filter(Boolean).concat(compared))];
}

/**
 * What of a session this bundle takes, and what is lost, in sentences.
 * @param {any} session
 * @param {import("./state.js").Meta} meta
 * @param {Set<string>} missing Ids of `idsOf` that this bundle has no source of.
 * @param {{rows: number[], missing: string[]}[]} selected The sources of each selection, here.
 * @returns {{patch: Record<string, any>, query: import("./api.js").Query | null, colour: string | null,
 *   layout: string | null, lost: string[]}}
 */
export function takeOver(session, meta, missing, selected) {
  /** @type {string[]} */
  const lost = [];
  const same = session.bundle?.version === meta.version;
  const there = ({ id }) => !id || !missing.has(id);
  const keep = (what, items, idOf) => {
    const gone = items.filter((each) => missing.has(idOf(each)));
    if (gone.length) lost.push(`${what}: no source here with the ids ${gone.map(idOf).join(", ")}.`);
    return items.filter((each) => !missing.has(idOf(each)));
  };
  if (session.image_not_saved) lost.push(`The image “${session.image_not_saved}” that was open: a session does not hold images. Drop it on the page again.`);
  const patch = {
    ...Object.fromEntries(["k", "hideDuplicates", "duplicatesArcsec", "style"].filter((key) => session[key] !== undefined).map((key) => [key, session[key]])),
    filters: filtersOf(session.filters ?? {}, meta, lost),
    conditions: conditionsOf(session.conditions ?? {}, same, meta, lost),
    examples: keep("Examples", session.examples ?? [], ({ id }) => id),
    compared: keep("Sources to compare", session.compared ?? [], (id) => id),
    trail: keep("Places visited", session.trail ?? [], ({ id }) => id).map((each) => ({ ...each, url: cutoutUrl(each.id) })),
    selections: (session.selections ?? []).map((each, i) => selectionOf(each, i, same, selected[i], lost)),
    view: same ? (session.view ?? null) : null,
  };
  if (session.view && !same) lost.push("The part of the map that was shown: this bundle's map is another.");
  const colour = meta.columns.some(({ name }) => name === session.colour) ? session.colour : null;
  if (session.colour && !colour) lost.push(`The colours of the map: this catalogue has no column “${session.colour}”.`);
  const layout = meta.layouts.some(({ name }) => name === session.layout) ? session.layout : null;
  if (session.layout && !layout) lost.push(`The map “${session.layout}”: this bundle has none of that name.`);
  return { patch: { ...patch, colourRange: colour ? (session.colourRange ?? null) : null }, query: queryOf(session.query ?? null, there, lost), colour, layout, lost };
}

function queryOf(query, there, lost) {
  if (query?.kind === "source" && !there(query)) {
    lost.push(`What was open: no source here with the id ${query.id}.`);
    return null;
  }
  if (query?.kind !== "examples") return query;
  const examples = query.examples.filter(there);
  if (examples.length === query.examples.length) return query;
  const gone = query.examples.filter((each) => !there(each));
  lost.push(`The search with examples: it was made with ${gone.map(({ id }) => id).join(", ")} too.`);
  return null;
}

function filtersOf(filters, meta, lost) {
  return Object.fromEntries(
    Object.entries(filters).filter(([name, filter]) => {
      const fits = readFilter(writeFilter(name, filter), meta.columns) !== null;
      if (!fits) lost.push(`The filter “${writeFilter(name, filter)}”: this catalogue has no such column.`);
      return fits;
    }),
  );
}

/** A condition on rows or columns of another bundle means nothing here. */
function conditionsOf(conditions, same, meta, lost) {
  const has = (where) => meta.columns.some(({ name }) => where.startsWith(`${name}:`));
  const kept = conditionPairs(conditions).filter(([name, value]) => {
    const fits = same || (name === "selection" ? false : name !== "where" || has(value));
    if (!fits) lost.push(name === "selection" ? "The condition that neighbours lie in a selection: set it again." : `The condition “${value}”: this catalogue has no such column.`);
    return fits;
  });
  const where = kept.filter(([name]) => name === "where").map(([, value]) => value);
  return { ...Object.fromEntries(kept.filter(([name]) => name !== "where")), ...(where.length && { where }) };
}

/** On the same bundle as it was drawn; on another by its sources. */
function selectionOf({ name, colour, shapes }, i, same, { rows, missing }, lost) {
  if (missing.length) lost.push(`Selection ${name}: ${missing.length} of ${missing.length + rows.length} sources are not here: ${missing.join(", ")}.`);
  return { name, colour: colour ?? COLOURS[i % COLOURS.length], shapes: same ? shapes : [{ op: "+", rows }], rows: Rows.of(0, []) };
}

/** What was opened, in a few words. */
export function openedWords({ selections, filters, examples, trail }) {
  const count = (n, word) => n > 0 && `${n} ${word}${n === 1 ? "" : "s"}`;
  const parts = [count(selections.length, "selection"), count(Object.keys(filters).length, "filter"), count(examples.length, "example"), count(trail.length, "place") && `${count(trail.length, "place")} visited`].filter(Boolean);
  return `Session opened${parts.length ? `: ${parts.join(", ")}` : ""}.`;
}

