/**
 * The small states of the page as a whole: loading, busy, wrong, announced.
 * It never asks for anything again: main does.
 */

import { formatCount } from "./format.js";
import { titleOf } from "./words.js";

const NAME = "Radio Galaxy Explorer";
const TOAST_MS = 4000;

/** @param {Document} document */
export function createStatus(document) {
  const byId = (id) => document.getElementById(id);
  let timer = null;

  function draw(state) {
    const { drawn, query, result, pending, target, colour } = state;
    byId("details").classList.toggle("busy", Boolean(pending));
    byId("source").setAttribute("aria-busy", String(Boolean(pending)));
    byId("stage").classList.toggle("marked", Boolean(target));
    byId("to-details").hidden = !result;
    byId("zoom-result").disabled = !result;
    byId("colour").value = colour;
    byId("map-loading").hidden = Boolean(state.mapError) || drawn;
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
    if (!result) return;
    const count = formatCount(result.neighbours.length);
    byId("live").textContent = `${titleOf(result.query, query)}: ${count} neighbours found.`;
  }

  function announceCursor({ hoverSource, cursorRow }) {
    const here = cursorRow !== null && hoverSource?.row === cursorRow;
    if (here) byId("live").textContent = titleOf(hoverSource);
  }

  function toast(text) {
    byId("toast").textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => (byId("toast").textContent = ""), TOAST_MS);
  }

  return { draw, announce, announceCursor, toast };
}
