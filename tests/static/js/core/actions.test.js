import assert from "node:assert/strict";
import test from "node:test";

import { ApiError, createApi } from "../../../../static/js/core/api.js";
import { imageQuery } from "../../../../static/js/core/image_query.js";
import { addColumn, removeColumn } from "../../../../static/js/core/added_columns.js";
import { createSession } from "../../../../static/js/core/actions.js";
import { createStore } from "../../../../static/js/core/store.js";
import { mapFrame } from "../frame.js";

const DEFAULTS = { k: 12, kMax: 200, colour: "a", columns: [{ name: "a", kind: "number" }, { name: "b", kind: "number" }], layouts: ["ours", "listed"], duplicatesArcsec: 30 };
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
    image: null,
    read: () => address.now,
    imageId: () => address.image,
    push: (next, image) => history.push(["push", (address.now = next)]) && (address.image = image),
    replace: (next) => history.push(["replace", (address.now = next)]),
  };
  const store = createStore({
    ...{ query: null, result: null, pending: null, error: null, target: null, map: null },
    ...{ selections: [], trail: [], subject: "source", list: null, filters: {}, conditions: {}, columns: DEFAULTS.columns },
    ...{ examples: [], compared: [], more: null },
    ...{ viewport: null, view: null, hoverRow: null, cursorRow: null, theme: "light" },
    ...{ k: 12, colour: "a", hideDuplicates: false, duplicatesArcsec: 30, layout: "ours" },
  });
  const api = createApi(answer);
  const meta = { columns: [], limits: { placed_by: 10, k_max: 50 } };
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

const anImage = () => {
  const file = new File(["SIMPLE  ="], "field.fits");
  return imageQuery({ file, name: file.name, sizeBytes: 9, format: "FITS" });
};

test("Back returns to an image that no address can hold", async () => {
  const { session, store, address } = sessionWith(server);
  const query = anImage();
  await session.ask(query);
  assert.deepEqual([address.now, address.image], ["", query.id]);
  await session.ask({ kind: "source", id: "a" });
  assert.equal(store.get().image, null);
  Object.assign(address, { now: "", image: query.id });
  await session.follow();
  assert.equal(store.get().query, query);
  assert.equal(store.get().image, query.image);
});

test("an image that is gone after loading again is said to be", () => {
  const { session, store, address } = sessionWith(server);
  address.image = "of an earlier page";
  session.follow();
  assert.equal(store.get().error.parameter, "image");
  assert.match(store.get().error.detail, /choose it once more/);
});

test("new options ask again with the same image", async () => {
  const bodies = [];
  const { session, store } = sessionWith(async (url, { body }) => {
    bodies.push([url, body?.get("file").name]);
    return Response.json(answerFor(url));
  });
  await session.ask(anImage());
  session.setOptions({ k: 3 });
  await new Promise((resolve) => setTimeout(resolve));
  assert.match(bodies.at(-1)[0], /image\?k=3/);
  assert.equal(bodies.at(-1)[1], "field.fits");
  assert.equal(store.get().query.kind, "image");
});

for (const [parameter, beside] of [
  ["pixel_scale_arcsec", "pixel_scale_arcsec"],
  ["k", "k"],
  ["file", "image"],
  [null, "image"],
]) {
  test(`an image's error about ${parameter} goes beside ${beside}`, async () => {
    const { session, store } = sessionWith(async () => {
      return Response.json({ detail: "Refused.", parameter }, { status: 422 });
    });
    await session.ask(anImage());
    assert.equal(store.get().error.parameter, beside);
    assert.equal(store.get().image.name, "field.fits");
  });
}

test("another survey is asked at the place that is shown, and is in the address", async () => {
  const { session, history } = sessionWith(async (url) => {
    const answer = answerFor(url);
    return Response.json({ ...answer, query: { row: null, ra_deg: 10.25, dec_deg: -3 } });
  });
  await session.ask({ kind: "source", id: "a" });
  await session.askSurvey("vlass");
  assert.deepEqual(history.at(-1), ["push", "?ra=10.25&dec=-3&survey=vlass"]);
});

test("an ApiError is what views can show", () => {
  assert.equal(new ApiError("Sentence.").message, "Sentence.");
});

