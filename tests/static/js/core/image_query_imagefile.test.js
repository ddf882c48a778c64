import assert from "node:assert/strict";
import test from "node:test";

import { formatOf, imageQuery, isPlainPicture, readImage } from "../../../../static/js/core/image_query.js";

const bytes = (text) => new TextEncoder().encode(text);

test("a format is what the first bytes show, whatever the file is called", async () => {
  assert.equal(formatOf(bytes("SIMPLE  =")), "FITS");
  assert.equal(formatOf(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d)), "PNG");
  assert.equal(formatOf(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)), "JPEG");
  assert.equal(formatOf(Uint8Array.of(0x1f, 0x8b, 8)), "gzip");
  assert.equal(formatOf(bytes("GIF89a")), "unknown");
  const named = await readImage(new File([bytes("SIMPLE  =")], "picture.png"));
  assert.equal(named.format, "FITS");
});

test("an empty file is refused by name", async () => {
  await assert.rejects(readImage(new File([], "nothing.fits")), /nothing\.fits is empty/);
});

test("a file that cannot be read is refused with a reason", async () => {
  const folder = { name: "images", size: 4096, slice: () => ({ arrayBuffer: () => Promise.reject() }) };
  await assert.rejects(readImage(folder), /images cannot be read: it is a folder/);
});

test("a pasted image without a name gets one", async () => {
  assert.equal((await readImage(new File(["x"], ""))).name, "pasted image");
});

test("a scale is assumed for a plain picture only, and only where none is said", () => {
  const picture = { name: "a.png", format: "PNG" };
  assert.ok(isPlainPicture(picture));
  assert.equal(imageQuery(picture).pixelScaleArcsec, null);
  assert.equal(imageQuery(picture, { pixelScaleArcsec: 0.6 }).pixelScaleArcsec, 0.6);
  assert.equal(imageQuery({ name: "a.fits", format: "FITS" }).pixelScaleArcsec, null);
});

test("two questions about one image are told apart", () => {
  const image = { name: "a.png", format: "PNG" };
  assert.notEqual(imageQuery(image).id, imageQuery(image).id);
});
