/**
 * Whether a file is an image, a list or a session, by its first bytes: one place takes all.
 * It never reads more than these.
 */

import { formatOf } from "./image_query.js";
import { isSession } from "./session_file.js";

const HEADER_BYTES = 1 << 16;
const TABLE = /XTENSION=\s*'(BIN)?TABLE/;
const LIST_NAME = /\.(csv|tsv|txt|dat|cat|ecsv|vot|votable|xml|parquet|parq|reg|crtf|lis|list|mrt|tbl|zip|bz2|xz)(\.gz)?$/i;

/** @param {File} file @returns {Promise<"image" | "list" | "session">} */
export async function kindOf(file) {
  let bytes;
  try {
    bytes = new Uint8Array(await file.slice(0, HEADER_BYTES).arrayBuffer());
  } catch {
    return "image"; // whose own sentence says that it cannot be read
  }
  const format = formatOf(bytes);
  if (format === "PNG" || format === "JPEG") return "image";
  if (format === "FITS") return holdsTable(bytes) ? "list" : "image";
  if (isSession(new TextDecoder().decode(bytes.subarray(0, 200)))) return "session";
  if (LIST_NAME.test(file.name)) return "list";
  return format === "gzip" || bytes.length === 0 ? "image" : isText(bytes) ? "list" : "image";
}

/** A FITS file without an image in its primary HDU, and a table before any other image. */
function holdsTable(bytes) {
  const cards = new TextDecoder("latin1").decode(bytes);
  const primary = /^NAXIS\s*=\s*(\d+)/m.exec(cards.replaceAll(/.{80}/g, "$&\n"));
  if (primary && Number(primary[1]) > 0) return false;
  const [table, image] = [cards.search(TABLE), cards.indexOf("XTENSION= 'IMAGE")];
  return table >= 0 && (image < 0 || table < image);
}

function isText(bytes) {
  const control = bytes.subarray(0, 2048).filter((byte) => byte < 9 || (byte > 13 && byte < 32)).length;
  return control === 0 || (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}
