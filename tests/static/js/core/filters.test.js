import assert from "node:assert/strict";
import test from "node:test";

import { UNKNOWN } from "../../../../static/js/core/binary.js";
import { BINS, crossfilter, maskOf, readFilter, scaleOf, shareOf, valueAt, writeFilter } from "../../../../static/js/core/filters.js";

const codesOf = (values, [min, max]) =>
  Uint16Array.from(values, (v) => (v === null ? UNKNOWN : Math.round(((v - min) / (max - min)) * 65534)));
const VALUES = [0, 1, 2, 3, 4, null, 10];
const extent = { name: "extent", kind: "number", min: 0, max: 10, codes: codesOf(VALUES, [0, 10]) };
const label = { name: "label", kind: "category", categories: ["FRI", "FRII"], codes: Uint16Array.of(0, 0, 1, 1, UNKNOWN, 0, 1) };
const range = (low, high, unknown = false) => ({ kind: "range", low, high, unknown });

test("the ends of a range are inside it, and an unknown value only if asked for", () => {
  assert.deepEqual([...maskOf(extent, range(1, 3))], [0, 1, 1, 1, 0, 0, 0]);
  assert.deepEqual([...maskOf(extent, range(null, 1, true))], [1, 1, 0, 0, 0, 1, 0]);
  assert.deepEqual([...maskOf(extent, range(3, null))], [0, 0, 0, 1, 1, 0, 1]);
});

test("categories pass by name", () => {
  const filter = { kind: "categories", names: ["FRII"], unknown: true };
  assert.deepEqual([...maskOf(label, filter)], [0, 0, 1, 1, 1, 0, 1]);
});

test("a histogram follows the other filters and not its own", () => {
  const filters = { extent: range(0, 2), label: { kind: "categories", names: ["FRI"], unknown: false } };
  const { mask, histograms } = crossfilter({ extent, label }, filters, { extent: { low: 0, high: 10, log: false }, label: null }, null);
  assert.deepEqual([...mask], [1, 1, 0, 0, 0, 0, 0]);
  assert.deepEqual([...histograms.label.left], [2, 1]); // of extent 0 to 2
  assert.deepEqual([...histograms.label.all], [3, 3]);
  assert.deepEqual(histograms.extent.unknown, [1, 1]);
  const { left } = histograms.extent;
  assert.equal(left[0], 1);
  assert.equal(left.reduce((a, b) => a + b), 2);
});

test("counts are of the selection where there is one, and values beyond the scale are counted", () => {
  const within = Uint8Array.of(0, 0, 0, 1, 1, 1, 1);
  const { mask, histograms } = crossfilter({ extent }, {}, { extent: { low: 0, high: 3.5, log: false } }, within);
  assert.equal(mask, null);
  assert.equal(histograms.extent.all[BINS - 1], 2);
  assert.deepEqual(histograms.extent.unknown, [1, 1]);
});

test("a scale is logarithmic where positive values spread, and its shares come back", () => {
  const wide = scaleOf({ min: 0.1, max: 1000, low: 0.5, high: 500 });
  assert.equal(wide.log, true);
  assert.equal(scaleOf({ min: -5, max: 1000, low: -1, high: 900 }).log, false);
  for (const value of [0.5, 3, 500]) assert.ok(Math.abs(valueAt(shareOf(value, wide), wide) - value) < 1e-9 * value);
});

test("a column of one value has a scale too", () => {
  const { low, high } = scaleOf({ min: 5, max: 5, low: 5, high: 5 });
  assert.ok(high > low);
});

test("a filter in a link that fits no column is none", () => {
  const columns = [{ name: "extent", kind: "number" }, { name: "label", kind: "category" }];
  for (const text of ["size:1..2", "extent", "extent:a..b", "extent:5"]) assert.equal(readFilter(text, columns), null, text);
  const filter = { kind: "categories", names: ["a|b", "~c"], unknown: true };
  assert.deepEqual(readFilter(writeFilter("label", filter), columns), ["label", filter]);
});
