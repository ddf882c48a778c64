/**
 * The ways to mark a source: as a wanted or an unwanted example, and to compare. Beside a card they
 * wait for the pointer or the focus; what is marked stays seen.
 *
 * Emits explorer:example {item, wanted}, explorer:compare {id}.
 */

import { el, emit, every, svg } from "../core/html.js";
import { keyOf } from "../core/examples.js";

const PLUS = "M10 4v12M4 10h12";
const MINUS = "M4 10h12";
const BESIDE = "M3 5h6v10H3zM11 5h6v10h-6z";
const WAYS = [
  { mark: "wanted", sign: PLUS, words: "Wanted", title: "Wanted: more like it (+)" },
  { mark: "unwanted", sign: MINUS, words: "Unwanted", title: "Unwanted: nothing like it (−)" },
  { mark: "compare", sign: BESIDE, words: "Compare", title: "Compare side by side (C)" },
];
const KEYS = { "+": "wanted", "-": "unwanted", "−": "unwanted", c: "compare" };

/** As icons over a card, or in words beside a title. @param {import("../core/examples.js").Item & {title?: string}} item */
export function markButtons(item, state, { inWords = false } = {}) {
  const buttons = WAYS.filter(({ mark }) => item.id || mark !== "compare").map(({ mark, sign, words, title }) => {
    const picture = svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, svg("path", { d: sign }));
    const named = `${words}: ${item.title}`;
    const onclick = ({ currentTarget }) => tell(currentTarget, mark, item);
    return el("button", { type: "button", "data-mark": mark, "data-key": keyOf(item), "aria-label": named, title, "aria-pressed": String(isMarked(state, mark, item)), tabindex: inWords ? null : -1, onclick }, picture, inWords && words);
  });
  return el("span", { class: inWords ? "marks-in-words" : "card-marks" }, buttons);
}

/** The keys of a card: +, − and C do what its buttons do. */
export function markByKey(event, item) {
  const mark = KEYS[event.key.toLowerCase()];
  if (!mark || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  tell(event.currentTarget, mark, item);
}

/** What is marked now. */
export function remark(root, state) {
  for (const button of every(root, "[data-mark]")) {
    const { mark, key } = button.dataset;
    const id = key.startsWith("source ") ? key.slice("source ".length) : null;
    const pressed = mark === "compare" ? state.compared.includes(id) : state.examples.some((each) => keyOf(each) === key && each.wanted === (mark === "wanted"));
    button.setAttribute("aria-pressed", String(pressed));
  }
}

function isMarked({ examples, compared }, mark, item) {
  if (mark === "compare") return compared.includes(item.id);
  return examples.some((each) => keyOf(each) === keyOf(item) && each.wanted === (mark === "wanted"));
}

function tell(from, mark, item) {
  if (mark === "compare") emit(from, "explorer:compare", { id: item.id });
  else emit(from, "explorer:example", { item, wanted: mark === "wanted" });
}
