import assert from "node:assert/strict";
import test from "node:test";

import { ApiError, createApi } from "../../static/js/api.js";
import { createSession } from "../../static/js/session.js";
import { createStore } from "../../static/js/store.js";
import { mapFrame } from "./frame.js";

const DEFAULTS = { k: 12, kMax: 200, colour: "a", colours: ["a", "b"], duplicatesArcsec: 30 };
const answerFor = (url) => ({
  query: { row: 0, url },
  map: { x: 1, y: 2, method: "catalogue" },
  neighbours: [],
});

/** A session over a fake server; `history` lists the addresses in order. */
function sessionWith(answer, search = "") {
  const history = [];
  const address = {
    now: search,
    read: () => address.now,
    push: (next) => history.push(["push", (address.now = next)]),
    replace: (next) => history.push(["replace", (address.now = next)]),
  };
  const store = createStore({
    ...{ query: null, result: null, pending: null, error: null, target: null, map: null },
    ...{ viewport: null, view: null, hoverRow: null, cursorRow: null, theme: "light" },
    ...{ k: 12, colour: "a", hideDuplicates: false, duplicatesArcsec: 30 },
  });
  const api = createApi(answer);
  const meta = { columns: [] };
  const session = createSession({ store, api, meta, defaults: DEFAULTS, address });
  return { session, store, history, address };
}

const server = async (url) => {
  if (url.startsWith("/api/map")) return new Response(mapFrame());
  if (url.startsWith("/api/rows/")) return Response.json({ row: 2, source_id: "row-2" });
  return Response.json(answerFor(url));
};

test("an answer is shown and remembered in the address", async () => {
  const { session, store, history } = sessionWith(server);
  await session.ask({ kind: "position", text: "1 +2" });
  assert.equal(store.get().result.query.row, 0);
  assert.equal(store.get().pending, null);
  assert.deepEqual(history, [["push", "?position=1+%2B2"]]);
});

test("a failure keeps what is shown, and is put beside the position", async () => {
  let fails = false;
  const { session, store, history } = sessionWith(async (url) => {
    if (!fails) return Response.json(answerFor(url));
    return Response.json({ detail: "Not a position.", parameter: "position" }, { status: 422 });
  });
  await session.ask({ kind: "source", id: "a" });
  const shown = store.get().result;
  fails = true;
  await session.ask({ kind: "position", text: "banana" });
  assert.equal(store.get().result, shown);
  assert.deepEqual(store.get().query, { kind: "source", id: "a" });
  assert.equal(store.get().error.parameter, "position");
  assert.equal(store.get().error.detail, "Not a position.");
  assert.equal(history.length, 1);
});

test("an error about k goes beside k, whoever asked", async () => {
  const { session, store } = sessionWith(async () => {
    return Response.json({ detail: "Too many.", parameter: "k" }, { status: 422 });
  });
  await session.ask({ kind: "position", text: "1 2" });
  assert.equal(store.get().error.parameter, "k");
});

test("a survey that is silent is an error of the position that asked it", async () => {
  const { session, store } = sessionWith(async () => {
    return Response.json({ detail: "No answer within 20 s.", parameter: null }, { status: 504 });
  });
  await session.ask({ kind: "degrees", ra: 1, dec: 2 });
  assert.equal(store.get().error.parameter, "position");
});

test("cancelling leaves neither an answer nor an error", async () => {
  const { session, store } = sessionWith((_, { signal }) => {
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  });
  const asked = session.ask({ kind: "position", text: "1 2" });
  assert.equal(store.get().pending.query.text, "1 2");
  session.cancel();
  await asked;
  assert.equal(store.get().pending, null);
  assert.equal(store.get().error, null);
  assert.equal(store.get().result, null);
});

test("a click marks the place at once and then asks for that source", async () => {
  const { session, store } = sessionWith(server);
  await session.loadMap();
  const selected = session.selectRow(2);
  assert.equal(store.get().target.row, 2);
  await selected;
  assert.deepEqual(store.get().query, { kind: "source", id: "row-2" });
});

test("new options ask again for the same source without a new entry in the history", async () => {
  const asked = [];
  const { session, history } = sessionWith(async (url) => {
    asked.push(url);
    return Response.json(answerFor(url));
  });
  await session.ask({ kind: "source", id: "a" });
  session.setOptions({ k: 24 });
  await new Promise((resolve) => setTimeout(resolve));
  assert.match(asked.at(-1), /k=24/);
  assert.deepEqual(history.at(-1), ["replace", "?source=a&k=24"]);
});

test("an address is followed: its source, its options, its colour", async () => {
  const { session, store } = sessionWith(server, "?source=z&k=3&colour=b&hide_duplicates=true");
  await session.follow();
  const { query, k, colour, hideDuplicates } = store.get();
  assert.deepEqual({ query, k, colour, hideDuplicates }, {
    query: { kind: "source", id: "z" },
    k: 3,
    colour: "b",
    hideDuplicates: true,
  });
});

test("going back to an address without a source clears the panel", async () => {
  const { session, store, address } = sessionWith(server);
  await session.ask({ kind: "source", id: "a" });
  address.now = "";
  session.follow();
  assert.equal(store.get().result, null);
  assert.equal(address.now, "");
});

test("a source that fails can be tried again", async () => {
  let fails = true;
  const { session, store } = sessionWith(async (url) => {
    if (fails) throw new TypeError("Failed to fetch");
    return Response.json(answerFor(url));
  });
  await session.ask({ kind: "source", id: "a" });
  assert.equal(store.get().error.parameter, "source");
  assert.match(store.get().error.detail, /did not answer/);
  fails = false;
  await session.retry();
  assert.ok(store.get().result);
  assert.equal(store.get().error, null);
});

test("an ApiError is what views can show", () => {
  assert.equal(new ApiError("Sentence.").message, "Sentence.");
});
