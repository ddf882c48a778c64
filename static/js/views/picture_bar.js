/**
 * The one bar for all pictures: stretch, cuts, colours, contours, crop, and the size of the cards.
 * It never draws a picture.
 *
 * Emits explorer:style {patch}.
 */

import { el, emit, fill } from "../core/html.js";

const LEAST_PX = 84;
const MOST_PX = 320;

/** @param {HTMLElement} root @param {import("../core/state.js").Meta} meta */
export function createPictureBar(root, meta) {
  const { stretches, cuts, colours } = meta.image;
  const change = (patch) => emit(root, "explorer:style", { patch });

  function draw({ style, result, subject, selections }) {
    root.hidden = subject === "list" || (subject === "source" ? !result : !selections.length);
    if (root.hidden || root.contains(document.activeElement)) return mark(style);
    fill(
      root,
      choice("Stretch", "stretch", stretches.map(({ name, label }) => [name, label]), style),
      choice("Cuts", "cuts", cuts.map(({ name, label }) => [name, label]), style),
      choice("Colours", "colours", colours.map((name) => [name, name]), style),
      toggle("Invert", "invert", "Colours the other way round", style),
      toggle("Contours", "contours", "Contours: in sigma where the noise is known, else in per cent of the peak", style),
      toggle("Field", "field", `The whole ${arcsec(meta.image.size_px, meta)}, not only the ${arcsec(meta.image.input_size_px, meta)} that the network sees`, style),
      toggle("Scale", "furniture", "Scale bar, beam where known, north and east on every picture", style),
      el("input", {
        type: "range", min: LEAST_PX, max: MOST_PX, step: 4, value: style.size, "aria-label": "Size of the cards", title: "Size of the cards",
        oninput: ({ target }) => change({ size: Number(target.value) }),
      }),
    );
  }

  /** While a control of the bar is in use it stays, and only shows what is pressed. */
  function mark(style) {
    for (const button of root.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(Boolean(style[button.dataset.key ?? ""])));
    }
  }

  function choice(label, key, options, style) {
    const items = options.map(([name, words]) => el("option", { value: name, selected: name === style[key] }, words));
    return el("select", { id: `picture-${key}`, "aria-label": label, title: label, onchange: ({ target }) => change({ [key]: target.value }) }, items);
  }

  function toggle(words, key, title, style) {
    const onclick = ({ currentTarget }) => change({ [key]: currentTarget.getAttribute("aria-pressed") !== "true" });
    return el("button", { type: "button", id: `picture-${key}`, "data-key": key, "aria-pressed": String(style[key]), title, onclick }, words);
  }

  return { needs: ["style", "result", "subject", "selections"], draw };
}

const arcsec = (px, { image }) => `${Math.round(px * image.pixel_scale_arcsec)}″`;
