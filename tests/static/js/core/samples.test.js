import assert from "node:assert/strict";
import test from "node:test";

import { addColumn } from "../../../../static/js/core/added_columns.js";
import { createRowSets } from "../../../../static/js/core/row_sets.js";
import { Rows } from "../../../../static/js/core/rows.js";
import { choices, createSamples } from "../../../../static/js/core/samples.js";
import { readSelection, writeSelection } from "../../../../static/js/core/selections.js";
import { createStore } from "../../../../static/js/core/store.js";

const N = 6;
const RESULT = {
  query: { source_id: "s1", name: "", position: "1h +2d", understood: "" },
  conditions: ["label is FRI"],
  neighbours: [{ row: 2 }, { row: 3 }],
};
const MATCHED = { kind: "matched", source_row: 5 };

/** A page over a server of samples; `sent` is what it was asked to change. */
function page(given = {}) {
  const store = createStore({
    columns: [{ name: "label", kind: "category" }], map: { n: N, x: [], y: [] }, filters: {}, regions: "", shown: null, selections: [], active: null,
    subject: "source", result: null, query: { kind: "source", id: "s1" }, list: null, placed: "", samples: [], history: null, ...given,
  });
  const [sent, told] = [[], []];
  const kept = new Map();
  const report = (id) => ({ sample: { id, name: kept.get(id).name, count: kept.get(id).rows.length }, rows: kept.get(id).rows, n_missing: 0, missing: [] });
  const api = {
    samples: async () => [...kept.keys()].map((id) => report(id).sample),
    sample: async (id) => report(id),
    makeSample: async (asked) => {
      sent.push(asked);
      kept.set(1, { name: asked.name, rows: asked.rows ?? [] });
      return { sample: { id: 1 }, change: { said: "Made it." } };
    },
    changeMembers: async (id, act, asked) => sent.push({ id, act, ...asked }) && { change: null },
    history: async (sample) => [{ id: 1, said: `of ${sample}` }],
  };
  const lists = { places: async () => ({ ended: true, name: "mine", entries: [MATCHED, MATCHED, { kind: "absent", source_row: null }] }) };
  const rowSets = createRowSets({ store, api, client: { tell: () => {}, compute: async () => new Uint8Array(N), load: async () => {}, put: () => {} } });
  const attempt = (act) => act().catch((error) => told.push(error.message));
  const samples = createSamples({ store, api, lists, rowSets, attempt, change: (act) => attempt(() => act("Ann")), tell: (words) => told.push(words), report: () => {} });
  return { store, samples, rowSets, kept, sent, told };
}

const selection = (name, rows) => ({ name, colour: "#000", shapes: [], rows: Rows.of(N, rows) });

test("what is before one is offered, and nothing else", () => {
  const keys = (given) => choices(page(given).store.get()).map(({ key }) => key);
  assert.deepEqual(keys({}), []);
  assert.deepEqual(keys({ selections: [selection("A", [1])], shown: Rows.of(N, [1]), result: RESULT, list: "x" }), ["selection A", "shown", "neighbours", "source", "list"]);
  assert.deepEqual(keys({ result: { ...RESULT, query: { source_id: null } } }), ["neighbours"]);
});

test("a sample is made of what was chosen, and the history will say how", async () => {
  const { store, samples, sent, told } = page({ result: RESULT, selections: [selection("A", [1, 4])], filters: { label: { kind: "categories", names: ["FRI"], unknown: false } }, shown: Rows.of(N, [0, 1]), list: "x" });
  for (const what of ["neighbours", "selection A", "source", "shown", "list", ""]) await samples.make({ name: "n", what });
  const same = { name: "n", author: "Ann" };
  assert.deepEqual(sent, [
    { ...same, rows: [2, 3], how: "the 2 nearest neighbours of 1h +2d; label is FRI" },
    { ...same, rows: [1, 4], how: "Selection A" },
    { ...same, source_ids: ["s1"] },
    { ...same, where: ["label:FRI"] },
    { ...same, rows: [5], how: "the list mine, 2 of 3 entries matched" },
    same,
  ]);
  assert.ok(told.includes("1 of the 3 entries are no source of this catalogue, and are not in the sample."));
  const { selections, active, subject } = store.get();
  assert.deepEqual([active, subject, selections.length], ["n", "selection", 2]);
});

test("a filter on an added column is sent as the rows that it leaves", async () => {
  const { store, samples, sent } = page({ shown: Rows.of(N, [4]), filters: { tag: { kind: "categories", names: ["bent"], unknown: false } } });
  addColumn(store, { name: "tag", kind: "category", values: [null, null, null, null, "bent", null] });
  await samples.members(7, "remove", "shown");
  assert.deepEqual(sent, [{ id: 7, act: "remove", author: "Ann", rows: [4], how: "filters tag:bent" }]);
});

test("an open sample follows what others make of it, its name too, and goes when it is deleted", async () => {
  const { store, samples, kept, told } = page();
  kept.set(1, { name: "giants", rows: [1, 2] });
  await samples.open(1);
  assert.deepEqual([...store.get().selections[0].rows.indices], [1, 2]);
  kept.set(1, { name: "real giants", rows: [2, 3, 4] });
  await samples.readHistory(1);
  await samples.follow();
  const [shown] = store.get().selections;
  assert.deepEqual([shown.name, store.get().active, [...shown.rows.indices]], ["real giants", "real giants", [2, 3, 4]]);
  assert.equal(store.get().history.sample, 1);
  kept.clear();
  await samples.follow();
  assert.deepEqual([store.get().selections.length, store.get().active, store.get().subject], [0, null, "source"]);
  assert.ok(told.includes("The sample real giants has been deleted."));
});

test("a link holds an open sample by its number, and finds its members of now", async () => {
  const { store, samples, rowSets, kept } = page({ selections: [selection("giants", [0])] });
  kept.set(12, { name: "giants", rows: [1, 2] });
  await samples.open(12);
  const text = writeSelection(store.get().selections[1]);
  assert.equal(text, "giants%20%C2%B7!+s12"); // the name of a selection is its own
  kept.set(12, { name: "giants", rows: [5] });
  store.set({ selections: [{ ...readSelection("old%20name!+s12"), colour: "#000", rows: Rows.of(0, []) }] });
  await rowSets.restore();
  const [found] = store.get().selections;
  assert.deepEqual([found.name, [...found.rows.indices], found.sample.sample.id], ["giants", [5], 12]);
  assert.equal(readSelection("a!+s0"), null);
});

test("a lasso beside an open sample makes a selection of its own: the sample stays as it is", async () => {
  const { store, samples, rowSets, kept } = page();
  kept.set(1, { name: "giants", rows: [1] });
  await samples.open(1);
  await rowSets.drawn({ path: [[0, 0], [1, 0], [1, 1]], mode: "add" });
  const [changed] = store.get().selections;
  assert.deepEqual([changed.name, changed.sample], ["giants, changed", undefined]);
});
