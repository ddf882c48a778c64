/**
 * The report of likely duplicates: pairs side by side with what was measured of them, some at a time.
 * It never decides which entry is right, and it makes no number: what it shows is the server's.
 *
 * Emits explorer:source {id}, explorer:highlight {row}, explorer:checked.
 */

import { duplicatesUrl, isAborted } from "../core/api.js";
import { formatCount, formatDissimilarity, formatSeparation, formatSimilarity } from "../core/format.js";
import { el, emit, fill } from "../core/html.js";
import { isModel, titleOf } from "../core/words.js";
import { smallPicture } from "./picture.js";

/** @param {HTMLElement} root @param {{meta: import("../core/state.js").Meta, api: any}} parts */
export function createDuplicates(root, { meta, api }) {
  /** @type {{band: string, report: import("../core/state.js").Schemas["DuplicateReport"] | null, pairs: any[], failure: string, asked: boolean}} */
  const shown = { band: "", report: null, pairs: [], failure: "", asked: false };

  function draw({ rail, style }) {
    if (rail !== "check") return;
    if (!shown.asked) more();
    const { report, failure } = shown;
    const left = report ? report.total - shown.pairs.length : 0;
    fill(
      root,
      el("h2", {}, "Likely duplicates"),
      !report && !failure && el("p", { class: "hint", role: "status" }, "Asking…"),
      report && el("p", { class: "hint" }, report.statement),
      report?.looked_for && bands(report),
      report?.looked_for && el("p", { class: "ways" }, "Take away: ", meta.formats.map(({ name, label }) => el("a", { href: duplicatesUrl({ band: shown.band, format: name }), download: true }, label))),
      shown.pairs.length > 0 && el("ol", { class: "pairs" }, shown.pairs.map((pair) => pairOf(pair, style))),
      left > 0 && shown.pairs.length > 0 && el("button", { type: "button", class: "more", onclick: () => more() }, `More of ${formatCount(left)}`),
      failure && el("p", { class: "error", role: "alert" }, failure),
    );
  }

  function bands(report) {
    const all = report.bands.reduce((sum, { count }) => sum + count, 0);
    const choices = [{ name: "", count: all, meaning: "" }, ...report.bands];
    const chosen = choices.find(({ name }) => name === shown.band);
    const options = choices.map(({ name, count }) => el("option", { value: name, selected: name === shown.band }, `${name || "All"}: ${formatCount(count)}`));
    return el("p", {}, el("label", {}, "Separation ", el("select", { id: "duplicates-band", onchange: ({ target }) => choose(target.value) }, options)), chosen?.meaning && el("span", { class: "hint" }, " ", chosen.meaning, "."));
  }

  function choose(band) {
    Object.assign(shown, { band, pairs: [] });
    more();
  }

  function pairOf(pair, style) {
    const alike = pair.pixel_likeness === null ? "one has no image" : pair.pixel_likeness.toFixed(3);
    const shift = [pair.shift_east_arcsec, pair.shift_north_arcsec].map((arcsec) => Math.abs(arcsec).toFixed(1));
    const where = [pair.shift_east_arcsec < 0 ? "W" : "E", pair.shift_north_arcsec < 0 ? "S" : "N"];
    const facts = [
      ["Apart", `${pair.separation_arcsec < 126 ? `${pair.separation_arcsec.toFixed(1)}″` : formatSeparation(pair.separation_arcsec)} (${pair.band})`],
      ["S", `${formatSimilarity(pair.similarity)}; 1 − S ${formatDissimilarity(1 - pair.similarity)}`],
      ["Pixels", alike],
      ["Pattern", pair.pattern_likeness === null ? "unknown" : pair.pattern_likeness.toFixed(3)],
      ["Shift", `${shift[0]}″ ${where[0]}, ${shift[1]}″ ${where[1]}`],
    ];
    return el("li", {}, el("div", { class: "two" }, [pair.first, pair.second].map((source) => entry(source, style))), el("dl", { class: "facts" }, facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])));
  }

  function entry(source, style) {
    const point = (row) => () => emit(root, "explorer:highlight", { row });
    const onclick = (event) => {
      event.preventDefault();
      emit(root, "explorer:source", { id: source.source_id });
    };
    const picture = { url: source.cutout_url, alt: `Radio image of ${titleOf(source)}`, isModel: isModel(source), lazy: true };
    return el("a", { href: `?${new URLSearchParams({ source: source.source_id })}`, title: `${source.source_id}: ${source.position}`, onclick, onmouseenter: point(source.row), onmouseleave: point(null) }, smallPicture(picture, meta.image, { ...style, furniture: false, contours: false }), el("span", {}, source.name || source.source_id));
  }

  /** The next pairs of the band. */
  async function more() {
    shown.asked = true;
    try {
      const report = await api.duplicates({ band: shown.band, first: shown.pairs.length + 1 });
      Object.assign(shown, { report, failure: "", pairs: [...shown.pairs, ...report.pairs] });
    } catch (error) {
      if (isAborted(error)) return;
      shown.failure = error.message;
    }
    emit(root, "explorer:checked");
  }

  return { needs: ["rail", "style", "checked"], draw };
}
