/**
 * What became of a list: progress, account, downloads, what is unmatched, and the first answers.
 * It never asks for anything; its pictures and links are the server's addresses.
 *
 * Emits explorer:stop, explorer:placed {id}.
 */

import { imageUrl, tableUrl, unmatchedUrl } from "../core/api.js";
import { formatCount, formatDissimilarity, formatExtent, formatPercentile } from "../core/format.js";
import { byId, el, emit, fill } from "../core/html.js";

const STATES = { waiting: "Waiting for the lists before this one", "looking up names": "Looking up names" };

/** How far a running search is, with its rate and the time left once these mean something. */
export function progressWords(status, elapsedS) {
  if (status.state !== "searching") return `${STATES[status.state] ?? status.state}…`;
  const { n_done: done, n_listed: listed, n_unmatched: unmatched } = status;
  const said = [`${formatCount(done)} of ${formatCount(listed)} entries`];
  if (unmatched) said.push(`${formatCount(unmatched)} unmatched`);
  if (done > 0 && elapsedS >= 2) {
    const rate = done / elapsedS;
    said.push(`${rate < 10 ? rate.toFixed(1) : formatCount(Math.round(rate))} a second`);
    said.push(`about ${formatDuration((listed - done) / rate)} left`);
  }
  return said.join(", ");
}

/** "9 listed = 5 answered from the catalogue + 0 by the survey + 4 unmatched"; it adds up. */
export function accountWords(status) {
  const left = status.n_listed - status.n_done;
  const parts = [
    `${formatCount(status.n_bundle)} answered from the catalogue`,
    `${formatCount(status.n_service)} by the survey`,
    `${formatCount(status.n_unmatched)} unmatched`,
  ];
  if (left) parts.push(`${formatCount(left)} not tried`);
  return `${formatCount(status.n_listed)} listed = ${parts.join(" + ")}.`;
}

/** How the list ended, as a heading. */
export function endWords(status) {
  if (status.state === "failed") return "The search failed";
  if (status.state === "stopped") return "Stopped: what was found so far";
  return status.n_rows ? "Found" : "No entry could be answered";
}

/** Each warning of the answers once, numbered, with how many answers have it. */
export function numberedWarnings(answers) {
  const counts = new Map();
  for (const { warnings } of answers) {
    for (const text of new Set(warnings)) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count], i) => ({ number: i + 1, count, text }));
}

/** 7 s, 3 min, 1.5 h. */
export function formatDuration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 3600 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** Where the entry, and a neighbour, are shown on the map. */
export const placeUrl = ({ ra_deg: ra, dec_deg: dec }) => `/?${new URLSearchParams({ ra, dec })}`;
export const sourcePageUrl = (id) => `/?${new URLSearchParams({ source: id })}`;

const THUMB_PX = 100;
const SHOWN_OPEN = 10;

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
export function createResult(root, meta) {
  const [progress, summary, unmatched, answers, error] = [
    "progress", "summary", "unmatched", "answers", "result-error",
  ].map(byId);
  byId("stop").addEventListener("click", () => emit(root, "explorer:stop"));

  /** Show how a search stands. */
  function show(status, elapsedS) {
    byId("list-guide").hidden = true;
    error.hidden = true;
    progress.hidden = status.ended;
    byId("progress-words").textContent = progressWords(status, elapsedS);
    Object.assign(byId("progress-bar"), { max: status.n_listed, value: status.n_done });
    for (const section of [summary, unmatched, answers]) section.hidden = !status.ended;
    if (status.ended) showEnd(status);
  }

  function showEnd(status) {
    const onMap = () => emit(root, "explorer:placed", { id: status.id });
    fill(summary, ...summaryOf(status, meta.formats, onMap));
    unmatched.hidden = !status.n_unmatched;
    if (status.n_unmatched) fill(unmatched, ...unmatchedOf(status));
    answers.hidden = !status.answers.length;
    if (status.answers.length) fill(answers, ...answersOf(status));
  }

  /** Say why there is nothing to show. */
  function fail(sentence) {
    for (const section of [progress, summary, unmatched, answers]) section.hidden = true;
    error.textContent = sentence;
    error.hidden = false;
  }

  return { show, fail };
}

