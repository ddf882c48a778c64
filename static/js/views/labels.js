/**
 * What people say of the source that is open: its tags, those of the keys 1 to 9 first, notes, and the
 * samples that it is in. It never asks the server.
 *
 * Emits explorer:tag {tag}, explorer:note {text}, explorer:sample {act: "add" | "remove", id, what},
 * explorer:undo, explorer:naming, explorer:author {text}, explorer:palette {text}.
 */

import { formatMoment } from "../core/format.js";
import { isTagged } from "../core/labels.js";
import { el, emit, fill } from "../core/html.js";

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
export function createLabels(root, meta) {
  function draw(state) {
    const open = state.subject === "source" && state.result?.query.source_id;
    root.hidden = !open && !state.naming;
    if (root.hidden) return;
    fill(root, ...(meta.labels.kept ? row(state) : [el("p", { class: "small-print" }, meta.labels.problem)]));
  }

  function row(state) {
    const { palette, labels, author, naming } = state;
    const open = state.subject === "source" && labels;
    return [
      el("div", { class: "tags" }, ...palette.map((tag, i) => button(tag, i, labels, author)), ...others(state)),
      ...notes(labels),
      el("div", { class: "label-ways" }, open && noteForm(labels, author), open && membership(labels, state.samples), !naming && el("p", { class: "small-print" }, ...footer(author))),
      naming && names(state),
    ];
  }

  /** One's own note is written, changed, or taken away. */
  function noteForm(labels, author) {
    const mine = labels.notes.find((each) => each.author === author)?.word ?? "";
    const done = (event) => {
      event.preventDefault();
      emit(root, "explorer:note", { text: String(new FormData(event.target).get("note")) });
      event.target.closest("details").open = false;
    };
    return el(
      "details",
      { class: "menu", id: "note" },
      el("summary", {}, mine ? "Change your note" : "Write a note"),
      el(
        "form",
        { class: "popover", onsubmit: done },
        el("label", {}, "Your note", el("input", { id: "note-text", type: "text", name: "note", maxlength: meta.labels.note_max, value: mine, autocomplete: "off" })),
        el("button", { type: "submit", class: "primary" }, "Keep"),
        mine && el("p", { class: "hint" }, "An empty one takes it away."),
      ),
    );
  }

  /** The samples that it is in, and those that it can be put into. */
  function membership(labels, samples) {
    if (!samples.length) return null;
    const has = ({ id }) => labels.samples.includes(id);
    const names = samples.filter(has).map(({ name }) => name);
    const item = (each) => el("label", {}, el("input", { type: "checkbox", checked: has(each), onchange: () => emit(root, "explorer:sample", { act: has(each) ? "remove" : "add", id: each.id, what: "source" }) }), each.name);
    return el("details", { class: "menu", id: "in-samples" }, el("summary", {}, names.length ? `In ${names.join(", ")}` : "Put into a sample"), el("div", { class: "popover" }, samples.map(item)));
  }

  function button(tag, i, labels, author) {
    const attributes = { type: "button", "aria-pressed": String(isTagged(labels, tag, author)), title: `Tag it ${tag} (${i + 1})` };
    return el("button", { ...attributes, onclick: () => emit(root, "explorer:tag", { tag }) }, el("kbd", {}, String(i + 1)), ` ${tag}`);
  }

  /** Tags that no key of this person shows: of others, and other words. */
  function others({ labels, palette, author }) {
    const rest = (labels?.tags ?? []).filter((each) => !(each.author === author && palette.includes(each.word)));
    return rest.map((each) => el("span", { class: "tag", title: said(each) }, `${each.word} `, el("span", { class: "by" }, each.author)));
  }

  const notes = (labels) =>
    (labels?.notes ?? []).map((each) => el("p", { class: "note" }, each.word, " ", el("span", { class: "by" }, `${each.author}, `, el("span", {}, formatMoment(each.at_utc)))));

  function footer(author) {
    return [
      author ? `Tags by ${author}. ` : "Keys 1 to 9 tag the source that is pointed at, else this one. ",
      link("Change", () => emit(root, "explorer:naming"), "Your name, and the tags of the keys"),
      " · ",
      link("Undo", () => emit(root, "explorer:undo"), "Undo your last change (U)"),
    ];
  }

  /** Who one is, asked once, and the words of the keys. */
  function names({ author, palette }) {
    const done = (event) => {
      event.preventDefault();
      const form = new FormData(event.target);
      emit(root, "explorer:palette", { text: String(form.get("palette")) });
      emit(root, "explorer:author", { text: String(form.get("author")) });
    };
    return el(
      "form",
      { class: "tag-names", onsubmit: done },
      el("label", {}, "Your name ", el("input", { id: "label-author", type: "text", name: "author", required: true, maxlength: meta.labels.author_max, value: author, autocomplete: "name" })),
      el("label", {}, "Tags of the keys ", el("input", { id: "label-palette", type: "text", name: "palette", value: palette.join(", "), autocomplete: "off" })),
      el("button", { type: "submit" }, "Keep"),
      el("p", { class: "small-print" }, "Your name stands beside every change that you make, and both stay in this browser."),
    );
  }

  const link = (words, onclick, title) => el("button", { type: "button", class: "link", title, onclick }, words);
  const needs = ["result", "subject", "labels", "samples", "palette", "author", "naming"];
  return { needs, draw };
}

/** Who said it, and when. */
const said = ({ author, at_utc: at }) => `${author}, ${formatMoment(at)}`;
