/**
 * Rectangles on the screen, so that nothing that is written over the map covers anything else.
 */

/** @typedef {{left: number, right: number, top: number, bottom: number}} Box */

/** @param {[number, number]} centre @param {number} width @param {number} height @returns {Box} */
export function box([x, y], width, height) {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

/** @param {Box} a @param {Box} b */
export const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** The first of some boxes that lies in a window and overlaps none of those taken; null: none does. */
export function firstFree(/** @type {Box[]} */ wanted, /** @type {Box[]} */ taken, { width, height }) {
  const inside = ({ left, right, top, bottom }) => left >= 0 && top >= 0 && right <= width && bottom <= height;
  return wanted.find((each) => inside(each) && !taken.some((other) => overlap(each, other))) ?? null;
}

const OVER_THE_MAP = ".legend-card, .map-buttons, .inset:not([hidden])";

/** What stands over the map, in pixels of the stage. @param {HTMLElement} stage @returns {Box[]} */
export function obstaclesOf(stage, what = OVER_THE_MAP) {
  const { left, top } = stage.getBoundingClientRect();
  return [...stage.querySelectorAll(what)].map((each) => {
    const found = each.getBoundingClientRect();
    return { left: found.left - left, right: found.right - left, top: found.top - top, bottom: found.bottom - top };
  });
}
