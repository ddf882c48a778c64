/**
 * The small states of the page as a whole: loading, busy, wrong, announced.
 * It never asks for anything again: main does.
 */

import { byId, el } from "../core/html.js";
import { formatBytes, formatCount } from "../core/format.js";
import { titleOf } from "../core/words.js";

const FRAME = /\b(icrs|fk[45]|[jb](1950|2000)(\.0)?|gal(actic)?|ra|dec|r\.a\.|dec\.)(?=[\s:=,]|$)/gi;
const NAMED_POSITION = /[jb]\s*\d{6}(\.\d*)?\s*[-+\u2212]\s*\d{4}/i;
const UNIT = /([\d.]\s*)(h(ou)?rs?|h|m(in)?|s(ec)?|d(eg(rees)?)?)(?![a-z])/gi;

/** At first the catalogue is looked up; what takes longer is a name, a survey or a file. */
export function pendingWords(query, /** @type {Pick<import("../core/state.js").Meta, "surveys" | "limits">} */ meta) {
  const survey = query.survey ? (meta.surveys[query.survey] ?? query.survey) : "the FIRST server";
  if (query.kind === "image") {
    const { name, sizeBytes } = query.image;
    return ["Sending the image", `Reading and searching with ${name} (${formatBytes(sizeBytes)})`];
  }
  if (query.survey) return [`Asking ${survey}`, `Asking ${survey} for its image`];
  const asking = `sking ${survey}, up to ${meta.limits.survey_deadline_s} s`;
  const named = query.kind === "position" && !hasCoordinates(query.text);
  return ["Looking in the catalogue", named ? `Looking up the name, then a${asking}` : `A${asking}`];
}

/** Whether a text carries coordinates itself, so that no name server is asked. */
export function hasCoordinates(text) {
  if (NAMED_POSITION.test(text)) return true;
  const bare = text.replace(FRAME, " ").replace(UNIT, "$1");
  return /\d/.test(bare) && !/\p{L}/u.test(bare);
}

const NARROW = "(max-width: 899px)";

/** @param {ReturnType<typeof import("../core/store.js").createStore>} store */
export function createReveal(store) {

  /** Wait until what was asked for is shown, or cannot be had, and go there at once. */
  return async function arrive(asked) {
    const { result: before } = store.get();
    const pressed = byId("details").contains(document.activeElement);
    await asked;
    const { result, error } = store.get();
    const failed = error?.parameter === "source";
    if (result === before && !failed) return; // cancelled, or something else was asked
    const lost = pressed && document.activeElement === document.body; // with the card
    if (lost) byId("source").focus({ preventScroll: true });
    const place = byId(failed ? "source-error" : "source-title");
    if (matchMedia(NARROW).matches) place?.scrollIntoView({ block: "nearest" });
  };
}

const NAME = "Radio Galaxy Explorer";
const TOAST_MS = 4000;
/** A letter. */
const READING_MS = 60;

/** What the page says of itself outside its panels. */
export function createStatus() {
  let told = null;

  function draw(state) {
    const { drawn, query, result, pending, target } = state;
    byId("details").classList.toggle("busy", Boolean(pending));
    byId("source").setAttribute("aria-busy", String(Boolean(pending)));
    byId("stage").classList.toggle("marked", Boolean(target));
    byId("zoom-result").disabled = !result;
    byId("map-loading").hidden = Boolean(state.mapError || state.map);
    byId("stage").dataset.tool = state.tool;
    for (const tool of ["lasso", "box"]) byId(`tool-${tool}`).setAttribute("aria-pressed", String(state.tool === tool));
    document.title = result ? `${titleOf(result.query, query)} · ${NAME}` : NAME;
    drawErrors(state);
  }

  function drawErrors({ error, mapError, colourError }) {
    const sourceError = error?.parameter === "source" ? error.detail : "";
    say("source-error", sourceError);
    say("colour-error", colourError ?? "");
    say("map-error-words", mapError ? `Could not load the map. ${mapError}` : "");
    byId("source-retry").hidden = !sourceError;
    byId("map-error").hidden = !mapError;
  }

  function say(id, text) {
    const place = byId(id);
    if (place.textContent !== text) place.textContent = text;
    place.hidden = !text;
  }

  /** For screen readers: what has arrived, and where the cursor is. */
  function announce({ query, result }) {
    const before = told;
    told = result;
    if (!result) return;
    const count = formatCount(result.neighbours.length);
    const had = before?.query === result.query ? before.neighbours.length : 0;
    if (had) byId("live").textContent = `Neighbours ${formatCount(had + 1)} to ${count} loaded.`;
    else byId("live").textContent = `${titleOf(result.query, query)}: ${count} neighbours found.`;
  }

  function announceCursor({ hoverSource, cursorRow }) {
    const here = cursorRow !== null && hoverSource?.row === cursorRow;
    if (here) byId("live").textContent = titleOf(hoverSource);
  }

  /** A sentence for a while; one that comes beside another does not drive it away. */
  function toast(text) {
    const root = byId("toast");
    for (const other of [...root.children]) if (other.textContent === text) other.remove();
    const words = el("span", {}, text);
    root.append(words);
    const begin = () => setTimeout(() => words.remove(), Math.max(TOAST_MS, text.length * READING_MS));
    if (document.readyState === "complete") begin();
    else window.addEventListener("load", begin, { once: true }); // nobody reads a page that still loads
  }

  const needs = ["drawn", "map", "tool", "query", "result", "pending", "error", "mapError", "colourError", "target"];
  return { needs, draw, announce, announceCursor, toast };
}
