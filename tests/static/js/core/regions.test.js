import assert from "node:assert/strict";
import test from "node:test";

import { UNKNOWN } from "../../../../static/js/core/binary.js";
import { FEWEST, regionsOf } from "../../../../static/js/core/regions.js";

/** Sources on small rings round the middles of clumps, ring after ring. */
function clumps(...middles) {
  const [x, y, codes] = [[], [], []];
  for (const { at: [cx, cy], labels } of middles) {
    labels.forEach((label, i) => {
      const r = 0.02 * Math.sqrt(i);
      x.push(cx + r * Math.cos(2.4 * i));
      y.push(cy + r * Math.sin(2.4 * i));
      codes.push(label);
    });
  }
  return [{ x: Float32Array.from(x), y: Float32Array.from(y) }, { kind: "category", categories: ["FRI", "FRII"], codes: Uint16Array.from(codes) }];
}

const times = (count, label) => Array(count).fill(label);

test("a clump is a region, named by the majority of its known values", () => {
  const [map, column] = clumps(
    { at: [0, 0], labels: [...times(71, 1), ...times(29, 0), ...times(20, UNKNOWN)] },
    { at: [9, 4], labels: times(60, 0) },
  );
  const [first, second, ...rest] = regionsOf(map, column);
  assert.deepEqual(rest, []);
  assert.deepEqual([first.name, first.count, first.known], ["FRII", 71, 100]);
  assert.ok(first.n <= 120 && first.n >= 115); // the sparsest may lie below the lowest density
  assert.equal(second.name, "FRI");
  assert.equal(second.count, second.known);
  assert.ok(second.n <= 60 && second.n >= 55);
  assert.ok(Math.hypot(second.x - 9, second.y - 4) < 0.5);
});

test("half is no majority, and too few are none either", () => {
  const [map, column] = clumps(
    { at: [0, 0], labels: [...times(50, 1), ...times(50, 0)] },
    { at: [9, 4], labels: [...times(FEWEST - 1, 0), ...times(30, UNKNOWN)] },
  );
  assert.deepEqual(regionsOf(map, column).map(({ name }) => name), [null, null]);
});

test("what filters hide is not counted, and shapes no region", () => {
  const [map, column] = clumps({ at: [0, 0], labels: [...times(60, 1), ...times(60, 0)] }, { at: [9, 4], labels: times(60, 0) });
  const mask = Uint8Array.from(column.codes, (code) => (code === 1 ? 1 : 0));
  const all = regionsOf(map, column);
  const [only, ...rest] = regionsOf(map, column, mask);
  assert.deepEqual(rest, []);
  assert.deepEqual([only.name, only.n, only.count], ["FRII", 60, 60]);
  assert.ok(all.some(({ x, y }) => x === only.x && y === only.y));
});
