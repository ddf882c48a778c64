import assert from "node:assert/strict";
import test from "node:test";

import { idsOf, isSession, openedWords, parseSession, sessionOf, takeOver } from "../../../../static/js/core/session_file.js";

const META = {
  version: "v1", n: 5, catalogue: { name: "C" }, encoder: { sha256: "e" },
  columns: [{ name: "redshift", kind: "number" }, { name: "label", kind: "category" }],
  layouts: [{ name: "ours" }],
};
const STATE = {
  query: { kind: "source", id: "a" }, k: 24, hideDuplicates: true, duplicatesArcsec: 5, colour: "label", colourRange: null,
  layout: "ours", view: { cx: 1, cy: 2, span: 3 }, style: { stretch: "log" }, compared: ["a", "b"],
  filters: { redshift: { kind: "range", low: 0.1, high: null, unknown: false } },
  conditions: { where: ["label:FRI", "redshift:0.1.."], selection: "0123456789abcdef", extent_percent: "30" },
  examples: [{ id: "a", weight: 2, wanted: true }, { position: "1 +2", weight: 1, wanted: false }],
  selections: [{ name: "A", colour: "#000", shapes: [{ op: "+", corners: [0, 0, 1, 0, 1, 1] }], rows: null }],
  trail: [{ id: "b", title: "B", url: "/b" }],
};
const saved = (state = STATE) => JSON.parse(JSON.stringify(sessionOf(state, META, [["a", "b"]], new Date(0))));
const HERE = [{ rows: [0, 1], missing: [] }];

test("a session opens on its own bundle as it was", () => {
  const { patch, query, colour, layout, lost } = takeOver(saved(), META, new Set(), HERE);
  assert.deepEqual(lost, []);
  assert.deepEqual([query, colour, layout], [STATE.query, "label", "ours"]);
  for (const key of ["k", "hideDuplicates", "duplicatesArcsec", "view", "style", "compared", "filters", "conditions", "examples"]) {
    assert.deepEqual(patch[key], STATE[key], key);
  }
  assert.deepEqual(patch.selections[0].shapes, STATE.selections[0].shapes);
  assert.equal(patch.trail[0].url, "/api/sources/b/cutout.png");
  assert.equal(openedWords(patch), "Session opened: 1 selection, 1 filter, 2 examples, 1 place visited.");
});

test("on another bundle what fits is taken over, and each thing that does not is said with its ids", () => {
  const other = { ...META, version: "v2", columns: [{ name: "redshift", kind: "number" }] };
  const { patch, query, colour, lost } = takeOver(saved(), other, new Set(["a"]), [{ rows: [7], missing: ["a"] }]);
  assert.equal(query, null);
  assert.equal(colour, null);
  assert.deepEqual(patch.selections[0].shapes, [{ op: "+", rows: [7] }]);
  assert.deepEqual(patch.conditions, { extent_percent: "30", where: ["redshift:0.1.."] });
  assert.deepEqual(patch.examples.map(({ position }) => position), ["1 +2"]);
  assert.deepEqual([patch.compared, patch.view], [["b"], null]);
  for (const said of [/Selection A: 1 of 2 sources are not here: a\./, /What was open.* a\./, /Examples: .* a\./, /to compare: .* a\./, /label:FRI/, /part of the map/, /column “label”/, /lie in a selection/]) {
    assert.ok(lost.some((each) => said.test(each)), String(said));
  }
  assert.equal(lost.length, 8);
});

test("an image of one's own is not in the file, and that is said", () => {
  const session = saved({ ...STATE, query: { kind: "image", image: { name: "mine.fits" } } });
  assert.equal(session.query, null);
  assert.match(takeOver(session, META, new Set(), HERE).lost[0], /“mine\.fits” .* does not hold images/);
});

test("a search with examples of which one is gone is not made with the rest", () => {
  const query = { kind: "examples", examples: [{ id: "a", weight: 1, wanted: true }, { id: "b", weight: 1, wanted: true }] };
  const { query: opened, lost } = takeOver(saved({ ...STATE, query }), META, new Set(["b"]), HERE);
  assert.equal(opened, null);
  assert.ok(lost.some((each) => /made with b too/.test(each)));
});

test("what is asked of a bundle is every id of the file, once", () => {
  assert.deepEqual(idsOf(saved()), ["a", "b"]);
});

test("a file that is no session is refused in a sentence", () => {
  assert.ok(isSession(JSON.stringify(saved())));
  assert.ok(!isSession('{"type": "FeatureCollection"}'));
  assert.throws(() => parseSession("{", "x.json"), /x\.json is no session: it is not whole/);
  assert.throws(() => parseSession("{}", "x.json"), /x\.json is no session of this explorer/);
  assert.throws(() => parseSession(JSON.stringify({ ...saved(), version: 2 }), "x.json"), /version 2; this explorer reads version 1/);
});
