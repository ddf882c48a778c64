/**
 * Rare and wrong: the catalogue's sources one after the other, the most novel first, with artefact
 * flags and the verdicts of people. It never gives a verdict itself: it says which was chosen.
 *
 * Emits explorer:verdict {id, verdict}, explorer:source {id}, explorer:highlight {row}, explorer:checked.
 */

import { isAborted } from "../core/api.js";
import { formatCount, formatMoment } from "../core/format.js";
import { el, emit, fill } from "../core/html.js";
import { isModel, noveltySentence, titleOf } from "../core/words.js";
import { smallPicture } from "./picture.js";

const ORDERS = { novelty: "The most novel first", flagged: "Flagged ones first", judged: "Judged already" };
const VERDICTS = [
  { verdict: "keep", words: "Keep", key: "K" },
  { verdict: "discard", words: "Discard", key: "D" },
  { verdict: "quarantine", words: "Quarantine", key: "Q" },
];
const FEW_LEFT = 3;

/** @param {HTMLElement} root @param {{meta: import("../core/state.js").Meta, api: any}} parts */
export function createReview(root, { meta, api }) {
  /** @type {{order: string, queue: any[], at: number, report: import("../core/state.js").Schemas["Queue"] | null, failure: string, asked: boolean}} */
  const shown = { order: "novelty", queue: [], at: 0, report: null, failure: "", asked: false };
  let seen = null;

  function draw({ rail, style, verdict }) {
    if (rail !== "check") return;
    if (!shown.asked) more();
    if (verdict !== seen) follow((seen = verdict));
    const { report, failure, queue, at } = shown;
    fill(
      root,
      el("h2", {}, "Rare and wrong"),
      el("p", { class: "hint" }, "Novel sources are rare ones, or images with something wrong. What is quarantined is not found by searches unless they ask for it. All who use this server share the verdicts; U undoes yours."),
      report && !report.kept && el("p", { class: "error" }, report.problem),
      report && el("p", {}, counts(report)),
      el("p", {}, el("label", {}, el("span", { class: "visually-hidden" }, "Order"), el("select", { id: "review-order", onchange: ({ target }) => begin(target.value) }, Object.entries(ORDERS).map(([value, words]) => el("option", { value, selected: value === shown.order }, words))))),
      queue[at] ? one(queue[at], style) : report && el("p", { role: "status" }, shown.order === "judged" ? "None is judged." : "All are judged."),
      failure && el("p", { class: "error", role: "alert" }, failure),
    );
  }

  function counts({ total, n_flagged: flagged, n_quarantined: quarantined }) {
    const flags = flagged === null ? "no flags (this bundle was built before there were any)" : `${formatCount(flagged)} flagged`;
    return `${formatCount(total)} ${shown.order === "judged" ? "judged" : "to judge"}; ${flags}; ${formatCount(quarantined)} quarantined.`;
  }

  function one(source, style) {
    const onclick = (event) => {
      event.preventDefault();
      emit(root, "explorer:source", { id: source.source_id });
    };
    const picture = { url: source.cutout_url, alt: `Radio image of ${titleOf(source)}`, isModel: isModel(source) };
    const flags = source.artefact_flags?.split(" + ").filter((flag) => flag !== "none") ?? [];
    return el(
      "div",
      { class: "one", "data-source": source.source_id },
      el("a", { href: `?${new URLSearchParams({ source: source.source_id })}`, title: "Open it", onclick }, smallPicture(picture, meta.image, style), el("b", {}, titleOf(source))),
      el("p", {}, noveltySentence(source.novelty_percentile, meta.limits.placed_by)),
      flags.length > 0 && el("p", { class: "flags" }, flags.map((flag) => el("span", {}, flag))),
      source.verdict && el("p", {}, `${source.verdict}: ${source.author}, ${formatMoment(source.at_utc)}`),
      el("div", { class: "verdicts", role: "group", "aria-label": "Verdict" }, VERDICTS.map(({ verdict, words, key }) => el("button", { type: "button", "data-verdict": verdict, "aria-pressed": String(source.verdict === verdict), "aria-keyshortcuts": key, onclick: () => judge(verdict) }, el("kbd", {}, key), ` ${words}`))),
      el("p", { class: "walk" }, el("button", { type: "button", class: "link", disabled: shown.at === 0, "aria-keyshortcuts": "B", onclick: () => walk(-1) }, "Back (B)"), el("span", {}, `${formatCount(shown.at + 1)} of ${formatCount(shown.report?.total ?? 0)}`), el("button", { type: "button", class: "link", disabled: shown.at + 1 >= (shown.report?.total ?? 0), "aria-keyshortcuts": "N", onclick: () => walk(1) }, "Next (N)")),
    );
  }

  function judge(verdict) {
    const source = shown.queue[shown.at];
    if (source) emit(root, "explorer:verdict", { id: source.source_id, verdict });
  }

  /** A verdict was given: that source leaves the queue; anything else may have changed all of it. */
  function follow({ id, verdict, undone = false }) {
    if (undone) return begin(shown.order);
    const place = shown.queue.findIndex(({ source_id: each }) => each === id);
    if (place < 0 || !shown.report) return;
    if (shown.order === "judged") return begin(shown.order);
    shown.queue.splice(place, 1);
    const more = verdict === "quarantine" ? 1 : 0;
    shown.report = { ...shown.report, total: shown.report.total - 1, n_quarantined: shown.report.n_quarantined + more };
    walk(0);
  }

  function walk(by) {
    shown.at = Math.max(0, Math.min(shown.at + by, shown.queue.length - 1));
    emit(root, "explorer:highlight", { row: shown.queue[shown.at]?.row ?? null });
    if (shown.queue.length - shown.at <= FEW_LEFT && shown.queue.length < (shown.report?.total ?? 0)) more();
    else emit(root, "explorer:checked");
  }

  function begin(order) {
    Object.assign(shown, { order, queue: [], at: 0 });
    more();
  }

  async function more() {
    shown.asked = true;
    try {
      const report = await api.queue({ order: shown.order, first: shown.queue.length + 1 });
      Object.assign(shown, { report, failure: "", queue: [...shown.queue, ...report.sources] });
    } catch (error) {
      if (isAborted(error)) return;
      shown.failure = error.message;
    }
    emit(root, "explorer:checked");
  }

  const keys = { n: () => walk(1), b: () => walk(-1), ...Object.fromEntries(VERDICTS.map(({ verdict, key }) => [key.toLowerCase(), () => judge(verdict)])) };
  return { needs: ["rail", "style", "checked", "verdict"], draw, keys };
}
