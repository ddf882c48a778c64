import assert from "node:assert/strict";
import test from "node:test";

import { createLabels, isTagged, readPalette, USUAL_TAGS } from "../../../../static/js/core/labels.js";
import { createStore } from "../../../../static/js/core/store.js";

/** A server that keeps tags, and tells what it was asked. */
function server() {
  const tags = {};
  const asked = [];
  return {
    asked,
    labelsOf: async (id) => ({ source_id: id, tags: tags[id] ?? [], notes: [] }),
    tag: async (id, word, author) => {
      asked.push(["tag", id, word, author]);
      tags[id] = [...(tags[id] ?? []), { word, author }];
    },
    untag: async (id, word, author) => {
      asked.push(["untag", id, word, author]);
      tags[id] = tags[id].filter((each) => each.word !== word || each.author !== author);
    },
    undo: async (author) => ({ change: { said: `Undid the last of ${author}.` } }),
    lastChange: async () => asked.length,
    tagColumn: async () => {
      const categories = [...new Set(Object.values(tags).flat().map(({ word }) => word))];
      return { name: "tag", kind: "category", categories, codes: Uint16Array.of(0) };
    },
  };
}

function page(given = {}, problem = "") {
  const store = createStore({ author: "Ann", naming: false, labels: null, columns: [], map: null, filters: {}, regions: "", lastChange: 0, hoverRow: null, cursorRow: null, highlightRow: null, result: { query: { source_id: "open" } }, ...given });
  const told = [];
  const api = server();
  const labels = createLabels({ store, api, sourceOf: async (row) => ({ source_id: `s${row}` }), problem, tell: (words) => told.push(words) });
  return { store, told, api, labels };
}

test("a key tags what is pointed at, else what is open, and again takes the tag off", async () => {
  const { store, api, labels } = page();
  await labels.toggle("FRII");
  assert.ok(isTagged(store.get().labels, "FRII", "Ann"));
  await labels.toggle("FRII");
  assert.ok(!isTagged(store.get().labels, "FRII", "Ann"));
  store.set({ hoverRow: 7, highlightRow: 8 });
  await labels.toggle("FRI");
  store.set({ hoverRow: null });
  await labels.toggle("FRI");
  await labels.toggle("FRI", { open: true });
  assert.deepEqual(api.asked, [["tag", "open", "FRII", "Ann"], ["untag", "open", "FRII", "Ann"], ["tag", "s7", "FRI", "Ann"], ["tag", "s8", "FRI", "Ann"], ["tag", "open", "FRI", "Ann"]]);
});

test("the tags are a column of the map while there are any, whoever put or removed them", async () => {
  const { store, api, labels } = page();
  const names = () => store.get().columns.map(({ name }) => name);
  await api.tag("s1", "FRI", "Ben");
  await labels.look();
  assert.deepEqual(names(), ["tag"]);
  const before = store.get().columns;
  await labels.look();
  assert.equal(store.get().columns, before);
  await api.untag("s1", "FRI", "Ben");
  await labels.look();
  assert.deepEqual(names(), []);
});

test("the tag waits for a name, and is for what was pointed at then", async () => {
  const { store, api, labels } = page({ author: "", hoverRow: 3 });
  await labels.toggle("bent");
  assert.ok(store.get().naming);
  store.set({ hoverRow: null });
  await labels.setAuthor("  Ben ");
  assert.deepEqual(api.asked, [["tag", "s3", "bent", "Ben"]]);
  assert.equal(store.get().naming, false);
});

test("where labels cannot be kept the reason is told and nothing is asked", async () => {
  const { told, api, labels } = page({}, "Labels cannot be kept.");
  await labels.toggle("bent");
  await labels.undo();
  assert.deepEqual(told, ["Labels cannot be kept.", "Labels cannot be kept."]);
  assert.deepEqual(api.asked, []);
});

test("an image of one's own is no source to tag", async () => {
  const { told, api, labels } = page({ result: { query: { source_id: null } } });
  await labels.toggle("bent");
  assert.match(told[0], /Only sources of the catalogue/);
  assert.deepEqual(api.asked, []);
});

test("what the server refuses is told in its words", async () => {
  const { told, api, labels } = page();
  api.tag = async () => {
    throw new Error("A tag needs a letter.");
  };
  await labels.toggle("7");
  assert.deepEqual(told, ["A tag needs a letter."]);
});

test("the tags of the keys are read as they were typed, nine at most", () => {
  assert.deepEqual(readPalette(" FRI,, FRII ,FRI"), ["FRI", "FRII"]);
  assert.deepEqual(readPalette(" , "), USUAL_TAGS);
  assert.equal(readPalette("a,b,c,d,e,f,g,h,i,j,k").length, 9);
});
