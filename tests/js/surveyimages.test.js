import assert from "node:assert/strict";
import test from "node:test";

import { ApiError } from "../../static/js/api.js";
import { createStore } from "../../static/js/store.js";
import { createSurveyImages, NO_SURVEYS } from "../../static/js/surveyimages.js";

const meta = { image: { size_px: 150, pixel_scale_arcsec: 1.8 } };
const at = (ra, dec) => ({ query: { ra_deg: ra, dec_deg: dec } });

/** Over two surveys, one of which has nothing. */
function fields(surveyPicture = answering) {
  const asked = [];
  const store = createStore({ result: at(10, 20), surveys: NO_SURVEYS });
  const api = {
    surveys: async () => [{ name: "nvss" }, { name: "lotss" }],
    surveyPicture: (name, field, signal) => asked.push([name, field]) && surveyPicture(name, signal),
  };
  return { store, asked, images: createSurveyImages({ store, api, meta }) };
}

const answering = async (name) => {
  if (name === "lotss") throw new ApiError("LoTSS DR2 has no image here.");
  return new Blob(["png"]);
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
    return new Blob(["png"]);
  });
  await images.open();
  const { nvss, lotss } = store.get().surveys.pictures;
  assert.equal(nvss.state, "here");
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
  answer(new Blob(["late"]));
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
