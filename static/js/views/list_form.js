/**
 * The form for a list: what was typed or the file that was chosen or dropped, and how to search.
 * It never reads the file and never sends anything.
 *
 * Emits explorer:list {body, options}.
 */

import { formatBytes } from "../core/format.js";
import { byId, emit } from "../core/html.js";

const EMPTY = "The list is empty: write one position or name a line, or choose a file.";

/** @param {HTMLFormElement} form @param {HTMLElement} target Shown while a file hovers. */
export function createListForm(form, target) {
  const [text, file, k, error] = ["list", "file", "k", "form-error"].map(byId);
  let chosen = null;

  byId("choose").addEventListener("click", () => file.click());
  byId("file-remove").addEventListener("click", () => choose(null));
  file.addEventListener("change", () => file.files.length && choose(file.files[0]));
  form.addEventListener("submit", submit);
  for (const name of ["dragenter", "dragover"]) document.addEventListener(name, over);
  document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || show(false));
  document.addEventListener("drop", dropped);

  function submit(event) {
    event.preventDefault();
    say("");
    const wanted = Number(k.value);
    if (!Number.isInteger(wanted) || wanted < Number(k.min) || wanted > Number(k.max)) {
      return say(`The number of neighbours is ${k.min} to ${k.max}, not '${k.value}'.`, k);
    }
    if (!chosen && !text.value.trim()) return say(EMPTY, text);
    const options = {
      name: chosen?.name ?? "",
      k: wanted,
      hideDuplicates: byId("hide-duplicates").checked,
      askSurvey: byId("ask-survey").checked,
      lookUpNames: byId("look-up-names").checked,
    };
    emit(form, "explorer:list", { body: chosen ?? text.value, options });
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
  }

  function say(sentence, /** @type {any} */ field = null) {
    error.textContent = sentence;
    for (const each of [text, k]) each.toggleAttribute("aria-invalid", false);
    field?.setAttribute("aria-invalid", "true");
    field?.focus();
  }

  function over(event) {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    show(true);
  }

  function dropped(event) {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    show(false);
    const { files } = event.dataTransfer;
    if (files.length === 1) choose(files[0]);
    else say("Drop one file at a time.");
  }

  const show = (shown) => (target.hidden = !shown);
  const busy = (on) => (byId("submit").disabled = on);
  return { say, busy };
}
