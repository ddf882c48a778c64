/**
 * The image that the person handed over: taken, asked about, put away.
 * It never draws, and an image that says its own scale is asked about at once.
 */

import { imageQuery, isPlainPicture, readImage } from "./imagefile.js";

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
