/**
 * The nearest neighbours as cards, and the ways to take them away.
 * It never searches and never makes a file.
 *
 * Emits explorer:source {id}, explorer:highlight {row}, explorer:about {section},
 * explorer:download {format, label}.
 */

import { SHARED, writeAddress } from "../core/address.js";
import { formatCount, formatDissimilarity, formatExtent, formatPercentile, formatSeparation, formatSimilarity } from "../core/format.js";
import { byId, el, emit, every, fill } from "../core/html.js";
import { duplicateSentence, flagWords, isModel, titleOf } from "../core/words.js";
import { separationArcsec } from "../core/geometry.js";
import { conditionsMenu } from "./conditions.js";
import { smallPicture } from "./picture.js";
import { takeAwayMenu } from "./take_away.js";

const EAGER_PICTURES = 24;
const MOST_SKELETONS = 12;
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
    if (result && (result !== drawn || restyled)) fill(root, heading(state), cards(state));
    else if (result) linkAgain(state);
    else if (!result) fill(root, ...(pending ? skeleton(state.k) : []));
    /** @type {HTMLElement | null} */ (root.querySelector(".gallery"))?.style.setProperty("--card", `${style.size}px`);
    drawn = result;
    styled = style;
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
    const items = state.result.neighbours.map((neighbour) => el("li", {}, card(neighbour, state)));
    const { k_max: most } = meta.limits;
    const next = Math.min(most, state.k * 2);
    const more = () => emit(root, "explorer:options", { k: next });
    return el(
      "div",
      { class: "gallery", style: `--card: ${state.style.size}px` },
      el("ol", { class: "cards", "aria-labelledby": "neighbours-title" }, items),
      state.k < most && items.length >= state.k && el("button", { type: "button", class: "more", id: "more-neighbours", onclick: more }, `Show ${next}`),
    );
  }

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
    { needs: ["download"], draw: drawDownload },
    { needs: ["hoverRow", "cursorRow", "result"], draw: light },
  ];
}

const sameBut = (a, b, key) => Boolean(b) && Object.keys(a).every((each) => each === key || a[each] === b[each]);

function numbers(neighbour, image) {
  const { similarity, dissimilarity, percentile, extent_flag: limit } = neighbour;
  const flag = flagWords(limit);
  const extent = formatExtent(neighbour.angular_extent_arcsec, limit);
  const label = neighbour.columns.label ?? neighbour.name;
  return [
    pair(
      el("b", { title: `1 − S ${formatDissimilarity(dissimilarity)}; ${formatPercentile(percentile)}: ${SHARE_WORDS.toLowerCase()}` }, "S ", formatSimilarity(similarity)),
      el("span", { title: `Angular extent${flag ? `: ${flag}` : ""}` }, extent),
    ),
    pair(
      el("span", {}, `1−S ${formatDissimilarity(dissimilarity)}`),
      label ? el("span", { title: String(label) }, String(label)) : el("span", { title: "Position" }, neighbour.position.split(" ")[0]),
    ),
    isModel(neighbour) && el("span", { class: "flags" }, modelFlag(image)),
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
