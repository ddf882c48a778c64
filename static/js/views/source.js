/**
 * The panel of the source that is asked about: its picture, what is known of it, and how.
 * It never fetches; it shows the last good answer until there is a new one.
 *
 * Emits explorer:copy {text}, explorer:source {id}, explorer:viewer, and what marking.js emits.
 */

import { withAdded } from "../core/added_columns.js";
import { fitsUrl } from "../core/api.js";
import { elsewhere } from "../core/elsewhere.js";
import { itemOf } from "../core/examples.js";
import { directionsKnown } from "../core/image_query.js";
import { formatDegrees, formatExtent, formatPercentile, formatSeparation, formatValue } from "../core/format.js";
import { el, emit, fill } from "../core/html.js";
import { columnFromName, extentSentence, flagWords, imageOriginWords, isModel, noveltySentence, titleOf } from "../core/words.js";
import { examplesHead } from "./examples.js";
import { markButtons, remark } from "./marking.js";
import { annotatedPicture } from "./picture.js";

/** @param {import("../core/state.js").QueryResult} result @param {import("../core/state.js").ImageInfo} image @param {{copy: (text: string) => void}} on */
export function factsList({ query, novelty_percentile: novelty }, image, { copy }) {
  const separation = query.separation_arcsec;
  return el(
    "dl",
    { class: "facts-list" },
    ...coordinates(query, copy),
    extentFact(query),
    fact("Novelty percentile", el("span", { class: "big" }, formatPercentile(novelty, 1))),
    fact("Image", line(query.survey), origin(query, image)),
    ...categories(query.columns),
    separation !== null && fact("From the position asked", line(formatSeparation(separation))),
  );
}

/** The catalogue's own columns. */
export function ownColumns(columns, described) {
  const known = Object.entries(columns).filter(([, value]) => value !== null && value !== "");
  if (!known.length) return null;
  const rows = known.map(([name, value]) => {
    const column = described.find((c) => c.name === name) ?? columnFromName(name);
    const shown = el("span", { title: column.description }, formatValue(value, column.unit));
    return fact(column.label, shown);
  });
  return el("dl", {}, ...rows);
}

/** What the catalogue calls it, where it has labels. */
function categories(/** @type {Record<string, any>} */ { label, redshift }) {
  return [
    label && fact("Label", el("span", { class: "big" }, String(label))),
    typeof redshift === "number" && fact("Redshift", el("span", { class: "big" }, formatValue(redshift))),
  ];
}

function coordinates({ ra_deg: raDeg, dec_deg: decDeg, position }, copy) {
  if (raDeg === null || decDeg === null) {
    return [fact("RA, Dec", line("unknown"), el("span", { class: "small-print" }, "none in the file"))];
  }
  return [
    coordinate("RA, Dec (ICRS)", position, copy),
    coordinate("Degrees", formatDegrees(raDeg, decDeg), copy),
  ];
}

function coordinate(term, text, copy) {
  const onclick = () => copy(text);
  const attributes = { type: "button", class: "link", onclick, "aria-label": `Copy ${text}` };
  const written = el("span", { class: "mono" }, text);
  return el("div", { class: "wide" }, el("dt", {}, term), el("dd", {}, written, " ", el("button", attributes, "Copy")));
}

function extentFact(query) {
  const { angular_extent_arcsec: arcsec, extent_origin, extent_flag } = query;
  const from = extent_origin === "catalogue" ? "from the catalogue" : extent_origin;
  const flag = flagWords(extent_flag);
  return fact(
    "Angular extent",
    el("span", { class: "big" }, formatExtent(arcsec, extent_flag)),
    arcsec !== null && el("span", { class: "small-print" }, from),
    flag && el("span", { class: "flag" }, flag),
  );
}

function origin(query, { model_statement: title }) {
  const words = imageOriginWords(query.image_origin);
  return isModel(query)
    ? el("span", { class: "flag model", title }, words)
    : line(words);
}

const fact = (term, ...values) => el("div", {}, el("dt", {}, term), el("dd", {}, ...values));
const line = (text) => el("span", {}, text);

const NO_LINK = "This view cannot be linked: the image is only in this browser.";
const TURNED = "Its directions on the sky are not known to this page.";

/**
 * @param {HTMLElement} root Holds the guide that is shown while nothing is selected.
 * @param {import("../core/state.js").Meta} meta
 */
