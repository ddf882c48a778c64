/**
 * The image as a question: choose one, say its scale, see what became of it.
 * It never reads a file and never sends one.
 *
 * Emits explorer:image {file}, explorer:image-search {pixelScaleArcsec, ra, dec},
 * explorer:image-remove, explorer:cancel, explorer:invalid {parameter, detail}.
 */

import { formatBytes } from "./format.js";
import { emit, fill, sayError } from "./html.js";
import { isPlainPicture } from "./imagefile.js";
import { readSaid, SAID } from "./imagesaid.js";
import { pendingWords } from "./pending.js";
import { stillSentence } from "./words.js";

const SLOW_AFTER_MS = 500;

/** @param {HTMLFormElement} form */
export function createImageForm(form) {
  const find = (id) => form.querySelector(`#${id}`);
  const [choose, file, chosen] = ["image-choose", "image-file", "image-chosen"].map(find);
  const [name, size, said] = ["image-name", "image-size", "image-said"].map(find);
  const [status, words, wrong] = ["image-status", "image-words", "image-error"].map(find);
  const inputs = Object.fromEntries(SAID.map(({ parameter, id }) => [parameter, find(id)]));
  let shown = {};
  let timer = null;

  choose.addEventListener("click", () => file.click());
  file.addEventListener("change", taken);
  form.addEventListener("submit", submit);
  find("image-remove").addEventListener("click", remove);
  find("image-cancel").addEventListener("click", () => emit(form, "explorer:cancel"));

  /** The same file can be chosen again: it may have changed. */
  function taken() {
    const [first] = file.files;
    if (first) emit(form, "explorer:image", { file: first });
    file.value = "";
  }

  function submit(event) {
    event.preventDefault();
    const { values, problem } = readSaid(inputs);
    if (problem) emit(form, "explorer:invalid", problem);
    else emit(form, "explorer:image-search", values);
  }

  function remove() {
    emit(form, "explorer:image-remove");
    choose.focus();
  }

  function draw(state) {
    const { image, pending, error, query, result } = state;
    const asked = [pending?.query, query].find((q) => q?.image && q.image === image);
    drawImage(image, asked, error);
    if (asked && asked === query && result?.query.ra_deg === null) said.hidden = false;
    drawPending(pending);
    drawError(state);
  }

  /** What is being typed is overwritten only by another image, or another question about it. */
  function drawImage(image, asked, error) {
    chosen.hidden = !image;
    const fresh = image && image !== shown.image;
    if (fresh) drawName(image);
    if (fresh || (asked && asked.id !== shown.asked)) drawSaid(asked);
    shown = { image, asked: asked?.id };
    if (fresh) said.hidden = !isPlainPicture(image);
    if (error?.parameter in inputs) said.hidden = false;
    if (fresh && !asked && !said.hidden) inputs.pixel_scale_arcsec.select();
  }

  function drawName(image) {
    fill(name, image.name);
    fill(size, `${formatBytes(image.sizeBytes)}${kind(image)}`);
  }

  /** What was said of an image that was asked about; for a new one, what is assumed. */
  function drawSaid(asked) {
    inputs.pixel_scale_arcsec.value = asked?.pixelScaleArcsec ?? inputs.pixel_scale_arcsec.defaultValue;
    inputs.ra.value = asked?.ra ?? "";
    inputs.dec.value = asked?.dec ?? "";
  }

  function drawPending(pending) {
    clearTimeout(timer);
    const asks = pending?.query.kind === "image";
    status.hidden = !asks;
    form.classList.toggle("asking", asks);
    if (!asks) return;
    const [first, later] = pendingWords(pending.query);
    fill(words, first);
    timer = setTimeout(() => fill(words, later), SLOW_AFTER_MS);
  }

  function drawError(state) {
    const { error } = state;
    const ours = error?.parameter === "image" || error?.parameter in inputs;
    sayError(wrong, ours ? error.detail : "", stillSentence(state));
    for (const [parameter, input] of Object.entries(inputs)) {
      if (ours && error.parameter === parameter) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }

  return { draw };
}

const kind = ({ format }) => (format === "unknown" ? "" : `, ${format}`);
