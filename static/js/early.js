/**
 * The first of the page: the points, painted by the few modules that this takes, while the rest of
 * the page and Plotly arrive. What filters or selections change is left to the page.
 */

import { readAddress } from "./core/address.js";
import { createApi } from "./core/api.js";
import { colouringOf } from "./core/colour.js";
import { byId } from "./core/html.js";
import { createLayers } from "./map/layers.js";
import { themeNow } from "./views/theme.js";

/** What the server knows, as /api/meta gives it. @type {import("./core/state.js").Meta} */
export const meta = JSON.parse(byId("meta").textContent);
export const defaults = {
  k: meta.limits.k_default,
  kMax: meta.limits.k_max,
  colour: meta.default_column,
  columns: meta.columns,
  layouts: meta.layouts.map(({ name }) => name),
  duplicatesArcsec: meta.limits.duplicates_arcsec_default,
};
const asked = readAddress(location.search, defaults);
/** The map of the link that the page was opened with. */
export const firstMap = createApi().map(isKnown(asked.colour) ? asked.colour : defaults.colour, asked.layout);
firstMap.then(paint, () => {}); // the page says what failed

/** Whether the catalogue has a column; what people added comes later. */
function isKnown(name) {
  return meta.columns.some((column) => column.name === name);
}

function paint(map) {
  if (!isKnown(asked.colour) || Object.keys(asked.filters).length || asked.drawn.length) return;
  const colouring = colouringOf(map.colour, meta.columns, { ...asked, theme: themeNow() });
  const nothing = { shown: null, selections: [], viewport: null, drawn: false, contoursFound: null, placedFound: null };
  createLayers(byId("layers"), byId("stage")).draw({ ...nothing, map, colouring, view: asked.view });
  byId("map-loading").hidden = true;
}
