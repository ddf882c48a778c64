/**
 * A file that a person hands over: whether it can be read, and which format its first bytes show.
 * It never looks at a pixel and never judges a file by its name: the server decides what it takes.
 */

const FORMATS = [
  ["FITS", [0x53, 0x49, 0x4d, 0x50, 0x4c, 0x45]],
  ["PNG", [0x89, 0x50, 0x4e, 0x47]],
  ["JPEG", [0xff, 0xd8, 0xff]],
  ["gzip", [0x1f, 0x8b]],
];
const ASSUMED_ARCSEC = 1.8;
const UNNAMED = "pasted image";

/** @typedef {import("./endpoints.js").ChosenImage} ChosenImage */

/**
 * @param {File} file
 * @returns {Promise<ChosenImage>}
 * @throws {Error} With a sentence, where there is nothing to read.
 */
export async function readImage(file) {
  const name = file.name || UNNAMED;
  const first = await firstBytes(file, name);
  if (first.length === 0) throw new Error(`${name} is empty: choose a FITS, PNG or JPEG image.`);
  return { file, name, sizeBytes: file.size, format: formatOf(first) };
}

/** "FITS", "PNG", "JPEG" or "gzip"; "unknown" for anything else. */
export function formatOf(bytes) {
  const begins = ([, signature]) => signature.every((byte, i) => bytes[i] === byte);
  return FORMATS.find(begins)?.[0] ?? "unknown";
}

/** Whether a format leaves out what an image means on the sky: scale, place and direction. */
export const isPlainPicture = ({ format }) => format === "PNG" || format === "JPEG";

/** The image as a question; what is not said is null, and a plain picture's scale is assumed. */
export function imageQuery(image, { pixelScaleArcsec = null, ra = null, dec = null } = {}) {
  const assumed = isPlainPicture(image) ? ASSUMED_ARCSEC : null;
  const id = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  return { kind: "image", id, image, pixelScaleArcsec: pixelScaleArcsec ?? assumed, ra, dec };
}

async function firstBytes(file, name) {
  try {
    return new Uint8Array(await file.slice(0, 8).arrayBuffer());
  } catch {
    throw new Error(`${name} cannot be read: it is a folder, or it has moved or changed. Choose it again.`);
  }
}
