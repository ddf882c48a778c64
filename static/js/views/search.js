/**
 * The question: a sky position or a name, how many neighbours, what to hide; and what went wrong with it. It never fetches: it says what is asked for.
 *
 * Emits explorer:find {text}, explorer:options {k | hideDuplicates | duplicatesArcsec},
 * explorer:cancel, explorer:invalid {parameter, detail}, explorer:about {section}.
 */

import { formatSeparation } from "../core/format.js";
import { el, emit, fill, sayError } from "../core/html.js";
import { stillSentence } from "../core/words.js";
import { pendingWords } from "./status.js";

const SLOW_AFTER_MS = 500;
const NOTHING_TO_DROP = "(max-width: 899px), (pointer: coarse)";

/**
 * @param {HTMLElement} root Holds the form of the position, and the options.
 * @param {import("../core/state.js").Meta} meta
 */
export function createSearch(root, meta) {
  const { k_max: kMax, duplicates_arcsec_max: mostArcsec } = meta.limits;
  /** @returns {any} */
  const find = (id) => root.querySelector(`#${id}`);
  const [form, position, k, within] = ["search-form", "position", "k", "duplicates-arcsec"].map(find);
  const [hide, status, words] = ["hide-duplicates", "search-status", "search-words"].map(find);
  const fields = {
    position: { input: position, error: find("search-error") },
    k: { input: k, error: find("k-error") },
    duplicates_arcsec: { input: within, error: find("duplicates-error") },
  };
  let timer = null;
  let shownQuery = null;
  if (matchMedia(NOTHING_TO_DROP).matches) position.placeholder = "Position, name or id";
  const options = (patch) => emit(root, "explorer:options", patch);
  const refuse = (parameter, detail) => emit(root, "explorer:invalid", { parameter, detail });

  form.addEventListener("submit", submit);
  root.addEventListener("keydown", ({ key }) => key === "Escape" && emit(root, "explorer:cancel"));
  find("cancel").addEventListener("click", () => emit(root, "explorer:cancel"));
  find("position-forms").addEventListener("click", () =>
    emit(root, "explorer:about", { section: "about-positions" }),
  );
  hide.addEventListener("change", () => options({ hideDuplicates: hide.checked }));
  k.addEventListener("change", chooseK);
  within.addEventListener("change", chooseThreshold);

  function submit(event) {
    event.preventDefault();
    const text = position.value.trim();
    const { degrees, name } = meta.examples;
    if (text) emit(root, "explorer:find", { text });
    else refuse("position", `Type a sky position or a name first, such as ${degrees} or ${name}.`);
  }

  function chooseK() {
    const value = k.valueAsNumber;
    if (Number.isInteger(value) && value >= 1 && value <= kMax) return options({ k: value });
    refuse("k", `${k.value || "Nothing"} is no number of neighbours: choose 1 to ${kMax}.`);
  }

  function chooseThreshold() {
    const value = within.valueAsNumber;
    if (value >= 0 && value <= mostArcsec) return options({ duplicatesArcsec: value });
    const given = within.value || "Nothing";
    refuse("duplicates_arcsec", `${given} is no threshold: choose 0 to ${mostArcsec} arcsec.`);
  }

  function draw(state) {
    drawOptions(state);
    drawPending(state.pending);
    drawErrors(state);
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
    const asks = pending && ["position", "degrees"].includes(pending.query.kind);
    status.hidden = !asks;
    if (!asks) return;
    if (!position.value) position.value = typedText(pending.query); // a link asks, not the person
    const waited = performance.now() - pending.since;
    const [first, later] = pendingWords(pending.query, meta);
    fill(words, waited < SLOW_AFTER_MS ? first : later);
    timer = setTimeout(() => fill(words, later), Math.max(0, SLOW_AFTER_MS - waited));
  }

  function drawErrors(state) {
    const { error } = state;
    for (const [parameter, field] of Object.entries(fields)) {
      const detail = error?.parameter === parameter ? error.detail : "";
      sayError(field.error, detail, stillSentence(state));
      if (detail) field.input.setAttribute("aria-invalid", "true");
      else field.input.removeAttribute("aria-invalid");
    }
    fill(find("search-offers"), ...offers(error?.parameter === "position" ? error : null));
    form.classList.toggle("wrong", error?.parameter === "position");
    for (const own of ["k", "duplicates_arcsec"]) if (error?.parameter === own) find("search-options").open = true;
  }

  /** What there is instead: the nearest source of the catalogue, or names spelt much like it. */
  function offers(error) {
    const link = (words, act) => el("button", { type: "button", class: "link", onclick: act }, words);
    const { nearest = null, closeNames = null } = error ?? {};
    if (!error) return [];
    return [
      nearest && link(`Open ${nearest.name || nearest.source_id}, ${formatSeparation(nearest.separation_arcsec)} away`, () => emit(root, "explorer:source", { id: nearest.source_id })),
      ...(closeNames ?? []).flatMap((name) => [" ", link(name, () => emit(root, "explorer:find", { text: name }))]),
      link("Close", () => emit(root, "explorer:cancel")),
    ];
  }

  const needs = ["query", "pending", "error", "k", "hideDuplicates", "duplicatesArcsec"];
  return { needs, draw };
}

function typedText(query) {
  if (query?.kind === "position") return query.text;
  return query?.kind === "degrees" ? `${query.ra} ${query.dec}` : "";
}
