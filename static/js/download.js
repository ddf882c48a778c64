/**
 * Taking the result away: links to the server's files, and text to the clipboard.
 * It never makes a file itself: what is downloaded is what the API gives to any script.
 */

import { resultUrl } from "./api.js";

/** The formats of the server, as people know them. */
export const FORMATS = [
  ["csv", "CSV"],
  ["ecsv", "ECSV"],
  ["votable", "VOTable"],
  ["parquet", "Parquet"],
];

/** The download address of each format. */
export function downloadLinks(query, options) {
  return FORMATS.map(([format, label]) => ({ format, label, url: resultUrl(query, options, format) }));
}

/** Copy text; false if the browser does not allow it. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** The way that works without HTTPS too, as on a machine in the local network. */
function copyBySelection(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
