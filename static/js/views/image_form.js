/**
 * The image as a question: choose one, say its scale, see what became of it.
 * It never reads a file and never sends one.
 *
 * Emits explorer:file {file} (dropped or pasted), explorer:image {file}, explorer:image-search {pixelScaleArcsec, ra, dec},
 * explorer:image-remove, explorer:cancel, explorer:invalid {parameter, detail}.
 */

import { formatBytes } from "../core/format.js";
import { byId, emit, fill, sayError } from "../core/html.js";
import { isPlainPicture } from "../core/image_query.js";
import { stillSentence } from "../core/words.js";
import { pendingWords } from "./status.js";

const ONE = "Drop one file at a time: an image, or one list of positions.";
const nothing = (kinds) => `What was dropped is no file. Drop or choose one: ${kinds}.`;

/**
 * @param {HTMLElement} root The page.
 * @param {HTMLElement} target Shown while a file hovers.
 * @param {import("../core/state.js").Meta} meta
 */
export function createDrop(root, target, meta) {
  let own = false; // a picture of this page that is being dragged is no file to search with

  root.addEventListener("dragstart", () => (own = true));
  root.addEventListener("dragend", () => (own = false));
  root.addEventListener("dragenter", over);
  root.addEventListener("dragover", over);
  root.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || show(false));
  root.addEventListener("drop", dropped);
  root.addEventListener("paste", pasted);

  function over(event) {
    if (!holdsFiles(event.dataTransfer)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    show(true);
  }

  function dropped(event) {
    if (!holdsFiles(event.dataTransfer)) return;
    event.preventDefault();
    show(false);
    take(event.dataTransfer.files);
  }

  /** Text that is pasted into a field is left to the field. */
  function pasted(event) {
    const { files, types } = event.clipboardData;
    const typing = event.target.closest?.("input, textarea");
    if (!files.length || (typing && types.includes("text/plain"))) return;
    event.preventDefault();
    take(files);
  }

  function take(files) {
    if (files.length === 1) return emit(root, "explorer:file", { file: files[0] });
    emit(root, "explorer:invalid", { parameter: "image", detail: files.length ? ONE : nothing(meta.uploads.kinds) });
  }

  const show = (shown) => (target.hidden = !shown);
  const holdsFiles = (data) => !own && [...(data?.types ?? [])].includes("Files");
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The fields, by the server's names for them. */
export const SCALE_FIELDS = [
  { parameter: "pixel_scale_arcsec", id: "image-scale", key: "pixelScaleArcsec" },
  { parameter: "ra", id: "image-ra", key: "ra" },
  { parameter: "dec", id: "image-dec", key: "dec" },
];
const CHECKS = {
  pixel_scale_arcsec: (v) => v > 0 || "is no pixel scale: give arcsec per pixel, a number above 0.",
  ra: (v) => (v >= 0 && v <= 360) || "is no right ascension in degrees: give 0 to 360.",
  dec: (v) => (v >= -90 && v <= 90) || "is no declination in degrees: give -90 to +90.",
};
const HALF = "is half a position: give RA and Dec of the centre in degrees, or neither.";

/**
 * Read the fields.
 * @param {Record<string, {value: string}>} inputs By parameter.
 * @returns {{values?: {pixelScaleArcsec: number|null, ra: number|null, dec: number|null},
 *   problem?: {parameter: string, detail: string}}} The values, or what is wrong with one.
 */
export function readScaleFields(inputs) {
  const values = { pixelScaleArcsec: null, ra: null, dec: null };
  for (const { parameter, key } of SCALE_FIELDS) {
    const text = inputs[parameter].value.trim().replace("\u2212", "-");
    values[key] = text === "" ? null : NUMBER.test(text) ? Number(text) : NaN;
    const passed = values[key] === null || CHECKS[parameter](values[key]);
    if (passed !== true) return { problem: { parameter, detail: `“${text}” ${passed}` } };
  }
  return half(values) ?? { values };
}

function half({ ra, dec }) {
  if ((ra === null) === (dec === null)) return null;
  const [given, missing] = ra === null ? [`Dec ${dec}`, "ra"] : [`RA ${ra}`, "dec"];
  return { problem: { parameter: missing, detail: `${given} alone ${HALF}` } };
}

const SLOW_AFTER_MS = 500;

/** @param {HTMLFormElement} form @param {import("../core/state.js").Meta} meta */
export function createImageForm(form, meta) {
  /** @returns {any} */
  const find = (id) => form.querySelector(`#${id}`);
  const choose = byId("image-choose");
  const [file, chosen] = ["image-file", "image-chosen"].map(find);
  const [name, size, said] = ["image-name", "image-size", "image-said"].map(find);
  const [status, words, wrong] = ["image-status", "image-words", "image-error"].map(find);
  const inputs = Object.fromEntries(SCALE_FIELDS.map(({ parameter, id }) => [parameter, find(id)]));
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
    const { values, problem } = readScaleFields(inputs);
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
    const [first, later] = pendingWords(pending.query, meta);
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

  const needs = ["image", "query", "pending", "error"];
  return { needs, draw };
}

const kind = ({ format }) => (format === "unknown" ? "" : `, ${format}`);
