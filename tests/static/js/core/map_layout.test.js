import assert from "node:assert/strict";
import { test } from "node:test";

import { OURS, placedOn } from "../../../../static/js/core/map_layout.js";

const map = { x: [0, 10, 20, 90], y: [5, 6, 7, 80] };
const neighbour = (row) => ({ row, x: -1, y: -1, rank: row });
const answer = (row, rows) => ({
  query: { row },
  map: { x: -1, y: -1, method: "catalogue" },
  neighbours: rows.map(neighbour),
});

test("on the bundle's own map an answer stays as the server placed it", () => {
  const given = answer(0, [1]);
  assert.equal(placedOn(given, map, OURS), given);
  assert.equal(placedOn(given, null, "listed"), given);
  assert.equal(placedOn(null, map, "listed"), null);
});

test("on the catalogue's map a source and its neighbours stand where the catalogue has them", () => {
  const placed = placedOn(answer(3, [1, 2]), map, "listed", 10);
  assert.deepEqual([placed.map.x, placed.map.y], [90, 80]);
  assert.deepEqual(placed.neighbours.map(({ x }) => x), [10, 20]);
  assert.equal(placed.map.method, "catalogue");
});

test("a query that is no source goes to the median of its neighbours' places", () => {
  const placed = placedOn(answer(null, [0, 1, 3]), map, "listed", 10);
  assert.deepEqual([placed.map.x, placed.map.y], [10, 6]);
  const even = placedOn(answer(null, [0, 1]), map, "listed", 10);
  assert.deepEqual([even.map.x, even.map.y], [5, 5.5]);
});
