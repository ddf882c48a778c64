import assert from "node:assert/strict";
import test from "node:test";

import { redrawn, toldOfOwn } from "../../../../static/js/core/own_picture.js";

const URL_OF_IT = `data:image/png;base64,${btoa("picture")}`;

/** A server that keeps what it was sent, and answers with the name of what was asked. */
function server() {
  const asked = [];
  const fetcher = async (url, { method, body, headers }) => {
    asked.push([method, url, new TextDecoder().decode(body), headers["Content-Type"]]);
    return url.includes("format=json") ? Response.json({ low: 1 }) : new Response("drawn");
  };
  return { asked, fetcher };
}

test("an image of one's own is drawn by the server in the style, once", async () => {
  const { asked, fetcher } = server();
  const params = new URLSearchParams({ stretch: "log" });
  assert.equal(await redrawn(URL_OF_IT, params, fetcher), `data:image/png;base64,${btoa("drawn")}`);
  await redrawn(URL_OF_IT, params, fetcher);
  assert.deepEqual(asked, [["POST", "/api/picture?stretch=log", "picture", "image/png"]]);
});

test("what failed is asked for again", async () => {
  const params = new URLSearchParams({ stretch: "sqrt" });
  const away = async () => Response.json({ detail: "Away." }, { status: 503 });
  await assert.rejects(redrawn(URL_OF_IT, params, away), /Away\./);
  const { asked, fetcher } = server();
  await redrawn(URL_OF_IT, params, fetcher);
  assert.equal(asked.length, 1);
});

test("what it shows is told in the server's words", async () => {
  const { asked, fetcher } = server();
  assert.deepEqual(await toldOfOwn(URL_OF_IT, new URLSearchParams({ stretch: "log" }), fetcher), { low: 1 });
  assert.match(asked[0][1], /stretch=log&format=json/);
});
