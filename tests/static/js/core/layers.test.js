import assert from "node:assert/strict";
import { test } from "node:test";

import { Rows } from "../../../../static/js/core/rows.js";
import { nearestRow, rowInDirection } from "../../../../static/js/core/geometry.js";
import { CATALOGUE, drawnRows, rowOfPoint, valuesOf } from "../../../../static/js/core/layers.js";

const half = { name: "half", rows: Rows.of(6, [1, 3, 5]) };
const one = { name: "one", rows: Rows.of(6, [4]) };

test("a point is the row that its own layer has at its place", () => {
  assert.equal(rowOfPoint(CATALOGUE, 0, 4), 4);
  assert.equal(rowOfPoint([half, one], 0, 2), 5);
  assert.equal(rowOfPoint([half, one], 1, 0), 4);
});

test("what is drawn is the union of the layers, and everything as soon as one draws everything", () => {
  assert.deepEqual([...drawnRows([half, one]).indices], [1, 3, 4, 5]);
  assert.equal(drawnRows([...CATALOGUE, one]), null);
  assert.equal(drawnRows([]).count, 0);
});

test("a layer of all rows copies nothing", () => {
  const values = new Float32Array(6);
  assert.equal(valuesOf(CATALOGUE[0], values), values);
  assert.deepEqual([...valuesOf(half, [0, 10, 20, 30, 40, 50])], [10, 30, 50]);
});

test("the nearest and the next row are among those that are drawn", () => {
  const points = { x: new Float32Array([0, 1, 2, 3, 4, 5]), y: new Float32Array(6) };
  assert.equal(nearestRow(points, 0, 0, half.rows), 1);
  assert.equal(nearestRow(points, 0, 0, Rows.of(6, [])), -1);
  assert.equal(rowInDirection(points, 1, [1, 0], half.rows), 3);
  assert.equal(rowInDirection(points, 1, [1, 0]), 2);
});
