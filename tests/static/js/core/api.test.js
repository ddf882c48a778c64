import assert from "node:assert/strict";
import test from "node:test";

import { ApiError, createApi, isAborted } from "../../../../static/js/core/api.js";
import { imageQuery } from "../../../../static/js/core/image_query.js";
import { mapFrame } from "../frame.js";

const OPTIONS = { k: 12, duplicatesArcsec: 30, hideDuplicates: false };

function problem(status, body, type = "application/problem+json") {
  return new Response(body, { status, headers: { "Content-Type": type } });
}

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

/** An image question as the page makes it. */
function anImage(said, bytes = "SIMPLE  =") {
  const file = new File([bytes], "field.fits");
  const image = { file, name: file.name, sizeBytes: file.size, format: "FITS" };
  return imageQuery(image, said);
}

test("an image is sent as a form with what was said of it, and nothing that was not", async () => {
  const asked = [];
  const api = createApi(async (url, options) => {
    asked.push([url, options]);
    return Response.json({});
  });
  await api.search(anImage({ ra: 181.229, dec: -0.5 }), OPTIONS);
  const [url, { method, body }] = asked[0];
  assert.equal(url, "/api/query/image?k=12&duplicates_arcsec=30&hide_duplicates=false");
  assert.equal(method, "POST");
  assert.equal(body.get("ra"), "181.229");
  assert.equal(body.get("dec"), "-0.5");
  assert.equal(body.has("pixel_scale_arcsec"), false);
  assert.equal(body.get("file").name, "field.fits");
  assert.equal(await body.get("file").text(), "SIMPLE  =");
});

test("an image that cannot be sent is named with its size", async () => {
  const api = createApi(async () => {
    throw new TypeError("Failed to fetch");
  });
  await assert.rejects(api.search(anImage(), OPTIONS), /field\.fits \(9 bytes\) could not be sent/);
});

test("the file of an image's neighbours is asked for with the image, and keeps its name", async () => {
  let asked;
  const headers = { "Content-Disposition": 'attachment; filename="neighbours-of-field.csv"' };
  const api = createApi(async (url, options) => {
    asked = { url, ...options };
    return new Response("rank", { headers });
  });
  const { blob, name } = await api.resultFile(anImage(), OPTIONS, "csv");
  assert.match(asked.url, /format=csv/);
  assert.equal(asked.method, "POST");
  assert.equal(name, "neighbours-of-field.csv");
  assert.equal(await blob.text(), "rank");
});
