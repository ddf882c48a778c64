import assert from "node:assert/strict";
import test from "node:test";

import * as geometry from "../../../../static/js/core/geometry.js";
import { Rows } from "../../../../static/js/core/rows.js";

const WINDOW = { width: 800, height: 400 };
const POINTS = { x: Float32Array.of(0, 1, 5, 0, -2), y: Float32Array.of(0, 0.5, 0, 3, -2.1) };
const [RIGHT, LEFT, UP, DOWN] = [[1, 0], [-1, 0], [0, 1], [0, -1]];

test("a separation is the great-circle distance, across RA 0 too", () => {
  const at = (ra_deg, dec_deg) => ({ ra_deg, dec_deg });
  const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);
  near(geometry.separationArcsec(at(0, 0), at(0, 1)), 3600);
  near(geometry.separationArcsec(at(359.5, 0), at(0.5, 0)), 3600);
  near(geometry.separationArcsec(at(10, 60), at(10.001, 60)), 3.6 * 0.5);
  near(geometry.separationArcsec(at(10, 60), at(10, 60)), 0);
});

test("an arrow moves to the nearest source in its direction", () => {
  assert.equal(geometry.rowInDirection(POINTS, 0, RIGHT), 1);
  assert.equal(geometry.rowInDirection(POINTS, 0, UP), 3);
  assert.equal(geometry.rowInDirection(POINTS, 0, DOWN), 4);
});

test("an arrow stays where nothing lies in its direction", () => {
  assert.equal(geometry.rowInDirection(POINTS, 2, RIGHT), 2);
  assert.equal(geometry.rowInDirection(POINTS, 4, LEFT), 4);
});

test("the nearest row to a place", () => {
  assert.equal(geometry.nearestRow(POINTS, 4, 0.2), 2);
  assert.equal(geometry.nearestRow({ x: [], y: [] }, 0, 0), -1);
});

test("the nearest and the next row are among those that the filters leave", () => {
  const points = { x: new Float32Array([0, 1, 2, 3, 4, 5]), y: new Float32Array(6) };
  const odd = Rows.of(6, [1, 3, 5]);
  assert.equal(geometry.nearestRow(points, 0, 0, odd), 1);
  assert.equal(geometry.nearestRow(points, 0, 0, Rows.of(6, [])), -1);
  assert.equal(geometry.rowInDirection(points, 1, RIGHT, odd), 3);
  assert.equal(geometry.rowInDirection(points, 1, RIGHT), 2);
});

test("a view has the same scale in x and y whatever the window", () => {
  for (const size of [WINDOW, { width: 300, height: 900 }]) {
    const { x, y } = geometry.rangesOf({ cx: 1, cy: 2, span: 3 }, size);
    assert.ok(Math.abs((x[1] - x[0]) / size.width - (y[1] - y[0]) / size.height) < 1e-12);
  }
});

test("ranges give back the view they were made from", () => {
  const view = { cx: 1, cy: -2, span: 3 };
  const back = geometry.viewOf(geometry.rangesOf(view, WINDOW), WINDOW);
  for (const key of ["cx", "cy", "span"]) assert.ok(Math.abs(back[key] - view[key]) < 1e-12);
});

test("the first view holds every source", () => {
  const ranges = { ...geometry.rangesOf(geometry.homeView(POINTS, WINDOW), WINDOW), ...WINDOW };
  POINTS.x.forEach((x, row) => {
    const [px, py] = geometry.toPixels(x, POINTS.y[row], ranges);
    assert.ok(px > 0 && px < WINDOW.width && py > 0 && py < WINDOW.height);
  });
});

test("zooming keeps the place under the pointer where it is", () => {
  const view = { cx: 0, cy: 0, span: 4 };
  const pixels = (v) => geometry.toPixels(1, 1, { ...geometry.rangesOf(v, WINDOW), ...WINDOW });
  const [before, after] = [view, geometry.zoomed(view, 0.5, 1, 1)].map(pixels);
  before.forEach((px, i) => assert.ok(Math.abs(px - after[i]) < 1e-9));
});

test("north of the map is up on the screen", () => {
  const [, py] = geometry.toPixels(0, 1, { x: [0, 1], y: [0, 1], width: 10, height: 10 });
  assert.equal(py, 0);
});
