import assert from "node:assert/strict";
import test from "node:test";

import { fitsUrl, imageUrl, resultUrl, surveyPictureUrl } from "../../../../static/js/core/api.js";

const OPTIONS = { k: 12, duplicatesArcsec: 30, hideDuplicates: false };

test("a source's id is escaped in the address of its neighbours", () => {
  const url = resultUrl({ kind: "source", id: "J12+34/a b" }, OPTIONS);
  assert.equal(
    url,
    "/api/sources/J12%2B34%2Fa%20b/neighbours?k=12&duplicates_arcsec=30&hide_duplicates=false",
  );
});

test("the plus sign of a declination survives the address", () => {
  const url = resultUrl({ kind: "position", text: "181.229 +48.549" }, OPTIONS, "csv");
  const params = new URL(url, "http://host").searchParams;
  assert.equal(params.get("position"), "181.229 +48.549");
  assert.equal(params.get("format"), "csv");
});

test("an image's size is added to an address that has parameters already", () => {
  assert.equal(imageUrl("/a.png", { sizePx: 70 }), "/a.png?size_px=70");
  assert.equal(imageUrl("/a.png?ra=1", { sizePx: 70 }), "/a.png?ra=1&size_px=70");
  assert.equal(imageUrl("/a.png"), "/a.png");
});

test("an image that came with the answer is its own address", () => {
  const url = "data:image/png;base64,AAAA";
  assert.equal(imageUrl(url, { sizePx: 150, colours: "grey" }), url);
});

test("a question in another survey names it", () => {
  const url = resultUrl({ kind: "degrees", ra: 1.5, dec: -2, survey: "nvss" }, OPTIONS);
  const params = new URL(url, "http://host").searchParams;
  assert.deepEqual([params.get("ra"), params.get("dec"), params.get("survey")], ["1.5", "-2", "nvss"]);
});

test("a field in another survey has its place and size in the address", () => {
  const field = { ra: 181.229, dec: -0.5, sizeArcsec: 270 };
  assert.equal(
    surveyPictureUrl("lotss dr2", field),
    "/api/surveys/lotss%20dr2/cutout.png?ra=181.229&dec=-0.5&size_arcsec=270",
  );
});

test("the FITS of a source is found by its escaped id", () => {
  assert.equal(fitsUrl("a/b"), "/api/sources/a%2Fb/cutout.fits");
});