export function createSource(root, meta) {
  const guide = [...root.childNodes];

  /** @type {any} */
  let drawn = { result: null, style: null };

  function draw(state) {
    const { result, style, subject } = state;
    root.hidden = subject !== "source";
    const same = result && result.query === drawn.result?.query && style === drawn.style;
    drawn = { result, style };
    if (same) return; // only more neighbours
    if (!result) fill(root, ...guide);
    else if (result.examples) fill(root, ...examplesHead(result, () => copy(window.location.href)).filter(Boolean));
    else fill(root, ...panel(state));
  }

  const copy = (text) => emit(root, "explorer:copy", { text });

  function panel(state) {
    const { query: asked, result, style } = state;
    const { query } = result;
    return [
      heading(asked, result, state),
      el(
        "div",
        { class: "source-body" },
        figure(asked, query, style),
        el("div", { class: "facts" }, factsList(result, meta.image, { copy })),
      ),
      notes(result),
      query.also_nearby.length > 0 && alsoNearby(query.also_nearby),
      more(result),
    ];
  }

  function heading(asked, result, state) {
    const { query } = result;
    const item = itemOf(asked, result);
    const title = el("h2", { id: "source-title" }, titleOf(query, asked));
    const link = button("Copy link", () => copy(window.location.href), {
      id: "copy-link",
    });
    const own = asked?.kind === "image";
    return el(
      "header",
      { class: "section-head" },
      el("div", { class: "head-row" }, title, el("span", { class: "head-ways" }, item && markButtons(item, state, { inWords: true }), !own && link)),
      own ? ownImage(asked, query) : held(query),
      !own && query.understood && el("p", { id: "position-understood", class: "section-sub" }, query.understood),
    );
  }

  function figure(asked, query, style) {
    const id = query.source_id;
    const onclick = () => emit(root, "explorer:viewer");
    return el(
      "figure",
      { class: "cutout" },
      annotatedPicture({ ...pictureOf(asked, query), onclick }, style, meta.image),
      el(
        "figcaption",
        {},
        el("span", {}, pictureCaption(style, meta.image)),
        id && el("a", { id: "cutout-fits", href: fitsUrl(id), download: true }, "FITS"),
      ),
    );
  }

  /** Cautions about this image stay beside it. */
  function notes({ query, map }) {
    const estimated = map.method === "neighbours";
    const said = [
      extentSentence(query, meta.extent_statements),
      estimated && "Its place on the map is an estimate from the places of its neighbours.",
    ];
    const warnings = [isModel(query) && meta.image.model_statement, ...query.warnings].filter(Boolean);
    return el(
      "ul",
      { class: "notes" },
      warnings.map((warning) => el("li", { class: "warning" }, warning)),
      said.filter(Boolean).map((sentence) => el("li", {}, sentence)),
    );
  }

  /** What need not be seen at once: the catalogue's columns, the place in other services. */
  function more({ query, novelty_percentile: novelty }) {
    const links = elsewhere(query).map(({ label, url }) => el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label));
    return el(
      "details",
      { class: "own-columns" },
      el("summary", {}, "More about it"),
      el("p", { class: "notes" }, noveltySentence(novelty, meta.limits.placed_by)),
      el("div", { class: "own-values" }),
      links.length > 0 && el("p", { class: "links elsewhere" }, "Elsewhere: ", ...links),
    );
  }

  function alsoNearby(others) {
    const links = others.map(({ source_id: id, name, separation_arcsec: arcsec }) => {
      const words = `${name || id} (${formatSeparation(arcsec)})`;
      return button(words, () => emit(root, "explorer:source", { id }));
    });
    const listed = links.flatMap((link, i) => (i ? [", ", link] : [link]));
    return el("p", { class: "also-nearby" }, `Also within ${meta.limits.same_source_arcsec}″: `, ...listed);
  }

  const own = ({ result, columns }) => {
    const place = root.querySelector(".own-values");
    if (place && result) fill(place, ownColumns(withAdded(result.query, columns).columns, columns));
  };
  const marked = (state) => remark(root, state);
  return [
    { needs: ["query", "result", "style", "subject"], draw },
    { needs: ["query", "result", "style", "subject", "columns"], draw: own },
    { needs: ["examples", "compared"], draw: marked },
  ];
}

/** Directions are shown only where the image itself, or the survey, says them. */
function pictureOf(asked, query) {
  const directed = directionsKnown(asked, query);
  const directions = directed ? "north up, east left" : TURNED;
  return {
    url: query.image_url,
    alt: `Radio image of ${titleOf(query, asked)}, ${directions}`,
    isModel: isModel(query),
    directed,
  };
}

function ownImage({ image }, query) {
  const file = el("span", { class: "mono file-name" }, image.name);
  const named = query.name || query.position;
  const words = named ? ["Your image ", file, ". "] : ["Your image. "];
  return el("p", { class: "section-sub" }, ...words, el("span", { id: "no-link" }, NO_LINK));
}

/** Whether the bundle holds it, or where its image came from. */
function held({ source_id: id, service, cached }) {
  const kept = cached ? " (kept from before)" : "";
  const words = id
    ? ["In the catalogue as ", el("span", { class: "mono" }, id)]
    : [`Not in this catalogue; image from the ${service}${kept}`];
  return el("p", { class: "section-sub" }, ...words);
}

/** How large the field is. */
function pictureCaption(style, { size_px: size, input_size_px: input, pixel_scale_arcsec: scale }) {
  if (!style.field) return `${Math.round(input * scale)}″: what the network sees`;
  return `${((size * scale) / 60).toFixed(1)}′; dashed: what the network sees`;
}

function button(words, onclick, attributes = {}) {
  return el("button", { type: "button", class: "link", onclick, ...attributes }, words);
}
