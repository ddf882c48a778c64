import assert from "node:assert/strict";
import test from "node:test";

import { createImages } from "../../../../static/js/core/image_query.js";
import { createStore } from "../../../../static/js/core/store.js";

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);

function page() {
  const asked = [];
  const store = createStore({ image: null, error: null, query: null, pending: null });
  const cleared = [];
  const images = createImages({
    store,
    ask: async (query) => asked.push(query),
    clear: () => cleared.push(true),
  });
  return { store, asked, cleared, images };
}

test("a FITS is asked about at once", async () => {
  const { images, asked } = page();
  await images.choose(new File(["SIMPLE  ="], "a.fits"));
  assert.equal(asked.length, 1);
  assert.equal(asked[0].pixelScaleArcsec, null);
});

test("a picture waits for its pixel scale, and is asked about again with another", async () => {
  const { images, asked, store } = page();
  await images.choose(new File([PNG], "a.png"));
  assert.equal(asked.length, 0);
  assert.equal(store.get().image.format, "PNG");
  await images.search({ pixelScaleArcsec: 0.6, ra: null, dec: null });
  await images.search({ pixelScaleArcsec: 2, ra: 10, dec: 20 });
  assert.deepEqual(asked.map((query) => query.pixelScaleArcsec), [0.6, 2]);
  assert.equal(asked[0].image.file, asked[1].image.file);
});

test("an unreadable file is an error at the control", async () => {
  const { images, store } = page();
  await images.choose(new File([], "empty.fits"));
  assert.equal(store.get().error.parameter, "image");
  assert.match(store.get().error.detail, /empty\.fits is empty/);
});

test("the last of two files counts", async () => {
  const { images, asked } = page();
  const slow = { name: "slow.fits", size: 9, slice: () => ({ arrayBuffer: () => late(30) }) };
  const both = [images.choose(slow), images.choose(new File(["SIMPLE  ="], "b.fits"))];
  await Promise.all(both);
  assert.deepEqual(asked.map((query) => query.image.name), ["b.fits"]);
});

test("removing an image clears what it found, and nothing else", () => {
  const { images, store, cleared } = page();
  store.set({ image: { name: "a" }, query: { kind: "source" } });
  images.remove();
  assert.deepEqual([store.get().image, cleared.length], [null, 0]);
  store.set({ image: { name: "a" }, query: { kind: "image" } });
  images.remove();
  assert.equal(cleared.length, 1);
});

const late = (ms) =>
  new Promise((resolve) => setTimeout(() => resolve(new TextEncoder().encode("SIMPLE")), ms));
