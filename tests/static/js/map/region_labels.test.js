import assert from "node:assert/strict";
import test from "node:test";

import { placeRegionLabels, regionWords } from "../../../../static/js/map/region_labels.js";

const region = (x, y, more = {}) => ({ x, y, n: 400, known: 312, name: "FRII", count: 222, ...more });
const VIEW = { x: [0, 800], y: [0, 400], width: 800, height: 400 };

test("a label tells the share and what it is of", () => {
  assert.deepEqual(regionWords(region(0, 0)), ["mostly FRII (71 %)", "of 312"]);
  assert.deepEqual(regionWords(region(0, 0, { count: 311 })), ["mostly FRII (99 %)", "of 312"]);
  assert.deepEqual(regionWords(region(0, 0, { count: 312 })), ["all FRII", "of 312"]);
});

test("labels stand apart, the largest first, and one without room or majority is left out", () => {
  const stacked = Array.from({ length: 5 }, () => region(400, 200));
  const placed = placeRegionLabels([region(100, 100), region(700, 300, { name: null }), ...stacked], VIEW, []);
  assert.equal(placed.filter(({ x }) => x > 300).length, 1);
  assert.deepEqual([placed[0].x, placed[0].y], [100, 300]);
});

test("a label at the edge is moved into the view, and one of a region beyond it is not", () => {
  const [edge, ...rest] = placeRegionLabels([region(5, 200), region(-20, 100)], VIEW, []);
  assert.deepEqual(rest, []);
  assert.ok(edge.x > 40 && edge.x < 120);
});

test("a label leaves what is taken free", () => {
  const taken = [{ left: 380, right: 420, top: 185, bottom: 215 }];
  const [label] = placeRegionLabels([region(400, 200)], VIEW, taken);
  assert.equal(label, undefined);
  const [above] = placeRegionLabels([region(400, 200)], VIEW, [{ left: 380, right: 420, top: 203, bottom: 230 }]);
  assert.ok(above.y < 185);
});