function summaryOf(status, formats, onMap) {
  const links = formats.map(({ name: format, label }) =>
    el("a", { href: tableUrl(status.id, format), download: true }, label),
  );
  return [
    el("h2", {}, endWords(status)),
    status.problem && el("p", { class: "error" }, status.problem),
    el("p", { class: "account" }, accountWords(status)),
    el("p", {}, el("button", { type: "button", id: "list-on-map", onclick: onMap }, "Show it on the map")),
    status.n_rows > 0 &&
      el("p", { class: "ways" }, `Download ${formatCount(status.n_rows)} neighbours:`, ...links),
    status.notes.length > 0 &&
      el("ul", { class: "notes" }, ...status.notes.map((note) => el("li", {}, note))),
  ];
}

function unmatchedOf(status) {
  const { unmatched: shown, n_unmatched: n } = status;
  const more = n > shown.length ? `The first ${formatCount(shown.length)} of ${formatCount(n)}. ` : "";
  return [
    el("h2", {}, `${formatCount(n)} unmatched`),
    el("p", { class: "section-sub" }, more,
      el("a", { href: unmatchedUrl(status.id), download: true }, "Download them with their reasons (CSV)")),
    el("details", { open: n <= SHOWN_OPEN },
      el("summary", {}, "Entries and reasons"),
      el("table", { class: "listed" },
        el("thead", {}, el("tr", {}, ...["Row", "Entry", "Reason"].map((head) => el("th", {}, head)))),
        el("tbody", {}, ...shown.map(unmatchedRow)))),
  ];
}

function unmatchedRow({ row, entry, name, position, reason }) {
  return el("tr", {},
    el("td", { class: "number" }, formatCount(row)),
    el("td", { class: "entry" }, el("span", { class: "mono" }, entry || name || "no name"),
      !entry && position && el("span", { class: "section-sub" }, position)),
    el("td", {}, reason));
}

function answersOf(status) {
  const { answers: shown } = status;
  const n = status.n_bundle + status.n_service;
  const which = n > shown.length ? `the first ${formatCount(shown.length)} of ${formatCount(n)}` : "all of them";
  const warnings = numberedWarnings(shown);
  return [
    el("h2", {}, `${formatCount(n)} answered`),
    el("p", { class: "section-sub" }, `Shown: ${which}, with their nearest neighbours, 1 − S and angular extent.`),
    warnings.length > 0 && el("ul", { class: "numbered" },
      ...warnings.map(({ number, count, text }) =>
        el("li", {}, el("b", {}, `Note ${number}`), ` (${formatCount(count)} of ${formatCount(shown.length)} shown): ${text}`))),
    el("div", { class: "answers" }, ...shown.map((answer) => answerOf(answer, warnings))),
  ];
}

function answerOf(answer, warnings) {
  const { row, entry, name, position, novelty_percentile: novelty } = answer;
  const here = entry || name || position;
  const notes = warnings.filter(({ text }) => answer.warnings.includes(text)).map(({ number }) => number);
  return el("article", { class: "answer" },
    el("div", { class: "asked" },
      el("a", { href: placeUrl(answer), title: "Show on the map" }, thumb(answer.image_url, here)),
      el("div", { class: "asked-words" },
        el("span", { class: "section-sub" }, `Row ${formatCount(row)}`),
        el("a", { class: "entry", href: placeUrl(answer) }, here),
        name && name !== here && el("span", {}, name),
        position !== here && el("span", { class: "section-sub mono" }, position),
        el("span", { class: "section-sub" }, answer.answered_by === "bundle"
          ? `Source ${answer.source_id}` : "Fetched from the survey"),
        el("span", { class: "section-sub" }, `Novelty ${formatPercentile(novelty, 1)}`),
        answer.image_origin === "model" && modelFlag(),
        notes.length > 0 && el("span", {}, `See note ${notes.join(", ")}`))),
    el("div", { class: "strip" }, ...answer.neighbours.map(neighbourOf)));
}

function neighbourOf(neighbour) {
  const shown = neighbour.name || neighbour.source_id;
  return el("a", { href: sourcePageUrl(neighbour.source_id), title: shown },
    thumb(neighbour.cutout_url, `Neighbour ${neighbour.rank}: ${shown}`),
    el("span", {}, el("span", { class: "rank" }, `${neighbour.rank} `), formatDissimilarity(neighbour.dissimilarity),
      ` · ${formatExtent(neighbour.angular_extent_arcsec)}`),
    neighbour.image_origin === "model" && modelFlag());
}

const modelFlag = () => el("span", { class: "flag" }, "model");

function thumb(url, alt) {
  const src = imageUrl(url, { sizePx: THUMB_PX });
  return el("img", { class: "thumb", src, alt, loading: "lazy", width: 76, height: 76 });
}
