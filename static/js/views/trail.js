/**
 * The bar below: examples and the places one has been, what of the catalogue is shown, the table.
 * It never opens anything itself.
 *
 * Emits explorer:source {id}.
 */

import { formatCount } from "../core/format.js";
import { titleOfSelection } from "../core/selections.js";
import { byId, el, emit, fill } from "../core/html.js";

const LATEST = 12;

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
export function createTrail(root, meta) {
  const examples = meta.first_examples.map(({ source_id: id, label, cutout_url: url }) => ({ id, title: `Example: ${label}`, words: label, url }));

  function draw({ trail, result }) {
    const here = result?.query.source_id ?? null;
    const been = trail.filter(({ id }) => !examples.some((each) => each.id === id)).slice(-LATEST);
    fill(root, [...examples, ...been].map((each) => el("li", {}, entry(each, here))));
  }

  function entry({ id, title, words = "", url }, here) {
    const onclick = (event) => {
      event.preventDefault();
      emit(root, "explorer:source", { id });
    };
    const href = `?${new URLSearchParams({ source: id })}`;
    const picture = el("img", { src: `${url}?size_px=${meta.image.input_size_px}`, alt: words ? "" : title, width: 28, height: 28 });
    return el("a", { href, title, onclick, "aria-current": id === here ? "true" : null }, picture, words && el("span", {}, words));
  }

  return { needs: ["trail", "result"], draw };
}

/** "214 of 2,155 shown · Selection A: 31". */
export function countsWords({ map, shown, selections, active }) {
  if (!map) return "";
  const all = formatCount(map.n);
  const words = [shown ? `${formatCount(shown.count)} of ${all} shown` : `${all} sources`];
  const picked = selections.find(({ name }) => name === active);
  if (picked) words.push(`${titleOfSelection(picked)}: ${formatCount(picked.rows.count)}`);
  return words.join(" · ");
}

export function createCounts() {
  const draw = (state) => (byId("counts").textContent = countsWords(state));
  return { needs: ["map", "shown", "selections", "active"], draw };
}
