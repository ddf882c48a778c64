/**
 * The nearest neighbours as cards, and the ways to take them away.
 * It never searches and never makes a file.
 *
 * Emits explorer:source {id}, explorer:highlight {row}, explorer:about {section},
 * explorer:download {format, label}.
 */

import { SHARED, writeAddress } from "../core/address.js";
import { downloadLinks } from "../core/downloads.js";
import { formatDissimilarity, formatExtent, formatPercentile, formatSeparation, formatSimilarity } from "../core/format.js";
import { byId, el, emit, every, fill } from "../core/html.js";
import { duplicateSentence, flagWords, isModel, titleOf } from "../core/words.js";
import { separationArcsec } from "../core/geometry.js";
import { smallPicture } from "./picture.js";

const EAGER_PICTURES = 24;
const MOST_SKELETONS = 12;
const SHARE_WORDS = "Share of the catalogue that is less similar to the query";

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
export function createNeighbours(root, meta, defaults) {
  let drawn = null;

  function draw(state) {
    const { result, pending } = state;
    root.hidden = !result && !pending;
    root.setAttribute("aria-busy", String(Boolean(pending)));
    if (result && result !== drawn) fill(root, heading(state), cards(state));
    else if (result) linkAgain(state);
    else if (!result) fill(root, ...(pending ? skeleton(state.k) : []));
    drawn = result;
  }

  /** The cards stay, and lead to what is chosen now. */
  function linkAgain(state) {
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
    const explain = () => emit(root, "explorer:about", { section: "about-similarity" });
    return el(
      "header",
      { class: "section-head" },
      el("div", { class: "head-row" }, title, takeAway(state, meta.formats)),
      el("p", { id: "download-error", class: "error", role: "alert", hidden: true }),
      el(
        "p",
        { class: "section-sub" },
        `S: cosine similarity of ${meta.encoder.features} numbers. %: share of the catalogue that is less similar. `,
        el("button", { type: "button", class: "link", onclick: explain }, "What they mean"),
      ),
    );
  }

  function cards(state) {
    const items = state.result.neighbours.map((neighbour) => el("li", {}, card(neighbour, state)));
    return el("ol", { class: "cards", "aria-labelledby": "neighbours-title" }, items);
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
        "data-source-id": id,
        "data-row": row,
        onclick: (event) => choose(event, id),
        onmouseenter: point(row),
        onmouseleave: point(null),
        onfocus: point(row),
        onblur: point(null),
      },
      el("span", { class: "rank" }, el("span", { class: "visually-hidden" }, "Neighbour "), rank),
      picture(neighbour),
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

  function picture(neighbour) {
    const alt = `Radio image of ${titleOf(neighbour)}`;
    const lazy = neighbour.rank > EAGER_PICTURES;
    const picture = { url: neighbour.cutout_url, alt, isModel: isModel(neighbour), lazy };
    return smallPicture(picture, meta.image);
  }

  return [
    { needs: ["result", "pending", "k", ...SHARED], draw },
    { needs: ["download"], draw: drawDownload },
    { needs: ["hoverRow", "cursorRow", "result"], draw: light },
  ];
}

function takeAway({ query, k, hideDuplicates, duplicatesArcsec }, formats) {
  const options = { k, hideDuplicates, duplicatesArcsec };
  const ways = query.kind === "image" ? formats.map(sentAgain) : downloadLinks(query, options, formats).map(link);
  return el(
    "p",
    { class: "take-away" },
    el("span", { class: "visually-hidden" }, "Download as "),
    ...ways,
  );
}

const link = ({ name: format, label, url }) =>
  el("a", { id: `download-${format}`, href: url, download: true, title: `Download as ${label}` }, label);

/** No address holds an image: it is sent once more, and the file comes back. */
function sentAgain({ name: format, label }) {
  const onclick = ({ currentTarget }) => emit(currentTarget, "explorer:download", { format });
  const named = { id: `download-${format}`, "data-format": format, title: `Download as ${label}` };
  return el("button", { type: "button", class: "link", ...named, onclick }, label);
}

function numbers(neighbour, image) {
  const { similarity, dissimilarity, percentile, extent_flag: limit } = neighbour;
  const flag = flagWords(limit);
  const extent = formatExtent(neighbour.angular_extent_arcsec, limit);
  const arcsec = neighbour.separation_arcsec;
  const away = arcsec !== null && `${formatSeparation(arcsec)} away`;
  return [
    pair(
      el("b", {}, "S ", formatSimilarity(similarity)),
      el("b", { class: "share", title: SHARE_WORDS }, formatPercentile(percentile)),
    ),
    pair(el("span", {}, "1 − S ", formatDissimilarity(dissimilarity))),
    pair(
      el("span", {}, "extent ", extent),
      away && el("span", { title: "Distance on the sky from the query" }, away),
    ),
    (flag || isModel(neighbour)) && el("span", { class: "flags" }, flag && el("span", { class: "flag" }, flag), isModel(neighbour) && modelFlag(image)),
    neighbour.name && el("span", { class: "card-name" }, neighbour.name),
    el("span", { class: "card-position mono" }, neighbour.position),
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
