/**
 * Elements from plain calls. Text always goes in as text, never as markup.
 * It never looks anything up in the document.
 */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * el("button", { type: "button", class: "plain", onclick: f }, "Copy")
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] A function is a listener; null and false are left
 *   out; true is an attribute without a value.
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

/** The same for SVG. @returns {SVGElement} */
export function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS(SVG, tag), attributes, children);
}

/** The element of an id; its kind is the template's affair. @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** All elements below `root` that a selector finds. @returns {NodeListOf<any>} */
export const every = (/** @type {ParentNode} */ root, /** @type {string} */ selector) =>
  root.querySelectorAll(selector);

/**
 * Put `children` in the place of what `parent` holds. Who types goes on typing: a field, and a menu
 * that is open, stay so in what has the same id.
 */
export function fill(parent, ...children) {
  const field = /** @type {HTMLInputElement | null} */ (parent.contains(document.activeElement) ? document.activeElement : null);
  const open = [...parent.querySelectorAll("details[id][open]")].map(({ id }) => id);
  parent.replaceChildren(...children.flat().filter(isContent).map(toNode));
  for (const id of open) /** @type {HTMLElement | null} */ (document.getElementById(id))?.setAttribute("open", "");
  if (field?.id && !field.isConnected) goOn(field, document.getElementById(field.id));
  return parent;
}

/** What was typed and not yet said, and the place of the caret, go on in the new field. */
function goOn(before, /** @type {any} */ after) {
  if (!after) return;
  if (before.value !== before.defaultValue && "defaultValue" in after && before.type === "text") after.value = before.value;
  after.focus({ preventScroll: true });
  if (before.type === "text" && after.type === "text") after.setSelectionRange(before.selectionStart, before.selectionEnd);
}

/** Say what went wrong, and what is shown all the same; written again, it would be read again. */
export function sayError(place, detail, still = "") {
  const said = [detail, detail && still].filter(Boolean).join(" ");
  const aside = Boolean(detail && still) && el("span", { class: "still" }, still);
  if (place.textContent !== said) fill(place, detail, aside && " ", aside);
  place.hidden = !detail;
}

/**
 * Hear what any part of the page tells.
 * @param {string} name As in `emit`.
 * @param {(detail: any) => void} listener
 */
export function listen(name, listener) {
  document.addEventListener(name, (event) => listener(/** @type {CustomEvent} */ (event).detail));
}

/** Tell whoever listens above that something happened. */
export function emit(from, name, detail = {}) {
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
}

/** When what is drawn now is on the screen; a page in the background paints nothing and goes on. */
export function nextPaint() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, 250);
  });
}

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children.flat().filter(isContent).map(toNode));
  return element;
}

function setAttribute(element, name, value) {
  if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
  else if (value === true) element.setAttribute(name, "");
  else if (value !== null && value !== undefined && value !== false) {
    element.setAttribute(name, String(value));
  }
}

const isContent = (child) => child !== null && child !== undefined && child !== false;
const toNode = (child) => (child instanceof Node ? child : document.createTextNode(String(child)));
