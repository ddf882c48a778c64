/**
 * Files dropped anywhere on the page, or pasted: one of them becomes the image to search with.
 * It never reads the file.
 *
 * Emits explorer:image {file}, explorer:invalid {parameter, detail}.
 */

import { emit } from "./html.js";

const ONE = "Drop one image at a time. To search many positions at once, use “Search many positions”.";
const NOTHING = "What was dropped is no file. Drop a FITS, PNG or JPEG file, or choose one.";

/** @param {HTMLElement} root The page. @param {HTMLElement} target Shown while a file hovers. */
export function createDrop(root, target) {
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
    if (files.length === 1) return emit(root, "explorer:image", { file: files[0] });
    emit(root, "explorer:invalid", { parameter: "image", detail: files.length ? ONE : NOTHING });
  }

  const show = (shown) => (target.hidden = !shown);
  const holdsFiles = (data) => !own && [...(data?.types ?? [])].includes("Files");
}
