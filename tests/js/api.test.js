import assert from "node:assert/strict";
import test from "node:test";

import { ApiError, createApi, imageUrl, isAborted, resultUrl } from "../../static/js/api.js";
import { mapFrame } from "./frame.js";

const OPTIONS = { k: 12, duplicatesArcsec: 30, hideDuplicates: false };

function problem(status, body, type = "application/problem+json") {
  return new Response(body, { status, headers: { "Content-Type": type } });
}

test("a source's id is escaped in the address of its neighbours", () => {
  const url = resultUrl({ kind: "source", id: "J12+34/a b" }, OPTIONS);
  assert.equal(
    url,
    "/api/sources/J12%2B34%2Fa%20b/neighbours?k=12&duplicates_arcsec=30&hide_duplicates=false",
  );
});

test("the plus sign of a declination survives the address", () => {
  const url = resultUrl({ kind: "position", text: "181.229 +48.549" }, OPTIONS, "csv");
  const params = new URL(url, "http://host").searchParams;
  assert.equal(params.get("position"), "181.229 +48.549");
  assert.equal(params.get("format"), "csv");
});

test("an image's size is added to an address that has parameters already", () => {
  assert.equal(imageUrl("/a.png", { sizePx: 70 }), "/a.png?size_px=70");
  assert.equal(imageUrl("/a.png?ra=1", { sizePx: 70 }), "/a.png?ra=1&size_px=70");
  assert.equal(imageUrl("/a.png"), "/a.png");
});

test("a problem becomes an error with the server's sentence and its parameter", async () => {
  const body = JSON.stringify({ detail: "'x' is not a sky position.", parameter: "position" });
  const api = createApi(async () => problem(422, body));
  await assert.rejects(api.search({ kind: "position", text: "x" }, OPTIONS), (error) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.message, "'x' is not a sky position.");
    assert.equal(error.parameter, "position");
    assert.equal(error.status, 422);
    return true;
  });
});

test("an error that is no problem+json still gives a sentence", async () => {
  const api = createApi(async () => problem(502, "<html>", "text/html"));
  await assert.rejects(api.row(0), /status 502/);
});

test("a server that cannot be reached gives a sentence", async () => {
  const api = createApi(async () => {
    throw new TypeError("Failed to fetch");
  });
  await assert.rejects(api.row(0), /did not answer/);
});

test("an older answer never comes after a newer question", async () => {
  const waiting = [];
  const api = createApi((url, { signal }) => {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      waiting.push(() => resolve(Response.json({ url })));
    });
  });
  const older = api.search({ kind: "source", id: "old" }, OPTIONS);
  const newer = api.search({ kind: "source", id: "new" }, OPTIONS);
  waiting.forEach((answer) => answer());
  await assert.rejects(older, isAborted);
  assert.match((await newer).url, /new/);
});

test("a fetch that ignores being called off is ignored in turn", async () => {
  const waiting = [];
  const deaf = createApi(() => new Promise((resolve) => waiting.push(resolve)));
  const older = deaf.search({ kind: "source", id: "old" }, OPTIONS);
  const newer = deaf.search({ kind: "source", id: "new" }, OPTIONS);
  waiting[1](Response.json({ id: "new" }));
  waiting[0](Response.json({ id: "old" }));
  await assert.rejects(older, isAborted);
  assert.equal((await newer).id, "new");
});

test("cancelling ends a search", async () => {
  const api = createApi((_, { signal }) => {
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  });
  const asked = api.search({ kind: "source", id: "a" }, OPTIONS);
  api.cancelSearch();
  await assert.rejects(asked, isAborted);
});

test("the map is asked for by its colour and arrives decoded", async () => {
  let asked = "";
  const api = createApi(async (url) => {
    asked = url;
    return new Response(mapFrame());
  });
  const map = await api.map("angular_extent_arcsec");
  assert.equal(asked, "/api/map?colour=angular_extent_arcsec");
  assert.equal(map.x.length, 3);
});
