/**
 * The same field in other surveys beside the image that was asked about; closed until it is opened.
 * It never fetches: it says that it was opened.
 *
 * Emits explorer:surveys {open}, explorer:survey-retry {name}, explorer:survey-search {name}.
 */

import { isAborted, surveyFitsUrl } from "../core/api.js";
import { formatFrequency, formatPercentile } from "../core/format.js";
import { el, emit, fill } from "../core/html.js";
import { isModel, surveysSentence } from "../core/words.js";
import { bareImage, smallPicture } from "./picture.js";

/**
 * Closed: nothing has been asked for. `pictures` holds {state, url, service, blank, detail} by
 * survey; `blank` is the share of the field that was not observed.
 */
export const NO_SURVEYS = Object.freeze({ open: false, list: null, failure: null, pictures: {} });

/** The surveys to show beside an image: all but the one that it is an observation of. */
export const otherSurveys = (list, query) =>
  list.filter(({ survey }) => isModel(query) || survey !== query.survey);

/** @param {{store: object, api: object, meta: object}} parts */
export function createSurveyImages({ store, api, meta }) {
  const { size_px: sizePx, pixel_scale_arcsec: scale } = meta.image;
  let asked = null;
  let known = null;
  let field = null;

  async function open() {
    close();
    asked = new AbortController();
    const { ra_deg: ra, dec_deg: dec } = store.get().result.query;
    field = { ra, dec, sizeArcsec: sizePx * scale };
    const { signal } = asked;
    change({ open: true });
    try {
      known ??= await api.surveys();
    } catch (error) {
      if (!signal.aborted) change({ failure: error.message });
      return;
    }
    if (!signal.aborted) await fill();
  }

  /** List what goes beside the image that is shown now, and ask for what was not asked for yet. */
  async function fill() {
    const list = otherSurveys(known, store.get().result.query);
    change({ list });
    const { pictures } = store.get().surveys;
    const { signal } = asked;
    await Promise.all(list.map(({ name }) => pictures[name] ?? load(name, signal)));
  }

  /** Ask one survey again. */
  const retry = (name) => load(name, asked.signal);

  async function load(name, signal) {
    picture(name, { state: "waiting" });
    try {
      const { blob, ...told } = await api.surveyPicture(name, field, signal);
      if (signal.aborted) return;
      picture(name, { state: "here", url: URL.createObjectURL(blob), ...told });
    } catch (error) {
      if (signal.aborted || isAborted(error)) return;
      picture(name, { state: error.surveyState === "no image" ? "empty" : "failed", detail: error.message });
    }
  }

  /** Another place is no longer the same sky; another image of this one has others beside it. */
  async function follow({ result }) {
    const { ra_deg: ra, dec_deg: dec } = result?.query ?? {};
    if (field && (field.ra !== ra || field.dec !== dec)) close();
    else if (store.get().surveys.list) await fill();
  }

  function close() {
    field = null;
    asked?.abort();
    const { pictures } = store.get().surveys;
    for (const { url } of Object.values(pictures)) if (url) URL.revokeObjectURL(url);
    store.set({ surveys: NO_SURVEYS });
  }

  const change = (patch) => store.set({ surveys: { ...store.get().surveys, ...patch } });
  const picture = (name, what) =>
    change({ pictures: { ...store.get().surveys.pictures, [name]: what } });

  return { open, close, retry, follow };
}

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
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

  function draw({ result, surveys, error, pending, subject }) {
    const { open, list, failure } = surveys;
    root.hidden = !result || result.query.ra_deg === null || subject !== "source";
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

  const needs = ["result", "surveys", "error", "pending", "subject"];
  return { needs, draw };
}

function pictureOf(label, { state, url }) {
  if (state === "here") return bareImage(url, `The same field in ${label}, north up, east left`);
  const failed = el("span", { class: "no-picture" }, "no image");
  return el("div", { class: `picture small${state === "waiting" ? " skeleton" : ""}` }, ["failed", "empty"].includes(state) && failed);
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
