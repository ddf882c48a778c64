/**
 * The panel of the source that is asked about: its picture, what is known of it, and how.
 * It never fetches; it shows the last good answer until there is a new one.
 *
 * Emits explorer:copy {text}, explorer:source {id}, explorer:colours {colours}.
 */

import { fitsUrl, isEmbedded } from "./endpoints.js";
import { formatSeparation } from "./format.js";
import { el, emit, fill } from "./html.js";
import { annotatedPicture } from "./picture.js";
import { factsList, ownColumns } from "./sourcefacts.js";
import { extentSentence, isModel, MODEL_SENTENCE, noveltySentence, titleOf } from "./words.js";

const NO_LINK = "This view cannot be linked: the image is only in this browser.";
const TURNED = "Its directions on the sky are not known to this page.";

/** @param {HTMLElement} root Holds the guide that is shown while nothing is selected. */
export function createSource(root, meta) {
  const guide = [...root.childNodes];

  function draw({ query, result, pictureColours }) {
    if (!result) fill(root, ...guide);
    else fill(root, ...panel(query, result, pictureColours));
  }

  function panel(asked, result, colours) {
    const { query } = result;
    const copy = (text) => emit(root, "explorer:copy", { text });
    return [
      heading(asked, query, copy),
      el(
        "div",
        { class: "source-body" },
        figure(asked, query, colours),
        factsList(result, { copy }),
      ),
      notes(result),
      query.also_nearby.length > 0 && alsoNearby(query.also_nearby),
      ownColumns(query.columns, meta.columns),
    ];
  }

  function heading(asked, query, copy) {
    const title = el("h2", { id: "source-title" }, titleOf(query, asked));
    const link = button("Copy link to this view", () => copy(window.location.href), {
      id: "copy-link",
    });
    const own = asked?.kind === "image";
    return el(
      "header",
      { class: "section-head" },
      el("div", { class: "head-row" }, title, !own && link),
      own ? ownImage(asked, query) : origin(query),
    );
  }

  function figure(asked, query, colours) {
    const other = colours === "grey" ? "inferno" : "grey";
    const change = () => emit(root, "explorer:colours", { colours: other });
    const id = query.source_id;
    return el(
      "figure",
      { class: "cutout" },
      annotatedPicture(pictureOf(asked, query, colours), meta.image),
      el(
        "figcaption",
        {},
        el("span", {}, pictureCaption(meta.image)),
        el(
          "span",
          { class: "picture-actions" },
          !isEmbedded(query.image_url) &&
            button(`Show in ${other}`, change, { id: "picture-colours" }),
          id && el("a", { id: "cutout-fits", href: fitsUrl(id), download: true }, "FITS"),
        ),
      ),
    );
  }

  function notes({ query, map, novelty_percentile: novelty }) {
    const fieldArcsec = meta.image.input_size_px * meta.image.pixel_scale_arcsec;
    const estimated = map.method === "neighbours";
    const said = [
      extentSentence(query, fieldArcsec),
      noveltySentence(novelty),
      estimated && "Its place on the map is an estimate from the places of its neighbours.",
    ];
    const warnings = [isModel(query) && MODEL_SENTENCE, ...query.warnings].filter(Boolean);
    return el(
      "ul",
      { class: "notes" },
      warnings.map((warning) => el("li", { class: "warning" }, warning)),
      said.filter(Boolean).map((sentence) => el("li", {}, sentence)),
    );
  }

  function alsoNearby(others) {
    const links = others.map(({ source_id: id, name, separation_arcsec: arcsec }) => {
      const words = `${name || id} (${formatSeparation(arcsec)})`;
      return button(words, () => emit(root, "explorer:source", { id }));
    });
    const listed = links.flatMap((link, i) => (i ? [", ", link] : [link]));
    return el("p", { class: "also-nearby" }, "Also within 5″: ", ...listed);
  }

  return { draw };
}

/** Directions are shown only where the image itself, or the survey, says them. */
function pictureOf(asked, query, colours) {
  const directed = asked?.kind !== "image" || directionsKnown(asked, query);
  const directions = directed ? "north up, east left" : TURNED;
  return {
    url: query.image_url,
    alt: `Radio image of ${titleOf(query, asked)}, ${directions}`,
    isModel: isModel(query),
    directed,
    colours,
  };
}

const directionsKnown = ({ image }, query) =>
  ["FITS", "gzip"].includes(image.format) && query.ra_deg !== null;

function ownImage({ image }, query) {
  const file = el("span", { class: "mono file-name" }, image.name);
  const named = query.name || query.position;
  const words = named ? ["Your image ", file, ". "] : ["Your image. "];
  return el("p", { class: "section-sub" }, ...words, el("span", { id: "no-link" }, NO_LINK));
}

function origin({ source_id: id, service, cached }) {
  const kept = cached ? " (kept from before)" : "";
  const words = id
    ? ["In the catalogue as ", el("span", { class: "mono" }, id)]
    : [`Not in this catalogue; image from the ${service}${kept}`];
  return el("p", { class: "section-sub" }, ...words);
}

function pictureCaption({ size_px: size, input_size_px: input, pixel_scale_arcsec: scale }) {
  const [acrossArcmin, seenArcsec] = [(size * scale) / 60, input * scale];
  const seen = `Dashed: the ${seenArcsec.toFixed(0)}″ the network sees.`;
  return `${acrossArcmin.toFixed(1)}′ across, ${scale}″/px. ${seen}`;
}

function button(words, onclick, attributes = {}) {
  return el("button", { type: "button", class: "link", onclick, ...attributes }, words);
}
