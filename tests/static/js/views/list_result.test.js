import assert from "node:assert/strict";
import test from "node:test";

import { createBulkApi, listUrl, tableUrl } from "../../../../static/js/core/api.js";
import { accountWords, endWords, numberedWarnings, placeUrl, progressWords } from "../../../../static/js/views/list_result.js";

const STATUS = {
  state: "searching", n_listed: 1200, n_done: 300, n_bundle: 200, n_service: 90, n_unmatched: 10, n_rows: null,
};

test("progress says how far it is, and the rate and time left once they mean something", () => {
  assert.equal(progressWords(STATUS, 0.5), "300 of 1,200 entries, 10 unmatched");
  assert.equal(progressWords(STATUS, 10), "300 of 1,200 entries, 10 unmatched, 30 a second, about 30 s left");
  assert.equal(progressWords({ ...STATUS, state: "looking up names" }, 10), "Looking up names…");
  const slow = { ...STATUS, n_done: 20, n_unmatched: 0 };
  assert.equal(progressWords(slow, 20), "20 of 1,200 entries, 1.0 a second, about 20 min left");
});

test("the account adds up, what was not tried included", () => {
  const done = { ...STATUS, n_done: 1200, n_bundle: 1100 };
  assert.equal(accountWords(done), "1,200 listed = 1,100 answered from the catalogue + 90 by the survey + 10 unmatched.");
  assert.match(accountWords(STATUS), /10 unmatched \+ 900 not tried\.$/);
});

test("an end without any neighbour is not called found", () => {
  assert.equal(endWords({ ...STATUS, state: "done", n_rows: 0 }), "No entry could be answered");
  assert.equal(endWords({ ...STATUS, state: "done", n_rows: 5 }), "Found");
  assert.equal(endWords({ ...STATUS, state: "stopped", n_rows: 0 }), "Stopped: what was found so far");
  assert.equal(endWords({ ...STATUS, state: "failed", n_rows: null }), "The search failed");
});

test("a warning of several answers is said once, with its count", () => {
  const answers = [{ warnings: ["a", "b"] }, { warnings: [] }, { warnings: ["b", "b"] }];
  assert.deepEqual(numberedWarnings(answers), [
    { number: 1, count: 1, text: "a" },
    { number: 2, count: 2, text: "b" },
  ]);
});

test("names and signs survive the addresses", () => {
  assert.equal(new URL(placeUrl({ ra_deg: 1.5, dec_deg: -0.25 }), "http://h").searchParams.get("dec"), "-0.25");
  assert.equal(tableUrl("a/b", "csv"), "/api/bulk/a%2Fb/neighbours?format=csv");
  const url = listUrl({ name: "my list+1.csv", k: 20, hideDuplicates: false, askSurvey: true, lookUpNames: false });
  const params = new URL(url, "http://h").searchParams;
  assert.equal(params.get("name"), "my list+1.csv");
  assert.equal(params.get("look_up_names"), "false");
});

test("a list goes out as the body, and a refusal comes back as its sentence", async () => {
  const asked = [];
  const api = createBulkApi(async (url, options) => {
    asked.push([url, options]);
    return { ok: false, status: 413, json: async () => ({ detail: "The list is too long.", parameter: "k" }) };
  });
  const options = { k: 5, hideDuplicates: false, askSurvey: true, lookUpNames: true };
  await assert.rejects(api.begin("1 2", options), /The list is too long\./);
  assert.equal(asked[0][1].method, "POST");
  assert.equal(asked[0][1].body, "1 2");
});
