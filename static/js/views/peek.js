/**
 * The source under the pointer, laid over the top of the pane where the open one stands: its picture
 * in the same style and place, so that the eye compares without anything moving. It comes when the
 * pointer rests and goes when it leaves. Screen readers are told by the page's status.
 */

import { formatDissimilarity, formatExtent, formatPercentile, formatSimilarity } from "../core/format.js";
import { byId, el, fill } from "../core/html.js";
import { flagWords, isModel, titleOf } from "../core/words.js";
import { smallPicture } from "./picture.js";

const REST_MS = 220;
const LINGER_MS = 160;

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
export function createPeek(root, meta) {
  let timer = null;
  /** @type {number | null} */
  let shown = null;

  function draw(state) {
    const { hoverRow, hoverSource, result, subject } = state;
    const source = hoverRow !== null && hoverSource?.row === hoverRow && subject !== "list" && hoverRow !== result?.query.row ? hoverSource : null;
    clearTimeout(timer);
    const change = () => {
      shown = source?.row ?? null;
      root.hidden = !source;
      fill(root, source && card(source, state));
      cover();
    };
    if (source?.row === shown && source) return;
    timer = setTimeout(change, source ? (shown === null ? REST_MS : 0) : LINGER_MS);
  }

  /**
   * The picture where the open one has its, and all of it as far down as the picture bar, so that no
   * line of the open source is left over.
   */
  function cover() {
    const own = /** @type {HTMLElement | null} */ (root.querySelector(".peek-card"));
    const bar = byId("picture-bar");
    const open = document.querySelector("#source .picture");
    const [here, body] = ["picture", "source-body"].map((name) => own?.querySelector(`.${name}`) ?? null);
    if (open && here) /** @type {HTMLElement} */ (body).style.marginTop = `${8 + Math.max(0, open.getBoundingClientRect().top - here.getBoundingClientRect().top)}px`;
    const down = bar.getBoundingClientRect().top - byId("details").getBoundingClientRect().top;
    if (own && !bar.hidden) own.style.minHeight = `${Math.max(0, down)}px`;
  }

  function card(source, { style, result }) {
    const near = result?.neighbours.find(({ row }) => row === source.row);
    const picture = { url: source.cutout_url, alt: "", isModel: isModel(source) };
    return el(
      "div",
      { class: "peek-card" },
      el("p", { class: "peek-title" }, el("b", {}, titleOf(source)), el("span", { class: "hint" }, "under the pointer")),
      el("p", { class: "section-sub" }, "In the catalogue as ", el("span", { class: "mono" }, source.source_id)),
      el("div", { class: "source-body" }, el("div", { class: "cutout" }, smallPicture(picture, meta.image, { ...style, size: 300 })), el("dl", { class: "facts facts-list" }, facts(source, near))),
    );
  }

  function facts(source, near) {
    const { columns, extent_flag: limit } = source;
    const flag = flagWords(limit);
    return [
      near && fact("Rank", near.rank),
      near && fact("S", formatSimilarity(near.similarity)),
      near && fact("1 − S", formatDissimilarity(near.dissimilarity)),
      fact("Angular extent", `${formatExtent(source.angular_extent_arcsec, limit)}${flag ? `, ${flag}` : ""}`),
      fact("Novelty percentile", formatPercentile(source.novelty_percentile, 1)),
      columns.label && fact("Label", columns.label),
      typeof columns.redshift === "number" && fact("Redshift", String(columns.redshift)),
      el("div", { class: "wide" }, el("dt", {}, "RA, Dec (ICRS)"), el("dd", { class: "mono" }, source.position)),
    ];
  }

  return { needs: ["hoverRow", "hoverSource", "result", "subject", "style"], draw };
}

const fact = (term, value) => el("div", {}, el("dt", {}, term), el("dd", {}, el("span", { class: "big" }, value)));
