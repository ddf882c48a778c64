import assert from "node:assert/strict";
import test from "node:test";

import { createLruCache } from "../../../../static/js/core/lru_cache.js";

test("the thing put in first goes first, and putting one again keeps it where it is", () => {
  const kept = createLruCache(2);
  kept.put("a", 1);
  kept.put("b", 2);
  kept.put("b", 3);
  assert.deepEqual([kept.get("a"), kept.get("b")], [1, 3]);
  kept.put("c", 4);
  assert.deepEqual([kept.has("a"), kept.get("a"), kept.get("b"), kept.get("c")], [false, undefined, 3, 4]);
});
