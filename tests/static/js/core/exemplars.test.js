import assert from "node:assert/strict";
import test from "node:test";

import { overlap } from "../../../../static/js/core/boxes.js";
import { exemplarRows, isNear, placePictures } from "../../../../static/js/core/exemplars.js";
import { Rows } from "../../../../static/js/core/rows.js";

const N = 3000;
const MAP = {
  x: Float32Array.from({ length: N }, (_, i) => 10 * ((i * 0.7548776662) % 1)),
  y: Float32Array.from({ length: N }, (_, i) => 10 * ((i * 0.569840291) % 1)),
};
const at = (x, y, span = 4) => ({ x: [x, x + span], y: [y, y + span], width: 800, height: 800 });

test("pictures come once the map shows clearly less than the whole", () => {
  assert.ok(!isNear(MAP, at(0, 0, 10)));
  assert.ok(isNear(MAP, at(0, 0, 4)));
});

test("examples lie in view, apart from each other, and are the same each time", () => {
  const view = at(3, 3);
  const rows = exemplarRows(MAP, view, { most: 20 });
  assert.ok(rows.length > 8 && rows.length <= 20);
  assert.deepEqual(exemplarRows(MAP, view, { most: 20 }), rows);
  const perPx = 4 / 800;
  for (const [k, row] of rows.entries()) {
    assert.ok(MAP.x[row] > 3 && MAP.x[row] < 7 && MAP.y[row] > 3 && MAP.y[row] < 7);
    for (const other of rows.slice(k + 1)) {
      assert.ok(Math.hypot(MAP.x[row] - MAP.x[other], MAP.y[row] - MAP.y[other]) > 50 * perPx);
    }
  }
});

test("a view that is moved a little keeps the examples that stay in it", () => {
  const before = exemplarRows(MAP, at(3, 3), { most: 99 });
  const after = exemplarRows(MAP, at(3.15, 3.1), { most: 99 });
  const stay = before.filter((row) => MAP.x[row] > 3.4 && MAP.x[row] < 6.8 && MAP.y[row] > 3.4 && MAP.y[row] < 6.8);
  assert.ok(stay.length > 5);
  assert.ok(stay.filter((row) => after.includes(row)).length >= stay.length - 1);
});

test("only what the filters show is an example", () => {
  const among = Rows.of(N, [...Array(N).keys()].filter((row) => row % 7 === 0));
  const rows = exemplarRows(MAP, at(3, 3), { most: 20, among });
  assert.ok(rows.length > 3);
  assert.ok(rows.every((row) => row % 7 === 0));
});

test("a picture covers neither another, nor a point, nor what is taken, and stays on its side", () => {
  const points = [[100, 100], [140, 110], [300, 300], [790, 790], [400, 310]].map((px, row) => ({ row, px }));
  const taken = [{ left: 310, right: 420, top: 200, bottom: 298 }];
  const sides = new Map();
  const placed = placePictures(points, 72, taken, { width: 800, height: 800 }, sides);
  assert.equal(placed.length, 5);
  for (const [k, { box, row }] of placed.entries()) {
    assert.ok(box.left >= 0 && box.top >= 0 && box.right <= 800 && box.bottom <= 800);
    assert.ok(!taken.some((each) => overlap(each, box)));
    assert.ok(!placed.some((other, j) => j !== k && overlap(other.box, box)));
    for (const { px: [x, y], row: other } of points) {
      if (other !== row) assert.ok(!(x > box.left && x < box.right && y > box.top && y < box.bottom));
    }
  }
  const moved = points.map(({ row, px: [x, y] }) => ({ row, px: [x - 4, y - 3] }));
  const again = placePictures(moved, 72, [], { width: 800, height: 800 }, sides);
  const offsets = (all, from) => all.map(({ row, box }) => [row, Math.round(box.left - from[row].px[0]), Math.round(box.top - from[row].px[1])]);
  assert.deepEqual(offsets(again, moved), offsets(placed, points));
});

test("a picture without room is left out", () => {
  const everywhere = [{ left: 0, right: 200, top: 0, bottom: 200 }];
  assert.deepEqual(placePictures([{ row: 1, px: [100, 100] }], 72, everywhere, { width: 200, height: 200 }), []);
});
