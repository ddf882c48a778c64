import assert from "node:assert/strict";
import { test } from "node:test";

import { Rows } from "../../../../static/js/core/rows.js";

test("a set of rows knows what is in it, in order", () => {
  const rows = Rows.of(6, [5, 1, 1, -1, 6]);
  assert.deepEqual([...rows.indices], [1, 5]);
  assert.equal(rows.count, 2);
  assert.deepEqual([rows.has(1), rows.has(2), rows.has(99)], [true, false, false]);
});
