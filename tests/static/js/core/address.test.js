import assert from "node:assert/strict";
import test from "node:test";

import { readAddress, sameQuery, writeAddress } from "../../../../static/js/core/address.js";

const DEFAULTS = {
  k: 12,
  kMax: 200,
  colour: "angular_extent_arcsec",
  columns: [
    { name: "angular_extent_arcsec", kind: "number" },
    { name: "redshift", kind: "number" },
    { name: "label", kind: "category" },
  ],
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
  filters: {},
  colourRange: null,
  logColours: false,
  contours: "",
  regions: "",
  exemplars: false,
  placed: "",
  conditions: {},
  list: null,
  examples: [],
  compared: [],
  drawn: [],
  ignored: [],
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
  "a filter on numbers": { filters: { redshift: { kind: "range", low: 0.1, high: null, unknown: true } } },
  "a filter on words": { filters: { label: { kind: "categories", names: ["FR I|II", "Bent:1"], unknown: false } } },
  "the range of the colours": { colourRange: { low: -1.5, high: 20 } },
  "the scale of the colours": { logColours: true },
  "what lies over the map": { contours: "shown", regions: "label", exemplars: true, placed: "aB3-x_" },
  "several examples": {
    query: { kind: "examples", examples: [{ id: "J1:2 @é", weight: 0.5, wanted: true }, { position: "10.5 -3", survey: "nvss", weight: 2, wanted: false }] },
    examples: [{ id: "J1:2 @é", weight: 0.5, wanted: true }, { position: "10.5 -3", survey: "nvss", weight: 2, wanted: false }],
  },
  "examples that were not searched with yet": { query: { kind: "source", id: "a" }, examples: [{ id: "b", weight: 1, wanted: false }] },
  "sources side by side": { compared: ["a", "b c"] },
  "conditions": { conditions: { extent_percent: "30", where: ["label:FRI", "redshift:0.1..0.5"] } },
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
  const ignored = ["k=1e9", "colour=nothing", "duplicates_arcsec=-1", "view=1,2,0"];
  assert.deepEqual(readAddress(broken, DEFAULTS), { ...PLAIN, ignored });
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

test("a link makes a drawn selection again", () => {
  const shapes = [{ op: "+", corners: [0, 0, 1.5, 0, 1, -2] }, { op: "-", rows: [3, 5] }];
  const link = writeAddress({ ...PLAIN, selections: [{ name: "bent, maybe", shapes }] }, DEFAULTS);
  assert.deepEqual(readAddress(link, DEFAULTS).drawn, [{ name: "bent, maybe", shapes }]);
});

test("a link shows the search for a list, and then no source", () => {
  const shown = { ...PLAIN, subject: "list", list: "abc", query: { kind: "source", id: "a" } };
  assert.equal(writeAddress(shown, DEFAULTS), "?search=abc");
  assert.equal(readAddress("?search=abc", DEFAULTS).list, "abc");
  assert.equal(readAddress("?list", DEFAULTS).list, "");
});

test("what a link has too much is named", () => {
  assert.deepEqual(readAddress("?sorce=a&filter=size:1..2&ra=x", DEFAULTS).ignored, ["sorce", "filter=size:1..2", "ra=x"]);
});
