import assert from "node:assert/strict";
import test from "node:test";

import { placeLabels } from "../../../../static/js/map/marks.js";

const WINDOW = { width: 500, height: 500 };
const at = (rank, x, y) => ({ rank, px: [x, y] });

function overlapping(labels) {
  return labels.some((a, i) =>
    labels.slice(i + 1).some((b) => Math.abs(a.px[0] - b.px[0]) < 8 && Math.abs(a.px[1] - b.px[1]) < 13),
  );
}

test("neighbours that lie apart all get their number", () => {
  const placed = placeLabels([at(1, 100, 100), at(2, 200, 200)], null, null, WINDOW);
  assert.deepEqual(placed.map(({ text }) => text), [1, 2]);
});

test("numbers never cover each other, and the best ranks keep theirs", () => {
  const crowd = Array.from({ length: 60 }, (_, i) => at(i + 1, 250 + (i % 5), 250 + (i % 3)));
  const placed = placeLabels(crowd, null, null, WINDOW);
  assert.ok(!overlapping(placed));
  assert.equal(placed[0].text, 1);
  assert.ok(placed.length < 60);
});

test("a neighbour outside the window gets no number", () => {
  assert.deepEqual(placeLabels([at(1, -5, 10), at(2, 510, 10)], null, null, WINDOW), []);
});

test("the neighbour that is pointed at keeps its number in any crowd", () => {
  const crowd = Array.from({ length: 60 }, (_, i) => at(i + 1, 250, 250));
  const placed = placeLabels(crowd, [250, 250], crowd[59], WINDOW);
  assert.equal(placed[0].text, 60);
});
