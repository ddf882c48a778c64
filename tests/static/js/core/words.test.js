import assert from "node:assert/strict";
import test from "node:test";

import * as words from "../../../../static/js/core/words.js";

const better = { rank: 1, source_id: "a" };
const duplicate = { rank: 3, source_id: "b", duplicate_of: "a", separation_arcsec: 5 };

test("a near-duplicate names the better match and the distance between the two", () => {
  const said = words.duplicateSentence(duplicate, [better, duplicate], () => 12);
  assert.equal(said, "Same sky as no. 1, 12.0″ away");
});

test("a near-duplicate of the query says so", () => {
  const said = words.duplicateSentence({ ...duplicate, duplicate_of: "query" }, [], () => 12);
  assert.equal(said, "Same sky as the query, 5.0″ away");
});

test("a neighbour that is no duplicate gets no sentence", () => {
  assert.equal(words.duplicateSentence({ ...duplicate, duplicate_of: null }, [], () => 12), "");
});

test("the limits of an extent are explained, and nothing is said where there is none", () => {
  const statements = { unresolved: "An upper limit.", "beyond field": "Out of the 126″ square." };
  const extent = (flag) => ({ angular_extent_arcsec: 5.4, extent_flag: flag });
  assert.match(words.extentSentence(extent("unresolved"), statements), /upper limit/);
  assert.match(words.extentSentence(extent("beyond field"), statements), /126″/);
  assert.equal(words.extentSentence(extent("ok"), statements), "");
  const unknown = { angular_extent_arcsec: null, extent_flag: "ok" };
  assert.match(words.extentSentence(unknown, statements), /No angular extent/);
});

test("a column that is not described gets label and unit from its name", () => {
  assert.deepEqual(words.columnFromName("beam_minor_arcsec"), {
    name: "beam_minor_arcsec",
    label: "Beam minor",
    unit: "arcsec",
  });
  assert.equal(words.columnFromName("rms_jy_beam").unit, "Jy/beam");
  assert.equal(words.columnFromName("package_entry").label, "Package entry");
});

test("a source without a name is called by its position", () => {
  assert.equal(words.titleOf({ name: "", position: "12h04m55.0s +48d32m56s" }), "12h04m55.0s +48d32m56s");
  assert.equal(words.titleOf({ name: "3C 31", position: "x" }), "3C 31");
});

test("after a failed search it is said what is still shown, if anything is", () => {
  const result = { query: { name: "3C 285", position: "x" } };
  const error = { parameter: "position", detail: "No.", query: { kind: "position", text: "3C 31" } };
  assert.equal(words.stillSentence({ error, query: {}, result }), "Below is still 3C 285.");
  assert.equal(words.stillSentence({ error, query: null, result: null }), "");
  assert.equal(words.stillSentence({ error: null, query: {}, result }), "");
  const untold = { parameter: "k", detail: "No number." };
  assert.equal(words.stillSentence({ error: untold, query: {}, result }), "");
});

test("novelty is said in the direction that means something", () => {
  assert.match(words.noveltySentence(82.64, 10), /less like .* than 82\.6 % of the catalogue/);
  assert.match(words.noveltySentence(1.3, 10), /more like .* than 98\.7 % of the catalogue/);
  assert.equal(words.noveltySentence(null), "");
});

test("a survey that could not be reached is never one without an image", () => {
  const list = ["a", "b", "c"].map((name) => ({ name }));
  const states = (...all) => Object.fromEntries(all.map((state, i) => [list[i].name, { state }]));
  assert.match(words.surveysSentence(list, states("failed", "failed", "failed")), /^None of the 3 surveys could be reached/);
  assert.equal(words.surveysSentence(list, states("here", "empty", "failed")), "1 of 3 surveys have an image of this field; 1 could not be reached.");
  assert.equal(words.surveysSentence(list, states("empty", "empty", "failed")), "None of the 2 surveys that answered has an image of this field; 1 could not be reached.");
  assert.equal(words.surveysSentence(list, states("here", "empty", "empty")), "1 of 3 surveys have an image of this field.");
});
