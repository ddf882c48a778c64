/**
 * A text that is to be taken away: shown, and copied by a button. It never changes the text.
 *
 * Emits explorer:copy {text}.
 */

import { el, emit, fill } from "../core/html.js";

/** @param {any} root A dialog. */
export function showText(root, title, text) {
  const copy = () => {
    emit(document.body, "explorer:copy", { text });
    root.close();
  };
  fill(
    root,
    el("div", { class: "about-head" }, el("h2", {}, title), el("button", { type: "button", class: "primary", onclick: copy }, "Copy"), el("button", { type: "button", onclick: () => root.close() }, "Close")),
    el("pre", { class: "told", tabindex: 0 }, text),
  );
  root.setAttribute("aria-label", title);
  root.showModal();
}
