/**
 * The nearest neighbours as cards, further ones as one scrolls, and the ways to take them away.
 * It never searches and never makes a file.
 *
 * Emits explorer:source {id}, explorer:highlight {row}, explorer:about {section}, explorer:more,
 * explorer:download {format, label}, and what marking.js emits.
 */

import { SHARED, writeAddress } from "../core/address.js";
import { formatCount, formatDissimilarity, formatExtent, formatPercentile, formatSeparation, formatSimilarity } from "../core/format.js";
import { byId, el, emit, every, fill } from "../core/html.js";
import { duplicateSentence, flagWords, isModel, titleOf } from "../core/words.js";
import { separationArcsec } from "../core/geometry.js";
import { conditionsMenu } from "./conditions.js";
import { markButtons, markByKey, remark } from "./marking.js";
import { smallPicture } from "./picture.js";
import { takeAwayMenu } from "./take_away.js";

const EAGER_PICTURES = 24;
const MOST_SKELETONS = 12;
/** How far below what is seen the end of the gallery asks for more, once one scrolls. */
const AHEAD_PX = 900;
/** Cards: so near the end the focus asks for more. */
const NEAR_END = 4;
const SHARE_WORDS = "Share of the catalogue that is less similar to the query";

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
export function createNeighbours(root, meta, defaults) {
  let drawn = null;
  let styled = null;

  function draw(state) {
    const { result, pending, style } = state;
    root.hidden = (!result && !pending) || state.subject !== "source";
    root.setAttribute("aria-busy", String(Boolean(pending)));
    const restyled = !sameBut(style, styled, "size");
    if (result?.query !== drawn?.query) scrolled = false;
    const grown = !restyled && isGrown(result, drawn);
    if (grown) append(state, drawn.neighbours.length);
    else if (result && (result !== drawn || restyled)) fill(root, heading(state), cards(state), foot(state));
    else if (!result) fill(root, ...(pending ? skeleton(state.k) : []));
    if (result && (grown || result === drawn)) linkAgain(state);
    /** @type {HTMLElement | null} */ (root.querySelector(".gallery"))?.style.setProperty("--card", `${style.size}px`);
    drawn = result;
    styled = style;
  }

  /** Whether a result is the one that is drawn with further ranks behind it. */
  const isGrown = (result, before) => result && result.query === before?.query && result.neighbours.length > before.neighbours.length;

  function append(state, had) {
    root.querySelector(".cards")?.append(...state.result.neighbours.slice(had).map((each) => item(each, state)));
  }

  /** The cards stay, and lead to what is chosen now; a menu that is open stays as it is. */
  function linkAgain(state) {
    const head = root.querySelector("header");
    if (!head?.querySelector("details[open]")) head?.replaceWith(heading(state));
    for (const card of every(root, "a[data-source-id]")) {
      card.href = linkTo(card.dataset.sourceId, state);
    }
  }

  const linkTo = (id, state) =>
    writeAddress({ ...state, query: { kind: "source", id }, view: null }, defaults);

  /** What became of a download that had to be asked for. */
  function drawDownload({ download }) {
    const place = byId("download-error");
    if (!place) return;
    fill(place, download?.detail ?? "");
    place.hidden = !download?.detail;
    for (const button of every(root, "[data-format]")) {
      button.disabled = download?.format === button.dataset.format && !download.detail;
    }
  }

  /** Light the card of a source that is pointed at on the map. */
  function light({ hoverRow, cursorRow }) {
    const row = hoverRow ?? cursorRow;
    for (const card of every(root, "[data-row]")) {
      card.classList.toggle("lit", Number(card.dataset.row) === row);
    }
  }

  function heading(state) {
    const count = state.result.neighbours.length;
    const title = el("h2", { id: "neighbours-title" }, count === 1 ? "The nearest neighbour" : `${count} nearest neighbours`);
    const told = state.result.conditions;
    const unlimited = !told.length && state.shown !== null;
    const explain = () => emit(root, "explorer:about", { section: "about-similarity" });
    const what = el("button", { type: "button", class: "link", onclick: explain, title: `S: cosine similarity of ${meta.encoder.features} numbers` }, "What S means");
    const pick = () => emit(root, "explorer:pick", { rows: state.result.neighbours.map(({ row }) => row) });
    return el(
      "header",
      { class: "section-head" },
      el(
        "div",
        { class: "head-row" },
        title,
        el(
          "p",
          { class: "ways" },
          what,
          conditionsMenu(state),
          el("button", { type: "button", id: "pick-neighbours", onclick: pick, title: "Make a selection of them" }, "Select"),
          takeAwayMenu(state, meta),
        ),
      ),
      unlimited && el("p", { class: "section-sub" }, "Of all sources: “Conditions” limits them to what the filters show."),
      told.length > 0 && el("p", { class: "section-sub", id: "conditions-told" }, `${told.join("; ")}: ${formatCount(state.result.population)} sources. The percentile is of ${state.result.percentile_of}.`),
      el("p", { id: "download-error", class: "error", role: "alert", hidden: true }),
    );
  }

  function cards(state) {
    const items = state.result.neighbours.map((neighbour) => item(neighbour, state));
    const gallery = el("ol", { class: "cards", "aria-labelledby": "neighbours-title" }, items);
    return el("div", { class: "gallery", style: `--card: ${state.style.size}px` }, gallery);
  }

  let scrolled = false;
  /** @type {IntersectionObserver | null} */
  let observer = null;

  /** Where the gallery ends: further ranks come when it is near, or by its button. */
  function foot(state) {
    const place = el("div", { class: "gallery-end", id: "gallery-end" });
    fillFoot(place, state);
    return place;
  }

  function fillFoot(place, { result, more }) {
    const count = result.neighbours.length;
    const { k_max: most } = meta.limits;
    const failed = more?.state === "failed";
    const words = more?.state === "asking" ? "Loading more…" : failed ? "Try again" : "More";
    const end = result.more ? `These are the ${formatCount(most)} most similar, the most that are shown.` : "These are all.";
    const ended = !result.more || count >= most;
    if (ended) fill(place, count > 0 && el("p", { class: "hint" }, end));
    else fill(place, el("button", { type: "button", class: "more", id: "more-neighbours", onclick: () => emit(root, "explorer:more") }, words), el("p", { class: "error", role: "alert", hidden: !failed }, failed && more.detail));
    watch(ended || failed || more ? null : place);
  }

  /** Once one has scrolled, ask whenever the end is near; before, there are as many as were asked for. */
  function watch(/** @type {Element | null} */ place) {
    observer?.disconnect();
    if (!place || !scrolled) return;
    const pane = document.getElementById("details");
    const own = pane && getComputedStyle(pane).overflowY !== "visible";
    const seen = (entries) => entries.some((each) => each.isIntersecting) && emit(root, "explorer:more");
    observer = new IntersectionObserver(seen, { root: own ? pane : null, rootMargin: `0px 0px ${AHEAD_PX}px 0px` });
    observer.observe(place);
  }

  function goesOn() {
    if (scrolled) return;
    scrolled = true;
    if (document.getElementById("more-neighbours")) watch(document.getElementById("gallery-end"));
  }

  const pane = document.getElementById("details");
  const isDown = (target) => (target === pane && byId("details").scrollTop > 0) || (target === document && window.scrollY > 0);
  document.addEventListener("scroll", ({ target }) => isDown(target) && goesOn(), { capture: true, passive: true });
  pane?.addEventListener("wheel", ({ deltaY }) => deltaY > 0 && goesOn(), { passive: true });
  root.addEventListener("focusin", ({ target }) => {
    const cards = [...every(root, ".card")];
    const place = cards.indexOf(/** @type {Element} */ (target));
    if (place >= 0 && place >= cards.length - NEAR_END) goesOn();
  });

  function drawFoot(state) {
    const place = document.getElementById("gallery-end");
    if (!place || !state.result) return;
    const kept = document.activeElement?.id === "more-neighbours";
    fillFoot(place, state);
    if (kept) document.getElementById("more-neighbours")?.focus();
  }

  const itemFor = (neighbour) => ({ id: neighbour.source_id, title: titleOf(neighbour) });
  const item = (neighbour, state) => el("li", {}, card(neighbour, state), markButtons(itemFor(neighbour), state));

  function card(neighbour, state) {
    const { row, rank, source_id: id } = neighbour;
    const duplicate = duplicateSentence(neighbour, state.result.neighbours, separationArcsec);
    const point = (value) => () => emit(root, "explorer:highlight", { row: value });
    return el(
      "a",
      {
        class: duplicate ? "card duplicate" : "card",
        href: linkTo(id, state),
        title: `${titleOf(neighbour)}${neighbour.separation_arcsec === null ? "" : `, ${formatSeparation(neighbour.separation_arcsec)} from the query on the sky`}`,
        "data-source-id": id,
        "data-row": row,
        "aria-keyshortcuts": "+ - C",
        onkeydown: (event) => markByKey(event, itemFor(neighbour)),
        onclick: (event) => choose(event, id),
        onmouseenter: point(row),
        onmouseleave: point(null),
        onfocus: point(row),
        onblur: point(null),
      },
      el("span", { class: "rank" }, el("span", { class: "visually-hidden" }, "Neighbour "), rank),
      picture(neighbour, state.style),
      ...numbers(neighbour, meta.image),
      duplicate && el("span", { class: "duplicate-note" }, duplicate),
    );
  }

  /** A plain click asks here; with a modifier key the link opens as any link does. */
  function choose(event, id) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    emit(root, "explorer:source", { id });
  }

  function picture(neighbour, style) {
    const alt = `Radio image of ${titleOf(neighbour)}`;
    const lazy = neighbour.rank > EAGER_PICTURES;
    const picture = { url: neighbour.cutout_url, alt, isModel: isModel(neighbour), lazy };
    return smallPicture(picture, meta.image, style);
  }

  return [
    { needs: ["result", "pending", "style", "subject", "active", "shown", ...SHARED], draw },
    { needs: ["more", "result"], draw: drawFoot },
    { needs: ["examples", "compared", "result"], draw: (state) => remark(root, state) },
    { needs: ["download"], draw: drawDownload },
    { needs: ["hoverRow", "cursorRow", "result"], draw: light },
  ];
}

