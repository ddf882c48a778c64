/**
 * The question: a sky position, how many neighbours, what to hide; and what went wrong with it.
 * It never fetches: it says what is asked for.
 *
 * Emits explorer:find {text}, explorer:options {k | hideDuplicates | duplicatesArcsec},
 * explorer:cancel, explorer:invalid {parameter, detail}.
 */

import { emit, fill } from "./html.js";

const SURVEY_AFTER_MS = 500;
const CATALOGUE_WORDS = "Looking in the catalogue";
const NO_POSITION = "Type a sky position first: RA and Dec, such as 181.229 +48.549.";
const MOST_ARCSEC = 3600;

/** @param {HTMLFormElement} form */
export function createSearch(form, { kMax, surveySeconds }) {
  const surveyWords = `Asking the FIRST server, up to ${surveySeconds} s`;
  const find = (id) => form.querySelector(`#${id}`);
  const [position, k, within] = ["position", "k", "duplicates-arcsec"].map(find);
  const [hide, status, words] = ["hide-duplicates", "search-status", "search-words"].map(find);
  const fields = {
    position: { input: position, error: find("search-error") },
    k: { input: k, error: find("k-error") },
    duplicates_arcsec: { input: within, error: find("duplicates-error") },
  };
  let timer = null;
  let shownQuery = null;
  const options = (patch) => emit(form, "explorer:options", patch);
  const refuse = (parameter, detail) => emit(form, "explorer:invalid", { parameter, detail });

  form.addEventListener("submit", submit);
  form.addEventListener("keydown", ({ key }) => key === "Escape" && emit(form, "explorer:cancel"));
  find("cancel").addEventListener("click", () => emit(form, "explorer:cancel"));
  hide.addEventListener("change", () => options({ hideDuplicates: hide.checked }));
  k.addEventListener("change", chooseK);
  within.addEventListener("change", chooseThreshold);

  function submit(event) {
    event.preventDefault();
    const text = position.value.trim();
    if (text) emit(form, "explorer:find", { text });
    else refuse("position", NO_POSITION);
  }

  function chooseK() {
    const value = k.valueAsNumber;
    if (Number.isInteger(value) && value >= 1 && value <= kMax) return options({ k: value });
    refuse("k", `${k.value || "Nothing"} is no number of neighbours: choose 1 to ${kMax}.`);
  }

  function chooseThreshold() {
    const value = within.valueAsNumber;
    if (value >= 0 && value <= MOST_ARCSEC) return options({ duplicatesArcsec: value });
    const given = within.value || "Nothing";
    refuse("duplicates_arcsec", `${given} is no threshold: choose 0 to ${MOST_ARCSEC} arcsec.`);
  }

  function draw(state) {
    drawOptions(state);
    drawPending(state.pending);
    drawErrors(state.error);
  }

  /** What the person is correcting stays as they typed it. */
  function drawOptions({ k: count, hideDuplicates, duplicatesArcsec, query, error }) {
    if (error?.parameter !== "k") k.value = count;
    if (error?.parameter !== "duplicates_arcsec") within.value = duplicatesArcsec;
    hide.checked = hideDuplicates;
    if (query !== shownQuery) position.value = typedText(query);
    shownQuery = query;
  }

  function drawPending(pending) {
    clearTimeout(timer);
    const asks = pending && pending.query.kind !== "source";
    status.hidden = !asks;
    if (!asks) return;
    if (!position.value) position.value = typedText(pending.query); // a link asks, not the person
    const waited = performance.now() - pending.since;
    fill(words, waited < SURVEY_AFTER_MS ? CATALOGUE_WORDS : surveyWords);
    timer = setTimeout(() => fill(words, surveyWords), Math.max(0, SURVEY_AFTER_MS - waited));
  }

  function drawErrors(error) {
    for (const [parameter, field] of Object.entries(fields)) {
      const detail = error?.parameter === parameter ? error.detail : "";
      if (field.error.textContent !== detail) fill(field.error, detail);
      field.error.hidden = !detail;
      if (detail) field.input.setAttribute("aria-invalid", "true");
      else field.input.removeAttribute("aria-invalid");
    }
    form.classList.toggle("wrong", error?.parameter === "position");
  }

  return { draw };
}

function typedText(query) {
  if (query?.kind === "position") return query.text;
  return query?.kind === "degrees" ? `${query.ra} ${query.dec}` : "";
}
