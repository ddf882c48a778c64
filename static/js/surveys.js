/**
 * The same field in other surveys beside the image that was asked about; closed until it is opened.
 * It never fetches: it says that it was opened.
 *
 * Emits explorer:surveys {open}, explorer:survey-retry {name}, explorer:survey-search {name}.
 */

import { formatFrequency } from "./format.js";
import { el, emit, fill } from "./html.js";
import { bareImage, smallPicture } from "./picture.js";
import { isModel, surveysSentence } from "./words.js";

/** @param {HTMLElement} root */
export function createSurveys(root, meta) {
  const body = el("div", { id: "surveys-body" });
  const opener = el(
    "button",
    { type: "button", class: "disclosure", "aria-controls": "surveys-body", onclick: toggle },
    "The same sky in other surveys",
  );
  const status = el("p", { id: "surveys-status", class: "section-sub", role: "status" });
  const tiles = el("ul", { class: "cards" });
  fill(body, status, el("p", { class: "section-sub" }, introduction(meta)), tiles);
  fill(root, el("h3", {}, opener), body);

  function toggle() {
    emit(root, "explorer:surveys", { open: body.hidden });
  }

  function draw({ result, surveys, error, pending }) {
    const { open, list, failure } = surveys;
    root.hidden = !result || result.query.ra_deg === null;
    body.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (!open || root.hidden) return fill(tiles);
    fill(status, failure ?? surveysSentence(list, surveys.pictures));
    status.classList.toggle("error", Boolean(failure));
    const others = (list ?? []).filter(({ label }) => label !== result.query.survey);
    const shown = { pictures: surveys.pictures, failed: error?.query?.survey && error, pending };
    fill(tiles, asked(result.query), others.map((survey) => tile(survey, shown)));
  }

  /** The image that was asked about, to compare with. */
  function asked(query) {
    const picture = { url: query.image_url, alt: `The image asked about: ${query.survey}`, isModel: isModel(query), whole: true };
    return el(
      "li",
      { class: "survey" },
      smallPicture(picture, meta.image),
      el("b", {}, query.survey),
      el("span", {}, "the image asked about"),
    );
  }

  function tile(survey, { pictures, failed, pending }) {
    const { name, label, frequency_mhz: mhz, beam_arcsec: beamArcsec, credit } = survey;
    const picture = pictures[name] ?? { state: "waiting" };
    const unsearched = failed && failed.query.survey === name ? failed.detail : picture.detail;
    return el(
      "li",
      { class: "survey", "data-survey": name },
      pictureOf(label, picture),
      el("b", {}, label),
      el("span", {}, `${formatFrequency(mhz)}, ${beamWords(beamArcsec)}`),
      unsearched && el("span", { class: "error" }, unsearched),
      picture.state === "failed" && button("Try again", label, () => emit(root, "explorer:survey-retry", { name })),
      searching(survey, picture, pending),
      el("span", { class: "small-print" }, credit),
    );
  }

  function searching({ name, label, embeddable }, { state }, pending) {
    if (state !== "here") return null;
    if (!embeddable) return el("span", { class: "small-print" }, "cannot be searched with");
    const search = () => emit(root, "explorer:survey-search", { name });
    const busy = pending?.query.survey === name;
    return button(busy ? "Searching…" : "Search with this image", label, search);
  }

  return { draw };
}

function pictureOf(label, { state, url }) {
  if (state === "here") return bareImage(url, `The same field in ${label}, north up, east left`);
  const failed = el("span", { class: "no-picture" }, "no image");
  return el("div", { class: `picture small${state === "waiting" ? " skeleton" : ""}` }, state === "failed" && failed);
}

function introduction({ image: { size_px: size, pixel_scale_arcsec: scale } }) {
  return (
    `The same ${((size * scale) / 60).toFixed(1)}′, north up, east left, each in its own brightness scale. ` +
    "A search with one of them compares it with this catalogue's images; the answer says what that means."
  );
}

const beamWords = (arcsec) =>
  arcsec === null || arcsec === undefined ? "beam not stated" : `${Number(arcsec.toFixed(1))}″ beam`;

function button(words, about, onclick) {
  const attributes = { type: "button", class: "link", "aria-label": `${words}: ${about}`, onclick };
  return el("button", attributes, words);
}