const sameBut = (a, b, key) => Boolean(b) && Object.keys(a).every((each) => each === key || a[each] === b[each]);

function numbers(neighbour, image) {
  const { similarity, dissimilarity, percentile, extent_flag: limit, score, similar_to: to } = neighbour;
  const flag = flagWords(limit);
  const extent = el("span", { title: `Angular extent${flag ? `: ${flag}` : ""}` }, formatExtent(neighbour.angular_extent_arcsec, limit));
  const label = neighbour.columns.label ?? neighbour.name;
  const named = label ? el("span", { title: String(label) }, String(label)) : el("span", { title: "Position" }, neighbour.position.split(" ")[0]);
  const model = isModel(neighbour) && el("span", { class: "flags" }, modelFlag(image));
  if (typeof score === "number") {
    const scored = `Weighted mean of S to the wanted examples minus that to the unwanted ones; ${formatPercentile(percentile)} of the catalogue has a lower one`;
    const toIt = `S to ${to}, the wanted example that it is most like; 1 − S ${formatDissimilarity(dissimilarity)}`;
    return [pair(el("b", { title: scored }, "Score ", formatSimilarity(score)), extent), pair(el("span", { title: toIt }, "S ", formatSimilarity(similarity)), named), model];
  }
  return [
    pair(el("b", { title: `1 − S ${formatDissimilarity(dissimilarity)}; ${formatPercentile(percentile)}: ${SHARE_WORDS.toLowerCase()}` }, "S ", formatSimilarity(similarity)), extent),
    pair(el("span", {}, `1−S ${formatDissimilarity(dissimilarity)}`), named),
    model,
  ];
}

const modelFlag = ({ model_statement: title }) => el("span", { class: "flag model", title }, "drawn model");
const pair = (...sides) => el("span", { class: "pair" }, ...sides);

/** The shape of the cards to come. */
function skeleton(k) {
  const gap = () => el("span", { class: "pair" }, "\u00a0");
  const card = () => {
    const picture = el("div", { class: "picture small skeleton" });
    return el("li", {}, el("div", { class: "card" }, picture, gap(), gap(), gap(), gap()));
  };
  const cards = Array.from({ length: Math.min(k, MOST_SKELETONS) }, card);
  return [
    el("header", { class: "section-head" }, el("h2", {}, "Finding the neighbours…")),
    el("ol", { class: "cards", "aria-hidden": "true" }, ...cards),
  ];
}
