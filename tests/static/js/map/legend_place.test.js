import assert from "node:assert/strict";
import { test } from "node:test";

import { hiddenSources } from "../../../../static/js/map/legend_place.js";

/** Sources along the diagonal from the lower left to the upper right, and a crowd in one place. */
function mapWith(crowd) {
  const x = [], y = [];
  for (let i = 0; i <= 100; i++) (x.push(i), y.push(i));
  for (let i = 0; i < 40; i++) (x.push(crowd[0]), y.push(crowd[1]));
  return { x: Float32Array.from(x), y: Float32Array.from(y), n: x.length };
}

const SIZE = { width: 800, height: 800 };
const CARD = { width: 200, height: 120 };

test("a diagonal leaves the upper left corner free", () => {
  const { top, bottom } = hiddenSources(mapWith([50, 50]), SIZE, CARD);
  assert.equal(top, 0);
  assert.ok(bottom > 5);
});

test("a crowd in the upper left corner is counted there", () => {
  const { top, bottom } = hiddenSources(mapWith([3, 99]), SIZE, CARD);
  assert.ok(top >= 40);
  assert.ok(bottom < 40);
});
