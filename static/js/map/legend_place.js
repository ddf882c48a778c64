/**
 * The legend stands in that left corner of the map where it hides fewer sources of the home view.
 */

import { homeView, rangesOf, toPixels } from "../core/geometry.js";

/** @param {HTMLElement} card @param {HTMLElement} stage */
export function createLegendPlace(card, stage) {
  function draw({ map, colouring }) {
    if (!map || !colouring) return;
    const size = { width: stage.clientWidth, height: stage.clientHeight };
    const hidden = hiddenSources(map, size, { width: card.offsetWidth, height: card.offsetHeight });
    card.classList.toggle("at-top", hidden.top < hidden.bottom);
  }
  return { needs: ["map", "colouring"], draw };
}

/**
 * How many sources of the home view lie under a card in the upper and in the lower left corner.
 * @param {{x: ArrayLike<number>, y: ArrayLike<number>, n: number}} map
 * @param {{width: number, height: number}} size Of the map, px.
 * @param {{width: number, height: number}} card px.
 */
export function hiddenSources(map, size, card) {
  const viewport = { ...rangesOf(homeView(map, size), size), ...size };
  const hidden = { top: 0, bottom: 0 };
  for (let row = 0; row < map.n; row++) {
    const [x, y] = toPixels(map.x[row], map.y[row], viewport);
    if (x < 0 || y < 0 || x > card.width || y > size.height) continue;
    if (y < card.height) hidden.top++;
    if (y > size.height - card.height) hidden.bottom++;
  }
  return hidden;
}
