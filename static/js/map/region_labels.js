/**
 * Words over the regions of the map: what most of the sources there are, with the share and the
 * count it is of. It never finds the regions, and never covers the query.
 */

import { box, firstFree, obstaclesOf } from "../core/boxes.js";
import { formatCount } from "../core/format.js";
import { toPixels } from "../core/geometry.js";
import { fill, svg } from "../core/html.js";
import { boxesOfMarks } from "./marks.js";

const LINE_PX = 15;
const LETTER_PX = 6.6;

/** @returns {[string, string]} "mostly FRII (71 %)" and "of 312"; only a majority of enough sources has words. */
export function regionWords(/** @type {import("../core/regions.js").Region} */ { name, count, known }) {
  const share = (100 * count) / known;
  const percent = share === 100 ? "100" : Math.min(99, Math.round(share));
  return [share === 100 ? `all ${name}` : `mostly ${name} (${percent} %)`, `of ${formatCount(known)}`];
}

/**
 * Where labels stand: on the densest place of their region, or just above or below it; the largest
 * regions first. One that finds no room is left out until the map is zoomed.
 * @param {import("../core/regions.js").Region[]} regions
 * @param {import("../core/state.js").Viewport} viewport
 * @param {import("../core/boxes.js").Box[]} taken
 */
export function placeRegionLabels(regions, viewport, taken) {
  const covered = [...taken];
  return regions.filter(({ name }) => name !== null).flatMap((region) => {
    const words = regionWords(region);
    const width = LETTER_PX * Math.max(...words.map((each) => each.length)) + 14;
    const [px, y] = toPixels(region.x, region.y, viewport);
    if (px < 0 || px > viewport.width) return [];
    const x = Math.min(viewport.width - width / 2, Math.max(width / 2, px));
    const wanted = [0, -1, 1].map((step) => box([x, y + step * 1.4 * LINE_PX], width, 2 * LINE_PX + 4));
    const found = firstFree(wanted, covered, viewport);
    if (!found) return [];
    covered.push(found);
    return [{ region, words, x: (found.left + found.right) / 2, y: (found.top + found.bottom) / 2 }];
  });
}

/** @param {SVGElement} root An SVG that covers the map. @param {HTMLElement} stage */
export function createRegionLabels(root, stage) {
  function draw({ regions, regionsFound, viewport, target, result }) {
    if (!regions || !regionsFound || !viewport) return fill(root);
    const marked = [...obstaclesOf(stage), ...boxesOfMarks(target, result, viewport)];
    fill(root, placeRegionLabels(regionsFound, viewport, marked).map(label));
  }

  return { needs: ["regions", "regionsFound", "viewport", "target", "result"], draw };
}

function label({ words: [what, of], x, y }) {
  return svg(
    "g",
    { class: "region-label", transform: `translate(${x.toFixed(1)},${y.toFixed(1)})` },
    svg("text", { y: -LINE_PX / 2, class: "what" }, what),
    svg("text", { y: LINE_PX / 2 }, of),
  );
}
