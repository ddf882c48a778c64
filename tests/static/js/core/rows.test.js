import assert from "node:assert/strict";
import { test } from "node:test";

import { Rows } from "../../../../static/js/core/rows.js";

test("a set of rows knows what is in it, in order", () => {
  const even = Rows.where(6, (row) => row % 2 === 0);
  assert.deepEqual([...even.indices], [0, 2, 4]);
  assert.equal(even.count, 3);
  assert.deepEqual([even.has(2), even.has(3), even.has(99)], [true, false, false]);
  assert.deepEqual([...Rows.of(6, [5, 1, 1, -1, 6]).indices], [1, 5]);
  assert.equal(Rows.all(6).count, 6);
});

test("sets are combined and stay as they were", () => {
  const even = Rows.where(6, (row) => row % 2 === 0);
  const low = Rows.where(6, (row) => row < 3);
  assert.deepEqual([...even.and(low).indices], [0, 2]);
  assert.deepEqual([...even.or(low).indices], [0, 1, 2, 4]);
  assert.deepEqual([...even.without(low).indices], [4]);
  assert.deepEqual([...even.indices], [0, 2, 4]);
});

test("the values of a column are taken in the order of the rows", () => {
  const rows = Rows.of(4, [3, 1]);
  assert.deepEqual([...rows.take(new Float32Array([10, 11, 12, 13]))], [11, 13]);
});
