import assert from "node:assert/strict";
import test from "node:test";

import { ApiError } from "../../../../static/js/core/api.js";
import { createStore } from "../../../../static/js/core/store.js";
import { createSurveyImages, NO_SURVEYS, otherSurveys } from "../../../../static/js/views/surveys.js";

const meta = { image: { size_px: 150, pixel_scale_arcsec: 1.8 } };
const at = (ra, dec) => ({ query: { ra_deg: ra, dec_deg: dec, survey: "VLA FIRST", image_origin: "observed" } });
const told = { service: "hips2fits server", blank: 0.15 };

/** Over two surveys, one of which has nothing. */
function fields(surveyPicture = answering) {
  const asked = [];
  const store = createStore({ result: at(10, 20), surveys: NO_SURVEYS });
  const api = {
    surveys: async () => [
      { name: "first", survey: "VLA FIRST" },
      { name: "nvss", survey: "NVSS" },
      { name: "lotss", survey: "LoTSS DR2" },
    ],
    surveyPicture: (name, field, signal) => asked.push([name, field]) && surveyPicture(name, signal),
  };
  return { store, asked, images: createSurveyImages({ store, api, meta }) };
}

const answering = async (name) => {
  if (name === "lotss") throw new ApiError("LoTSS DR2 has no image here.");
  return { blob: new Blob(["png"]), ...told };
};

test("nothing is asked before the person opens it; then the field of the answer is", async () => {
  const { images, asked, store } = fields();
  assert.deepEqual(asked, []);
  await images.open();
  assert.deepEqual(asked[0], ["nvss", { ra: 10, dec: 20, sizeArcsec: 270 }]);
  assert.deepEqual(store.get().surveys.list.map(({ name }) => name), ["nvss", "lotss"]);
});

test("one survey's failure is its own, in the server's words, and can be tried again", async () => {
  let fails = true;
  const { images, store } = fields(async (name) => {
    if (fails) return answering(name);
    return { blob: new Blob(["png"]), ...told };
  });
  await images.open();
  const { nvss, lotss } = store.get().surveys.pictures;
  assert.equal(nvss.state, "here");
  assert.deepEqual([nvss.service, nvss.blank], ["hips2fits server", 0.15]);
  assert.deepEqual(lotss, { state: "failed", detail: "LoTSS DR2 has no image here." });
  fails = false;
  await images.retry("lotss");
  assert.equal(store.get().surveys.pictures.lotss.state, "here");
});

test("another place closes it, the same place with other options does not", async () => {
  const { images, store } = fields();
  await images.open();
  images.follow({ result: at(10, 20) });
  assert.equal(store.get().surveys.open, true);
  images.follow({ result: at(10, 21) });
  assert.equal(store.get().surveys, NO_SURVEYS);
});

test("an image that comes after it was closed is not shown", async () => {
  let answer;
  const { images, store } = fields(() => new Promise((resolve) => (answer = resolve)));
  const opened = images.open();
  await new Promise((resolve) => setTimeout(resolve));
  images.close();
  answer({ blob: new Blob(["late"]), ...told });
  await Promise.race([opened, new Promise((resolve) => setTimeout(resolve, 20))]);
  assert.equal(store.get().surveys, NO_SURVEYS);
});

test("without the list of surveys the reason is said", async () => {
  const { images, store } = fields();
  const silent = { surveys: async () => Promise.reject(new ApiError("No answer.")) };
  const broken = createSurveyImages({ store, api: silent, meta });
  await broken.open();
  assert.equal(store.get().surveys.failure, "No answer.");
  await images.open();
});

test("the survey that is shown already is left out, unless what is shown is a model or one's own", () => {
  const list = [{ survey: "VLA FIRST" }, { survey: "NVSS" }];
  const beside = (survey, origin) =>
    otherSurveys(list, { survey, image_origin: origin }).map((one) => one.survey);
  assert.deepEqual(beside("VLA FIRST", "observed"), ["NVSS"]);
  assert.deepEqual(beside("NVSS", "observed"), ["VLA FIRST"]);
  assert.deepEqual(beside("VLA FIRST", "model"), ["VLA FIRST", "NVSS"]);
  assert.deepEqual(beside("not stated", "uploaded"), ["VLA FIRST", "NVSS"]);
});

test("after a search with one of them, the first takes its place and nothing is asked for twice", async () => {
  const { images, store, asked } = fields(async () => ({ blob: new Blob(["png"]), ...told }));
  await images.open();
  assert.deepEqual(asked.map(([name]) => name), ["nvss", "lotss"]);
  const result = { query: { ...at(10, 20).query, survey: "NVSS" } };
  store.set({ result });
  await images.follow({ result });
  assert.deepEqual(store.get().surveys.list.map(({ name }) => name), ["first", "lotss"]);
  assert.deepEqual(asked.map(([name]) => name), ["nvss", "lotss", "first"]);
  assert.equal(store.get().surveys.pictures.first.state, "here");
});
