/**
 * The form for a list: what was typed or the file that was chosen, how it is understood, and how
 * to search. It never reads the file and never sends anything.
 *
 * Emits explorer:list {body, options}, explorer:list-changed {body, options}.
 */

import { formatBytes } from "../core/format.js";
import { byId, emit } from "../core/html.js";

const EMPTY = "The list is empty: write one position or name a line, or choose a file.";
const TYPED_MS = 600;

/** @param {HTMLFormElement} form @param {() => Record<string, string>} chosenColumns As the preview has them. */
export function createListForm(form, chosenColumns) {
  const [text, file, k, error] = ["list", "file", "list-k", "form-error"].map(byId);
  let chosen = null;
  let timer = null;

  byId("choose").addEventListener("click", () => file.click());
  byId("file-remove").addEventListener("click", () => choose(null));
  file.addEventListener("change", () => file.files.length && choose(file.files[0]));
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(changed, TYPED_MS);
  });
  form.addEventListener("submit", submit);

  function submit(event) {
    event.preventDefault();
    say("");
    const wanted = Number(k.value);
    if (!Number.isInteger(wanted) || wanted < Number(k.min) || wanted > Number(k.max)) {
      return say(`The number of neighbours is ${k.min} to ${k.max}, not '${k.value}'.`, k);
    }
    if (!chosen && !text.value.trim()) return say(EMPTY, text);
    emit(form, "explorer:list", { body: body(), options: { ...named(), k: wanted, ...choices() } });
  }

  const body = () => chosen ?? text.value;
  const named = () => ({ name: chosen?.name ?? "", columns: chosenColumns() });
  const choices = () => ({
    hideDuplicates: byId("list-hide-duplicates").checked,
    askSurvey: byId("ask-survey").checked,
    lookUpNames: byId("look-up-names").checked,
  });

  /** Another list, or other columns of it: how it is understood is asked for anew. */
  function changed() {
    const empty = !chosen && !text.value.trim();
    emit(form, "explorer:list-changed", empty ? { body: null } : { body: body(), options: named() });
  }

  /** Take a file instead of the text, or the text again. */
  function choose(picked) {
    chosen = picked;
    file.value = "";
    say("");
    text.disabled = Boolean(picked);
    byId("file-none").hidden = Boolean(picked);
    byId("file-chosen").hidden = !picked;
    byId("file-name").textContent = picked?.name ?? "";
    byId("file-size").textContent = picked ? formatBytes(picked.size) : "";
    emit(form, "explorer:list-new");
    changed();
  }

  function say(sentence, /** @type {any} */ field = null) {
    error.textContent = sentence;
    for (const each of [text, k]) each.toggleAttribute("aria-invalid", false);
    field?.setAttribute("aria-invalid", "true");
    field?.focus();
  }

  const busy = (on) => (byId("submit").disabled = on);
  return { say, busy, choose, changed };
}
