/**
 * The same field in other surveys beside the image that was asked about; closed until it is opened.
 * It never fetches: it says that it was opened.
 *
 * Emits explorer:surveys {open}, explorer:survey-retry {name}, explorer:survey-search {name}.
 */

import { surveyFitsUrl } from "./endpoints.js";
import { formatFrequency, formatPercentile } from "./format.js";
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
    const failed = error?.query?.survey && error;
    const shown = { pictures: surveys.pictures, query: result.query, failed, pending };
    fill(tiles, asked(result.query), (list ?? []).map((survey) => tile(survey, shown)));
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

  function tile(survey, { pictures, query, failed, pending }) {
    const { name, label, frequency_mhz: mhz, beam, credit } = survey;
    const picture = pictures[name] ?? { state: "waiting" };
    const unsearched = failed && failed.query.survey === name ? failed.detail : picture.detail;
    return el(
      "li",
      { class: "survey", "data-survey": name },
      pictureOf(label, picture),
      el("b", {}, label),
      el("span", {}, `${formatFrequency(mhz)}, beam ${beam.replaceAll('"', "″")}`),
      picture.state === "here" && el("span", {}, ...told(survey, picture, query)),
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

/** Which service gave it, how much of it was observed, and the file. */
function told({ name, label }, { service, blank }, { ra_deg: ra, dec_deg: dec }) {
  const href = surveyFitsUrl(name, { ra, dec });
  const file = el("a", { href, download: true, "aria-label": `FITS: ${label}` }, "FITS");
  const share = blank > 0 ? `, ${formatPercentile(100 * blank, 1)} of the field not observed` : "";
  return [`from the ${service}${share}. `, file];
}

function introduction({ image: { size_px: size, pixel_scale_arcsec: scale } }) {
  return (
    `The same ${((size * scale) / 60).toFixed(1)}′, north up, east left, each in its own brightness scale. ` +
    "A search with one of them compares it with this catalogue's images; the answer says what that means."
  );
}

function button(words, about, onclick) {
  const attributes = { type: "button", class: "link", "aria-label": `${words}: ${about}`, onclick };
  return el("button", attributes, words);
}
