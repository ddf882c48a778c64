/**
 * The samples in the rail: those that the server keeps, the one that is open with what can be done to
 * it, and a form for another. It never changes one itself.
 *
 * Emits explorer:sample {act, ...} with act "open" {id}, "make" {name, what}, "add" or "remove" {id,
 * what}, "rename" {id, name}, "delete" {id}, "history" {id}, "take" {file, name}; explorer:undo,
 * explorer:zoom-rows {rows}, explorer:activate {name: null}.
 */

import { labelTableUrl } from "../core/api.js";
import { formatCount, formatMoment } from "../core/format.js";
import { el, emit, fill } from "../core/html.js";
import { activeOf } from "../core/row_sets.js";
import { choices } from "../core/samples.js";

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
export function createSamples(root, meta) {
  /** What is chosen in a form, by the form's id: it outlives what is drawn anew. @type {Record<string, string>} */
  const chosen = {};
  const tell = (act, given) => emit(root, "explorer:sample", { act, ...given });

  function draw(state) {
    root.hidden = state.rail !== "samples";
    if (root.hidden) return;
    const { kept, problem } = meta.labels;
    if (!kept) return fill(root, el("h2", {}, "Samples"), el("p", { class: "hint" }, problem));
    const shown = activeOf(state)?.sample?.sample.id ?? null;
    fill(
      root,
      el("div", { class: "filter-head" }, el("h2", {}, "Samples"), link("Undo", () => emit(root, "explorer:undo"), "Undo your last change (U)")),
      el("p", { class: "hint" }, "Named sets of sources. The server keeps them, for everybody who uses it."),
      making(state),
      state.samples.map((each) => (each.id === shown ? opened(each, state) : folded(each))),
      el("section", { class: "overlay-part" }, el("h3", {}, "All tags and notes"), files(null), taking("labels", "Take in a file", () => null)),
      past(null, "Latest changes", state),
    );
  }

  function folded({ id, name, count, author, created_utc: at }) {
    return el(
      "section",
      { class: "picked", "data-sample": id },
      el("button", { type: "button", class: "sample-open", title: "Show it on the map, and its sources in the pane", onclick: () => tell("open", { id }) }, el("b", {}, name), " ", el("span", { class: "count" }, formatCount(count))),
      by(author, at),
    );
  }

  /** @param {string} author @param {string} at */
  const by = (author, at, more = "") => el("p", { class: "by" }, `${author}, `, el("span", {}, formatMoment(at), more));

  function opened({ id, name, count, author, created_utc: at }, state) {
    const rename = ({ target }) => (target.value.trim() && target.value.trim() !== name ? tell("rename", { id, name: target.value }) : (target.value = name));
    const rows = activeOf(state)?.rows.indices ?? [];
    return el(
      "section",
      { class: "picked active", "data-sample": id },
      el("div", { class: "picked-head" }, el("input", { id: "sample-name", type: "text", value: name, maxlength: meta.labels.name_max, "aria-label": `Name of the sample ${name}`, onchange: rename }), el("span", {}, formatCount(count))),
      by(author, at),
      el(
        "p",
        { class: "picked-actions" },
        link("Zoom to it", () => emit(root, "explorer:zoom-rows", { rows })),
        link("Close", () => emit(root, "explorer:activate", { name: null }), `Close the sample ${name}`),
        link("Delete", () => tell("delete", { id }), `Delete the sample ${name}; “Undo” brings it back`),
      ),
      members(id, state),
      files(id),
      past(id, "History", state),
    );
  }

  /** What is before one goes in, or out. */
  function members(id, state) {
    const offered = choices(state).filter(({ key }) => key !== `selection ${state.active}`);
    if (!offered.length) return el("p", { class: "hint" }, "Make a selection, set a filter or open a source to put sources in or take them out.");
    const change = (act) => () => tell(act, { id, what: valueOf("members", offered) });
    return el(
      "p",
      { class: "sample-members" },
      select("members", "Which sources", offered),
      el("button", { type: "button", id: "sample-add", onclick: change("add") }, "Put in"),
      el("button", { type: "button", id: "sample-remove", onclick: change("remove") }, "Take out"),
    );
  }

  function making(state) {
    const offered = [...choices(state), { key: "", words: "Nothing yet: an empty one", count: null }];
    const done = (event) => {
      event.preventDefault();
      const name = chosen["new-name"]?.trim();
      if (!name) return;
      tell("make", { name, what: valueOf("new", offered) });
      Object.assign(chosen, { "new-name": "" });
      /** @type {HTMLDetailsElement} */ (event.target.closest("details")).open = false;
    };
    const file = taking("sample", "Take in a file instead", (picked) => chosen["new-name"]?.trim() || picked.name.replace(/\.[^.]*$/, ""));
    return el(
      "details",
      { id: "sample-new", class: "sample-new" },
      el("summary", {}, "New sample"),
      el(
        "form",
        { onsubmit: done },
        el("label", {}, "Of ", select("new", "Of which sources", offered)),
        el("label", {}, "Name ", el("input", { id: "sample-new-name", type: "text", required: true, maxlength: meta.labels.name_max, autocomplete: "off", value: chosen["new-name"] ?? "", oninput: ({ target }) => (chosen["new-name"] = target.value) })),
        el("button", { type: "submit", class: "primary" }, "Make it"),
        file,
      ),
    );
  }

  function select(form, about, offered) {
    const now = valueOf(form, offered);
    const option = ({ key, words, count }) => el("option", { value: key, selected: key === now }, count === null ? words : `${words} (${formatCount(count)})`);
    return el("select", { id: `sample-of-${form}`, "aria-label": about, onchange: ({ target }) => (chosen[form] = target.value) }, offered.map(option));
  }

  /** What was chosen, while it is still offered. */
  const valueOf = (form, offered) => (offered.find(({ key }) => key === chosen[form]) ?? offered[0]).key;

  function files(sample) {
    const links = meta.formats.map(({ name, label }) => el("a", { href: labelTableUrl(sample, name), download: true, title: `Download as ${label}` }, label));
    return el("p", { class: "links" }, links);
  }

  function taking(what, words, nameFor) {
    const file = el("input", { id: `take-${what}`, type: "file", hidden: true, "aria-label": words, onchange: ({ target }) => target.files.length && tell("take", { file: target.files[0], name: nameFor(target.files[0]) }) });
    return el("p", {}, link(words, () => file.click(), `${meta.lists.formats}: rows by their ids, else by position`), file);
  }

  /** Who did what, when; asked for when it is unfolded. */
  function past(sample, words, { history }) {
    const here = history?.sample === sample ? history.changes : null;
    const line = ({ at_utc: at, author, said, undone_by: undone }) => el("li", { class: undone && "undone" }, el("p", {}, said), by(author, at, undone ? ", undone" : ""));
    const ask = ({ target }) => target.open && !here && tell("history", { id: sample });
    return el(
      "details",
      { id: sample === null ? "history-all" : `history-${sample}`, class: "history", ontoggle: ask },
      el("summary", {}, words),
      here && el("ol", {}, here.map(line), !here.length && el("li", {}, "None yet.")),
    );
  }

  const link = (words, onclick, title = words) => el("button", { type: "button", class: "link", title, onclick }, words);
  const needs = ["rail", "samples", "selections", "active", "history", "shown", "result", "list", "placed"];
  return { needs, draw };
}
