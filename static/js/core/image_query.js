/**
 * The image that the person handed over: taken, asked about, put away.
 * It never draws, and an image that says its own scale is asked about at once.
 */

/** @type {[string, number[]][]} */
const FORMATS = [
  ["FITS", [0x53, 0x49, 0x4d, 0x50, 0x4c, 0x45]],
  ["PNG", [0x89, 0x50, 0x4e, 0x47]],
  ["JPEG", [0xff, 0xd8, 0xff]],
  ["gzip", [0x1f, 0x8b]],
];
const UNNAMED = "pasted image";

/** @typedef {import("./api.js").ChosenImage} ChosenImage */

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

/** "FITS", "PNG", "JPEG" or "gzip"; "unknown" for anything else. @param {Uint8Array} bytes */
export function formatOf(bytes) {
  const begins = ([, signature]) => signature.every((byte, i) => bytes[i] === byte);
  return FORMATS.find(begins)?.[0] ?? "unknown";
}

/** Whether a format leaves out what an image means on the sky: scale, place and direction. */
export const isPlainPicture = ({ format }) => format === "PNG" || format === "JPEG";

/** Whether north is up in the query's picture: a picture of one's own without a header does not say. */
export const directionsKnown = (asked, query) =>
  asked?.kind !== "image" || (["FITS", "gzip"].includes(asked.image.format) && query.ra_deg !== null);

/** The image as a question; what is not said is null, and what the server assumes it says. */
export function imageQuery(image, { pixelScaleArcsec = null, ra = null, dec = null } = {}) {
  const id = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  return { kind: "image", id, image, pixelScaleArcsec, ra, dec };
}

async function firstBytes(file, name) {
  try {
    return new Uint8Array(await file.slice(0, 8).arrayBuffer());
  } catch {
    throw new Error(`${name} cannot be read: it is a folder, or it has moved or changed. Choose it again.`);
  }
}

/** @param {{store: object, ask: (query: object) => Promise<void>, clear: () => void}} parts */
export function createImages({ store, ask, clear }) {
  let turn = 0;

  /** Take a file; a plain picture waits for its pixel scale. */
  async function choose(file) {
    const mine = ++turn;
    try {
      const image = await readImage(file);
      if (mine !== turn) return;
      store.set({ image, error: null });
      if (!isPlainPicture(image)) await search({});
    } catch (error) {
      if (mine === turn) store.set({ error: { parameter: "image", detail: error.message } });
    }
  }

  /** Ask about the chosen image with what is said of it. */
  async function search(said) {
    const { image } = store.get();
    if (image) await ask(imageQuery(image, said));
  }

  /** Put the image away, and what it found with it. */
  function remove() {
    turn++;
    const { query, pending } = store.get();
    if ((pending?.query ?? query)?.kind === "image") clear();
    store.set({ image: null, error: null });
  }

  return { choose, search, remove };
}
