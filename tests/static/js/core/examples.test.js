import assert from "node:assert/strict";
import test from "node:test";

import { asResult, examplePairs, examplesBody, examplesQuery, itemOf, keyOf, marked, readExample, weighted, without } from "../../../../static/js/core/examples.js";

const [A, B] = [{ id: "a", title: "A" }, { id: "b", title: "B" }];

test("a mark is set, changed and taken away", () => {
  const one = marked([], A, true);
  assert.deepEqual(one, [{ ...A, weight: 1, wanted: true }]);
  assert.equal(marked(one, A, false)[0].wanted, false);
  assert.deepEqual(marked(one, A, true), []);
  assert.deepEqual(marked([], B, false, A).map(({ id, wanted }) => [id, wanted]), [["a", true], ["b", false]]);
  assert.deepEqual(marked(one, B, true, { id: "c", title: "C" }).map(({ id }) => id), ["a", "b"]);
  assert.equal(weighted(one, keyOf(A), 3)[0].weight, 3);
  assert.deepEqual(without(one, keyOf(A)), []);
});

test("unwanted examples alone are no question", () => {
  assert.equal(examplesQuery(marked([], A, false)), null);
  assert.deepEqual(examplesQuery(marked([], A, true)), { kind: "examples", examples: [{ id: "a", weight: 1, wanted: true }] });
});

test("the server is given ids, positions and weights", () => {
  const examples = [{ id: "a", weight: 2, wanted: true }, { position: "1 +2", survey: "nvss", weight: 1, wanted: false }];
  assert.deepEqual(JSON.parse(examplesBody(examples)), {
    wanted: [{ source_id: "a", weight: 2 }],
    unwanted: [{ position: "1 +2", survey: "nvss", weight: 1 }],
  });
  assert.deepEqual(examplePairs(examples), [["wanted", "2:a"], ["unwanted", "1@1 +2@nvss"]]);
});

for (const text of ["", "a", "0:a", "-1:a", "x:a", "1:", "2"]) {
  test(`${JSON.stringify(text)} is no example`, () => assert.equal(readExample("wanted", text), null));
}

test("what is open is an example by its id, else by its place, and an image of one's own is none", () => {
  const result = (query) => ({ query: { name: "N", position: "P", source_id: null, ...query } });
  assert.deepEqual(itemOf({ kind: "position", text: "3C 285" }, result({ source_id: "s" })), { id: "s", title: "N" });
  assert.deepEqual(itemOf({ kind: "degrees", ra: 1, dec: -2, survey: "nvss" }, result({})), { position: "1 -2", survey: "nvss", title: "N" });
  assert.equal(itemOf({ kind: "image" }, result({})), null);
});

test("an answer to examples is no source and has no place on the sky", () => {
  const answer = { query: { wanted: [{ image_url: "/w" }], unwanted: [{}], angular_extent_arcsec: 30, warnings: ["w"] }, neighbours: [], map: {} };
  const { query, examples } = asResult(answer);
  assert.equal(query.name, "2 examples");
  assert.deepEqual([query.source_id, query.ra_deg, query.image_url, query.warnings], [null, null, "/w", ["w"]]);
  assert.equal(examples, answer.query);
});
