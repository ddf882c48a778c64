import assert from "node:assert/strict";
import test from "node:test";

import { UNKNOWN, decodeColumn, decodeMap, numberOf } from "../../../../static/js/core/binary.js";
import { EXTENT, frameOf, mapFrame } from "../frame.js";

test("the codes of a map become its coordinates, in row order", () => {
  const map = decodeMap(mapFrame());
  assert.equal(map.n, 3);
  assert.equal(map.version, "v1");
  assert.deepEqual([...map.x].map((v) => Number(v.toFixed(4))), [-10, 10, -6]);
  assert.deepEqual([...map.y], [1, 0, 0]);
});

test("a number's code runs over 65534 steps from its minimum to its maximum", () => {
  const { colour } = decodeMap(mapFrame());
  assert.equal(numberOf(colour.codes[0], colour), 5);
  assert.equal(numberOf(colour.codes[1], colour), 105);
});

test("the code 65535 is an unknown value, not a large one", () => {
  const { colour } = decodeMap(mapFrame());
  assert.equal(colour.codes[2], UNKNOWN);
  assert.ok(Number.isNaN(numberOf(colour.codes[2], colour)));
});

test("a column keeps its categories and codes", () => {
  const column = { ...EXTENT, name: "label", kind: "category", categories: ["FRI", "FRII"] };
  const decoded = decodeColumn(frameOf({ n: 3, column, version: "v1" }, [[1, 0, UNKNOWN]]));
  assert.deepEqual(decoded.categories, ["FRI", "FRII"]);
  assert.deepEqual([...decoded.codes], [1, 0, UNKNOWN]);
});

test("data cut short are refused with the two sizes", () => {
  const whole = mapFrame();
  assert.throws(() => decodeMap(whole.slice(0, whole.byteLength - 2)), /bytes instead of/);
  assert.throws(() => decodeMap(new ArrayBuffer(0)), /empty/);
  assert.throws(() => decodeMap(whole.slice(0, 40)), /cut short/);
});
