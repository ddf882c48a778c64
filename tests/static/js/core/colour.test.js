import assert from "node:assert/strict";
import test from "node:test";

import { UNKNOWN } from "../../../../static/js/core/binary.js";
import { colourBy } from "../../../../static/js/core/colour.js";
import { ticksOf } from "../../../../static/js/map/legend.js";

const numbers = (codes) => ({ kind: "number", min: 0, max: 65534, codes: Uint16Array.from(codes) });
const labels = (codes, categories) => ({ kind: "category", categories, codes: Uint16Array.from(codes) });

test("values beyond the robust range take its end colours and are said to", () => {
  const column = numbers([0, 100, 150, 200, 60000]);
  const { codes, legend } = colourBy(column, { low: 100, high: 200 }, "light");
  assert.deepEqual([...codes], [1, 1, 128, 255, 255]);
  assert.ok(legend.below && legend.above);
});

test("a range that holds every value has no limit signs", () => {
  const { legend } = colourBy(numbers([0, 65534]), { low: 0, high: 65534 }, "dark");
  assert.ok(!legend.below && !legend.above);
});

test("unknown values are grey, counted, and in no histogram bar", () => {
  const { codes, scale, unknown, legend } = colourBy(numbers([UNKNOWN, 5]), { low: 0, high: 10 }, "light");
  assert.equal(codes[0], 0);
  assert.equal(unknown, 1);
  assert.equal(scale[0][1], "#b9bec4");
  assert.equal(legend.histogram.reduce((a, b) => a + b), 1);
});

test("categories are listed by how many sources they have", () => {
  const column = labels([1, 1, 0, UNKNOWN], ["FRI", "FRII", "Bent"]);
  const { codes, legend, unknown } = colourBy(column, {}, "light");
  assert.deepEqual(legend.entries.map(({ name, count }) => [name, count]), [["FRII", 2], ["FRI", 1]]);
  assert.deepEqual([...codes], [1, 1, 2, 0]);
  assert.equal(unknown, 1);
});

test("categories beyond the distinguishable colours share one entry, and none is lost", () => {
  const names = Array.from({ length: 10 }, (_, i) => `c${i}`);
  const column = labels(names.map((_, i) => i), names);
  const { legend } = colourBy(column, {}, "dark");
  assert.equal(legend.entries.length, 8);
  assert.equal(legend.entries.at(-1).name, "3 others");
  assert.equal(legend.entries.reduce((sum, { count }) => sum + count, 0), 10);
  assert.equal(new Set(legend.entries.map(({ colour }) => colour)).size, 8);
});

test("a colour scale runs from 0 to 1 without going back", () => {
  for (const column of [numbers([1, 2]), labels([0], ["a"]), labels([UNKNOWN], ["a"])]) {
    const stops = colourBy(column, { low: 0, high: 3 }, "light").scale.map(([at]) => at);
    assert.equal(stops[0], 0);
    assert.equal(stops.at(-1), 1);
    assert.deepEqual(stops, [...stops].sort((a, b) => a - b));
  }
});

test("on a logarithmic scale each factor has the same part of the colours", () => {
  const column = { ...numbers([0, 10, 100, 1000]), min: 1, max: 65535 };
  const { codes, legend } = colourBy(column, { low: 1, high: 1e4 }, "light", true);
  const share = (value) => 1 + Math.round((Math.log10(value) / 4) * 254);
  assert.deepEqual([...codes], [1, 11, 101, 1001].map(share));
  assert.ok(legend.log && !legend.below);
  assert.ok(colourBy(column, { low: 50, high: 1e4 }, "light", true).legend.below);
});

test("values that have no logarithm are coloured linearly whatever is asked", () => {
  const { codes, legend } = colourBy(numbers([0, 32767, 65534]), { low: 0, high: 65534 }, "light", true);
  assert.deepEqual([...codes], [1, 128, 255]);
  assert.ok(!legend.log);
});

test("a logarithmic bar has its ticks at powers of ten, or at 1, 2 and 5 where it is short", () => {
  const texts = (legend) => ticksOf({ ...legend, log: true, below: false, above: false }).map(({ text }) => text);
  assert.deepEqual(texts({ low: 0.001, high: 1000 }), ["0.001", "0.1", "10", "1000"]);
  assert.deepEqual(texts({ low: 5.4, high: 152 }), ["5.4", "10", "20", "50", "152"]);
  const shares = ticksOf({ low: 1, high: 1e4, log: true, below: false, above: false }).map(({ share }) => share);
  assert.deepEqual(shares.map((share) => Number(share.toFixed(3))), [0, 0.25, 0.5, 0.75, 1]);
});

test("the ends of a colour bar say that values beyond are clamped", () => {
  const texts = (legend) => ticksOf(legend).map(({ text }) => text);
  const range = { low: 5.4, high: 133.47 };
  assert.deepEqual(texts({ ...range, below: false, above: true }), ["5.4", "50", "100", "≥ 133"]);
  assert.equal(texts({ ...range, below: true, above: true })[0], "≤ 5.4");
});
