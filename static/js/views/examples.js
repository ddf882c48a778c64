/**
 * The strip of examples: wanted and unwanted, each with its weight, and the search with them.
 * It never searches.
 *
 * Emits explorer:examples {examples}, explorer:examples-search, explorer:source {id}.
 */

import { sameQuery } from "../core/address.js";
import { cutoutUrl } from "../core/api.js";
import { examplesQuery, keyOf, weighted, without } from "../core/examples.js";
import { byId, el, emit, fill } from "../core/html.js";

const MOST_WEIGHT = 1e6;
const NONE_WANTED = "An unwanted example alone says nothing of what to look for: mark one as wanted (+) too.";

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
export function createExamples(root, meta) {
  let refused = "";

  function draw(state) {
    const { examples, query, error, pending, subject } = state;
    root.hidden = !examples.length || subject === "list";
    const focused = document.activeElement?.id ?? "";
    if (root.hidden) return fill(root);
    const asked = examplesQuery(examples);
    const shown = asked !== null && sameQuery(asked, query) && !pending;
    const detail = refused || (error?.parameter === "examples" ? error.detail : "");
    fill(
      root,
      el(
        "form",
        { novalidate: true, onsubmit: submit },
        el("div", { class: "example-groups" }, group("Wanted", true, examples), group("Unwanted", false, examples)),
        el(
          "p",
          { class: "examples-ways" },
          el("button", { type: "submit", class: "primary", id: "examples-search", disabled: shown || !asked }, shown ? "Shown" : "Find"),
          el("button", { type: "button", class: "link", id: "examples-clear", onclick: () => change([]) }, "Clear"),
        ),
      ),
      !asked && el("p", { class: "hint" }, NONE_WANTED),
      el("p", { class: "error", id: "examples-error", role: "alert", hidden: !detail }, detail),
    );
    if (focused && root.querySelector(`[id="${focused}"]`)) byId(focused).focus();
  }

  function group(words, wanted, examples) {
    const items = examples.map((each, i) => ({ each, i })).filter(({ each }) => each.wanted === wanted);
    if (!items.length) return null;
    return el("div", { class: `example-group ${wanted ? "wanted" : "unwanted"}`, role: "group", "aria-label": `${words} examples` }, el("b", {}, words), items.map(({ each, i }) => item(each, i, examples)));
  }

  function item(example, i, examples) {
    const { weight, wanted } = example;
    const title = example.title ?? example.id ?? example.position;
    const label = `Weight of ${wanted ? "wanted" : "unwanted"} ${title}`;
    return el(
      "span",
      { class: "example", "data-example": keyOf(example) },
      el("img", { src: pictureOf(example), alt: "", title, width: 40, height: 40, onerror: ({ target }) => target.replaceWith(el("span", { class: "example-name" }, title)) }),
      el("label", { class: "weight" }, el("span", {}, "weight "), el("input", { id: `example-weight-${i}`, type: "text", inputmode: "decimal", value: weight, "aria-label": label, title: label, onchange: ({ target }) => weigh(target, example, examples) })),
      el("button", { type: "button", class: "example-remove", id: `example-remove-${i}`, "aria-label": `Remove ${title} from the examples`, title: "Remove", onclick: () => change(without(examples, keyOf(example))) }, "×"),
    );
  }

  function pictureOf({ id, position, survey }) {
    const size = `size_px=${meta.image.input_size_px}`;
    if (id) return `${cutoutUrl(id)}?${size}`;
    const [ra, dec] = position.split(" ");
    const named = survey ? `&survey=${encodeURIComponent(survey)}` : "";
    return Number.isFinite(Number(ra) + Number(dec)) ? `/api/cutout.png?ra=${ra}&dec=${dec}${named}&${size}` : "/static/favicon.svg";
  }

  function weigh(input, example, examples) {
    const text = input.value.trim();
    const weight = Number(text);
    const usable = weight > 0 && weight <= MOST_WEIGHT;
    refused = usable ? "" : `“${text}” is no weight: give a number above 0, at most 1,000,000.`;
    input.toggleAttribute("aria-invalid", !usable);
    if (usable) change(weighted(examples, keyOf(example), weight));
    else say();
  }

  function say() {
    const place = byId("examples-error");
    place.textContent = refused;
    place.hidden = !refused;
  }

  /** Enter in a weight changes it, which draws the strip anew, and then searches. */
  root.addEventListener("keydown", (event) => {
    const input = /** @type {any} */ (event.target);
    if (event.key !== "Enter" || input.tagName !== "INPUT") return;
    event.preventDefault();
    input.dispatchEvent(new Event("change"));
    submit(event);
  });

  function submit(event) {
    event.preventDefault();
    if (!refused && !byId("examples-search").disabled) emit(root, "explorer:examples-search");
  }

  function change(examples) {
    refused = "";
    emit(root, "explorer:examples", { examples });
  }

  return { needs: ["examples", "query", "error", "pending", "subject"], draw };
}

/** What the answer to several examples says of itself, in the place of a source. */
export function examplesHead({ examples, query }, copy) {
  const { wanted, unwanted } = examples;
  const words = unwanted.length ? `Like ${counted(wanted, "wanted")}, unlike ${counted(unwanted, "unwanted")}` : `Like ${counted(wanted, "wanted")}`;
  return [
    el(
      "header",
      { class: "section-head" },
      el("div", { class: "head-row" }, el("h2", { id: "source-title" }, words), el("button", { type: "button", class: "link", id: "copy-link", onclick: copy }, "Copy link")),
      el("p", { class: "section-sub", title: examples.formula }, unwanted.length ? "Ranked by the weighted mean S to the wanted ones, minus that to the unwanted." : "Ranked by the weighted mean S to them."),
    ),
    query.warnings.length > 0 && el("ul", { class: "notes" }, query.warnings.map((each) => el("li", { class: "warning" }, each))),
  ];
}

const counted = (list, kind) => `${list.length} ${kind} example${list.length === 1 ? "" : "s"}`;
