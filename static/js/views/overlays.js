/**
 * What can be laid over the map: contours of density, names of regions, example pictures, a list.
 * It never draws on the map.
 *
 * Emits explorer:overlay {patch}, explorer:go-to {x, y}, explorer:list-form.
 */

import { isNear } from "../core/exemplars.js";
import { formatCount } from "../core/format.js";
import { el, emit, fill } from "../core/html.js";
import { FEWEST } from "../core/regions.js";

/** @param {HTMLElement} root */
export function createOverlays(root) {
  const change = (patch) => emit(root, "explorer:overlay", { patch });

  function draw(state) {
    root.hidden = state.rail !== "overlays";
    if (root.hidden) return;
    fill(root, el("h2", {}, "Overlays"), contours(state), regions(state), examples(state), list(state));
  }

  function contours({ contours: of, shown }) {
    const words = shown ? `of the ${formatCount(shown.count)} that the filters show` : "of what filters show";
    const among = (shown || of === "shown") && el("label", {}, el("input", { type: "checkbox", id: "contours-shown", checked: of === "shown", onchange: ({ target }) => change({ contours: target.checked ? "shown" : "all" }) }), words);
    return part(
      check("contours", "Density contours", of !== "", (on) => change({ contours: on ? "all" : "" })),
      of !== "" && among && el("p", {}, among),
      el("p", { class: "hint" }, "The inmost line holds the fifth of the sources that lie densest."),
    );
  }

  function regions({ regions: column, regionsFound, shown, columns: all }) {
    const columns = all.filter(({ categories }) => (categories?.length ?? 0) > 1);
    if (!columns.length) return part(el("p", { class: "hint" }, "No column of this catalogue has categories by which regions could be named."));
    const choices = columns.map(({ name, label }) => el("option", { value: name, selected: name === column }, label || name));
    const usual = columns.find(({ name }) => name === "label") ?? columns[0];
    return part(
      check("regions", "Names of regions", column !== "", (on) => change({ regions: on ? usual.name : "" })),
      column && el("p", {}, el("label", {}, "by ", el("select", { id: "regions-column", onchange: ({ target }) => change({ regions: target.value }) }, choices))),
      el("p", { class: "hint" }, `Regions are hills of density. One is named where more than half of its sources with a known value agree, and at least ${FEWEST} are known${shown && column ? "; counted among what the filters show" : ""}.`),
      column && regionsFound && regionList(regionsFound),
    );
  }

  function regionList(found) {
    const named = found.filter(({ name }) => name !== null);
    const rest = found.length - named.length;
    return [
      el("ol", { class: "regions" }, named.map((each) => el("li", {}, el("button", { type: "button", title: "Go there", onclick: () => emit(root, "explorer:go-to", each) }, el("span", {}, each.name), " ", el("span", { class: "count" }, `${Math.min(each.count === each.known ? 100 : 99, Math.round((100 * each.count) / each.known))} % of ${formatCount(each.known)}`))))),
      rest > 0 && el("p", { class: "hint" }, `${formatCount(rest)} more without a majority, or too small.`),
    ];
  }

  function examples({ exemplars, map, viewport }) {
    const far = exemplars && map && viewport && !isNear(map, viewport);
    return part(
      check("exemplars", "Example pictures", exemplars, (on) => change({ exemplars: on })),
      el("p", { class: "hint" }, far ? "Zoom in to see them." : "When zoomed in: one source for each part of the view, joined to its point."),
    );
  }

  function list({ placedFound }) {
    return part(
      el("h3", {}, "A list of your own"),
      el("p", { class: "hint" }, placedFound ? `${placedFound.name} is on the map.` : "Positions, names or a table, such as another survey's sources: search for the list, then put it on the map."),
      el("button", { type: "button", class: "link", id: "overlay-list", onclick: () => emit(root, "explorer:list-form") }, placedFound ? "Another list" : "Choose a list"),
    );
  }

  return { needs: ["rail", "contours", "regions", "regionsFound", "exemplars", "shown", "map", "view", "drawn", "placedFound", "columns"], draw };
}

const part = (...children) => el("section", { class: "overlay-part" }, ...children);

function check(id, words, checked, change) {
  return el("label", { class: "overlay-switch" }, el("input", { type: "checkbox", id: `overlay-${id}`, checked, onchange: ({ target }) => change(target.checked) }), words);
}
