import assert from "node:assert/strict";
import test from "node:test";

import { readAddress, sameQuery, writeAddress } from "../../../../static/js/core/address.js";

const DEFAULTS = {
  k: 12,
  kMax: 200,
  colour: "angular_extent_arcsec",
  colours: ["angular_extent_arcsec", "label"],
  layouts: ["ours", "listed"],
  duplicatesArcsec: 30,
};
const PLAIN = {
  query: null,
  k: 12,
  colour: "angular_extent_arcsec",
  layout: "ours",
  hideDuplicates: false,
  duplicatesArcsec: 30,
  view: null,
};

test("an empty address is the plain page, and the plain page an empty address", () => {
  assert.deepEqual(readAddress("", DEFAULTS), PLAIN);
  assert.equal(writeAddress(PLAIN, DEFAULTS), "");
});

for (const [what, shared] of Object.entries({
  "a source": { query: { kind: "source", id: "firstgalaxydata-3" } },
  "a source with a difficult id": { query: { kind: "source", id: "J1+2 &=/é" } },
  "the catalogue's own map": { layout: "listed" },
  "a position as typed": { query: { kind: "position", text: "12h04m55.0s +48d32m56s" } },
  "a position in degrees": { query: { kind: "degrees", ra: 181.229, dec: -0.5 } },
  "a place in another survey": { query: { kind: "degrees", ra: 1.5, dec: -2, survey: "nvss" } },
  "a name in another survey": { query: { kind: "position", text: "3C 31", survey: "vlass" } },
  "k and colour": { k: 24, colour: "label" },
  "near-duplicates": { hideDuplicates: true, duplicatesArcsec: 0 },
  "a part of the map": { view: { cx: -1.25, cy: 0, span: 3.5 } },
})) {
  test(`a link reopens ${what}`, () => {
    const wanted = { ...PLAIN, ...shared };
    assert.deepEqual(readAddress(writeAddress(wanted, DEFAULTS), DEFAULTS), wanted);
  });
}

test("defaults are left out of a link", () => {
  const shared = { ...PLAIN, query: { kind: "source", id: "a" } };
  assert.equal(writeAddress(shared, DEFAULTS), "?source=a");
});

test("an image of one's own is in no link", () => {
  const query = { kind: "image", id: "1", image: { name: "a.fits" }, ra: 10, dec: 20 };
  assert.equal(writeAddress({ ...PLAIN, query, k: 5 }, DEFAULTS), "?k=5");
});

test("what makes no sense in an address takes its default", () => {
  const broken = "?k=1e9&colour=nothing&duplicates_arcsec=-1&hide_duplicates=maybe&view=1,2,0";
  assert.deepEqual(readAddress(broken, DEFAULTS), PLAIN);
  assert.equal(readAddress("?k=2.5", DEFAULTS).k, 12);
  assert.equal(readAddress("?k=", DEFAULTS).k, 12);
  assert.equal(readAddress("?ra=10", DEFAULTS).query, null);
  assert.equal(readAddress("?position=%20", DEFAULTS).query, null);
});

test("a source comes before a position when an address names both", () => {
  assert.equal(readAddress("?position=1+2&source=a", DEFAULTS).query.kind, "source");
});

test("the same question is recognised", () => {
  assert.ok(sameQuery({ kind: "source", id: "a" }, { kind: "source", id: "a" }));
  assert.ok(!sameQuery({ kind: "source", id: "a" }, null));
});