test("a link that is followed is not rewritten before it is answered", async () => {
  const { session, store, history } = sessionWith(() => new Promise(() => {}), "?source=slow");
  store.subscribe(["filters", "selections"], session.keepAddress);
  session.follow();
  assert.deepEqual(history, []);
  assert.equal(store.get().pending.query.id, "slow");
});

test("a link to the form for a list shows it and stays", () => {
  const { session, store, history } = sessionWith(server, "?list");
  store.subscribe(["filters", "selections"], session.keepAddress);
  session.follow();
  assert.equal(store.get().subject, "list");
  assert.deepEqual(history, []);
});

const ranked = (url) => {
  const params = new URL(url, "http://here").searchParams;
  const [from, k] = [Number(params.get("from_rank") ?? 1), Number(params.get("k"))];
  const neighbours = Array.from({ length: k }, (_, i) => ({ rank: from + i, row: from + i }));
  return { query: { row: 0 }, map: { x: 0, y: 0 }, neighbours, more: true };
};

test("further ranks come behind those that are shown, up to the most", async () => {
  const { session, store } = sessionWith(async (url) => Response.json(ranked(url)));
  await session.ask({ kind: "source", id: "a" });
  const { query } = store.get().result;
  await session.more();
  const { result, k } = store.get();
  assert.equal(result.query, query);
  assert.equal(k, 12);
  assert.deepEqual(result.neighbours.map(({ rank }) => rank), Array.from({ length: 50 }, (_, i) => i + 1));
  await session.more();
  assert.equal(store.get().result, result);
});

test("further ranks that fail are said, and those that are shown stay", async () => {
  let fails = false;
  const { session, store } = sessionWith(async (url) => (fails ? Response.json({ detail: "Away." }, { status: 503 }) : Response.json(ranked(url))));
  await session.ask({ kind: "source", id: "a" });
  fails = true;
  await session.more();
  assert.deepEqual(store.get().more, { state: "failed", detail: "Away." });
  assert.equal(store.get().result.neighbours.length, 12);
});

test("ranks of what is no longer shown are not added to what is", async () => {
  /** @type {any} */
  let answer = null;
  const { session, store } = sessionWith((url) => (url.includes("from_rank") ? new Promise((resolve) => (answer = () => resolve(Response.json(ranked(url))))) : Promise.resolve(Response.json(ranked(url)))));
  await session.ask({ kind: "source", id: "a" });
  const further = session.more();
  await session.ask({ kind: "source", id: "b" });
  answer();
  await further;
  assert.equal(store.get().result.neighbours.length, 12);
  assert.equal(store.get().more, null);
});

test("the first mark begins with what is open, as wanted", async () => {
  const { session, store } = sessionWith(async () => Response.json({ ...ranked("?k=1"), query: { source_id: "a", name: "A", row: 0 } }));
  await session.ask({ kind: "source", id: "a" });
  session.mark({ id: "b", title: "B" }, false);
  assert.deepEqual(store.get().examples.map(({ id, wanted }) => [id, wanted]), [["a", true], ["b", false]]);
  session.mark({ id: "b", title: "B" }, true);
  session.mark({ id: "a", title: "A" }, true);
  assert.deepEqual(store.get().examples.map(({ id, wanted }) => [id, wanted]), [["b", true]]);
});

test("an added column colours the map on every layout, follows its changes, and goes with them", async () => {
  const asked = [];
  const { session, store, history } = sessionWith(async (url) => asked.push(url) && server(url));
  await session.loadMap();
  addColumn(store, { name: "tag", kind: "category", values: ["FRI", null, null] });
  await session.colour("tag");
  assert.equal(store.get().colouring.legend.entries[0].count, 1);
  assert.equal(history.at(-1)[1], "?colour=tag");
  await session.layout("listed");
  assert.equal(asked.at(-1), "/api/map?colour=a&layout=listed");
  addColumn(store, { name: "tag", kind: "category", values: ["FRI", "FRI", null] });
  session.follows(store.get());
  assert.equal(store.get().colouring.legend.entries[0].count, 2);
  removeColumn(store, "tag");
  asked.length = 0;
  session.follows(store.get());
  assert.equal(asked[0], "/api/map/columns/a");
});
