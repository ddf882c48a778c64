import assert from "node:assert/strict";
import test from "node:test";

import { addColumn, addedColumn, removeColumn, valueOf, withAdded } from "../../../../static/js/core/added_columns.js";
import { UNKNOWN } from "../../../../static/js/core/binary.js";
import { crossfilter, scaleOf } from "../../../../static/js/core/filters.js";
import { createRowSets } from "../../../../static/js/core/row_sets.js";
import { createStore } from "../../../../static/js/core/store.js";

const OURS = [{ name: "redshift", kind: "number", min: 0, max: 1 }];
const page = (n = 4) => createStore({ columns: OURS, map: { n, x: [], y: [] }, filters: {}, regions: "", rail: null, selections: [], active: null });
const P = { name: "p", label: "P(FRII)", kind: "number", values: [0.25, null, 1, NaN] };
const TAG = { name: "tag", label: "Tag", kind: "category", values: ["FRII", null, "FRI", "FRII"] };

test("numbers and categories read back as they were given, unknown where they were", () => {
  const store = page();
  addColumn(store, P);
  addColumn(store, TAG);
  const [p, tag] = ["p", "tag"].map((name) => addedColumn(store.get(), name));
  assert.deepEqual([0, 1, 2, 3].map((row) => valueOf(p, row)), [0.25, null, 1, null]);
  assert.deepEqual([0, 1, 2, 3].map((row) => valueOf(tag, row)), ["FRII", null, "FRI", "FRII"]);
  assert.deepEqual([p.min, p.max, p.unit], [0.25, 1, null]);
  assert.equal(addedColumn(store.get(), "redshift"), null);
  assert.deepEqual(withAdded({ row: 2, columns: { a: 1 } }, store.get().columns).columns, { a: 1, p: 1, tag: "FRI" });
});

test("one of which nothing is known is all unknown", () => {
  const store = page(2);
  addColumn(store, { name: "p", kind: "number", values: [null, NaN] });
  assert.deepEqual([...addedColumn(store.get(), "p").codes], [UNKNOWN, UNKNOWN]);
});

test("it takes the place of an added one, never of the catalogue's, and has the map's rows", () => {
  const store = page();
  addColumn(store, TAG);
  addColumn(store, { ...TAG, values: ["bent", null, null, null] });
  assert.equal(store.get().columns.length, 2);
  assert.deepEqual(addedColumn(store.get(), "tag").categories, ["bent"]);
  assert.throws(() => addColumn(store, { ...P, name: "redshift" }), /has a column “redshift” already/);
  assert.throws(() => addColumn(store, { ...P, values: [1] }), /has 1 values, and the map 4 sources/);
});

test("the worker gets it each time it changes, and its histogram has the unknown in a bar of its own", async () => {
  const store = page();
  const given = {};
  const client = {
    tell: () => {},
    load: async (name) => assert.ok(given[name], `${name} was asked of the server`),
    put: (column) => (given[column.name] = column),
    compute: async (_, { filters, scales, within }) => crossfilter(given, filters, scales, within),
  };
  const rowSets = createRowSets({ store, api: {}, client });
  store.set({ columns: [] });
  addColumn(store, P);
  addColumn(store, TAG);
  store.set({ rail: "filters", filters: { tag: { kind: "categories", names: ["FRII"], unknown: true } } });
  await rowSets.follows(store.get());
  const { shown, histograms } = store.get();
  assert.deepEqual([...shown.mask], [1, 1, 0, 1]);
  assert.deepEqual([...histograms.tag.all], [1, 2]);
  assert.deepEqual(histograms.tag.unknown, [1, 1]);
  assert.deepEqual(histograms.p.unknown, [2, 2]);
  assert.deepEqual(scaleOf(given.p).low, 0.25);
  addColumn(store, { ...TAG, values: [null, null, "FRII", null] });
  await rowSets.follows(store.get());
  assert.deepEqual([...store.get().shown.mask], [1, 1, 1, 1]);
});

test("what was by a column that is taken away goes with it", () => {
  const store = page();
  addColumn(store, TAG);
  store.set({ regions: "tag", filters: { tag: { kind: "categories", names: ["FRI"], unknown: false }, redshift: { kind: "range", low: 0.1, high: null, unknown: false } } });
  removeColumn(store, "tag");
  assert.deepEqual(store.get().columns, OURS);
  assert.deepEqual(Object.keys(store.get().filters), ["redshift"]);
  assert.equal(store.get().regions, "");
  removeColumn(store, "redshift");
  assert.deepEqual(store.get().columns, OURS);
});
