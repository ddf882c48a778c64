import assert from "node:assert/strict";
import test from "node:test";

import { contourOf, contoursOf, densityOf, levelsHolding, nodeOf, SHARES } from "../../../../static/js/core/density.js";

/** A cloud of points that is the same each time: radii of a Gaussian, angles by the golden ratio. */
function cloud(n, cx = 0, cy = 0, sigma = 1) {
  const radius = (i) => sigma * Math.sqrt(-2 * Math.log(1 - (i + 0.5) / n));
  const angle = (i) => 2 * Math.PI * ((i * 0.6180339887) % 1);
  const x = Float32Array.from({ length: n }, (_, i) => cx + radius(i) * Math.cos(angle(i)));
  const y = Float32Array.from({ length: n }, (_, i) => cy + radius(i) * Math.sin(angle(i)));
  return { x, y };
}

const both = (a, b) => ({ x: Float32Array.of(...a.x, ...b.x), y: Float32Array.of(...a.y, ...b.y) });

test("the density of all sources is their number", () => {
  const { values } = densityOf(cloud(500));
  assert.ok(Math.abs(values.reduce((a, b) => a + b) - 500) < 1);
});

test("each level leaves the share of the sources above it that it is named for", () => {
  const map = both(cloud(1500), cloud(500, 8, 3, 0.5));
  const density = densityOf(map);
  const at = [...map.x].map((x, row) => density.values[nodeOf(density, x, map.y[row])]);
  for (const [i, level] of levelsHolding(density, map).entries()) {
    const held = at.filter((value) => value >= level).length / at.length;
    assert.ok(Math.abs(held - SHARES[i]) < 0.01, `${held} is not ${SHARES[i]}`);
  }
});

test("the contour that holds a share of a Gaussian cloud is the circle that theory gives", () => {
  const map = cloud(4000);
  for (const { share, pieces } of contoursOf(map, null).filter((each) => each.share > 0.3 && each.share < 0.9)) {
    const radii = [];
    let length = 0;
    for (let i = 0; i < pieces.length; i += 4) {
      radii.push(Math.hypot(pieces[i], pieces[i + 1]));
      length += Math.hypot(pieces[i + 2] - pieces[i], pieces[i + 3] - pieces[i + 1]);
    }
    const expected = Math.sqrt(-2 * Math.log(1 - share));
    const mean = radii.reduce((a, b) => a + b) / radii.length;
    assert.ok(Math.abs(mean - expected) < 0.12, `${mean} is not ${expected}`);
    assert.ok(length / (2 * Math.PI * expected) > 0.9 && length / (2 * Math.PI * expected) < 1.4);
  }
});

test("only the sources of the mask make the contours", () => {
  const map = both(cloud(400), cloud(400, 20));
  const mask = Uint8Array.from(map.x, (x) => (x < 10 ? 1 : 0));
  const { pieces } = contoursOf(map, mask)[4];
  assert.ok(pieces.length > 0);
  assert.ok(pieces.every((value, i) => i % 2 === 1 || value < 10));
});

test("every piece of a contour goes on in another: lines end nowhere", () => {
  const ends = new Map();
  const { pieces } = contoursOf(both(cloud(300), cloud(200, 5, 1, 0.4)), null)[3];
  for (let i = 0; i < pieces.length; i += 2) {
    const key = `${pieces[i].toFixed(4)},${pieces[i + 1].toFixed(4)}`;
    ends.set(key, (ends.get(key) ?? 0) + 1);
  }
  assert.ok(ends.size > 20);
  assert.ok([...ends.values()].every((count) => count % 2 === 0));
});

test("in a saddle the line keeps the sides of the middle together", () => {
  const grid = (a, b, c, d) => ({ values: Float32Array.of(a, b, d, c), width: 2, height: 2, x0: 0, y0: 0, cell: 1 });
  const low = contourOf(grid(2, 0, 2, 0), 1.5); // high corners lower left and upper right, middle 1
  const high = contourOf(grid(2, 0, 2, 0), 0.5);
  const middles = (pieces) => [0, 4].map((i) => [(pieces[i] + pieces[i + 2]) / 2, (pieces[i + 1] + pieces[i + 3]) / 2]);
  const cornersCut = (pieces) => middles(pieces).map(([x, y]) => `${x < 0.5 ? "l" : "r"}${y < 0.5 ? "b" : "t"}`).sort();
  assert.deepEqual(cornersCut(low), ["lb", "rt"]); // each high corner alone
  assert.deepEqual(cornersCut(high), ["lt", "rb"]); // each low corner alone
});

test("no source has no contour", () => {
  const map = { x: Float32Array.of(1, 2), y: Float32Array.of(1, 2) };
  assert.deepEqual(contoursOf(map, new Uint8Array(2)), []);
});
