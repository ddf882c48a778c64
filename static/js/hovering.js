/**
 * What the pointer or the cursor is on: its source arrives a moment later.
 * It never draws and never selects.
 */

import { createKept } from "./kept.js";

const HOVER_WAIT_MS = 60;
const KEPT_SOURCES = 500;

/** @param {{store: object, api: object, bringIntoSight: (place: object) => void}} parts */
export function createHovering({ store, api, bringIntoSight }) {
  const sources = createKept(KEPT_SOURCES);
  let timer = null;

  /** Point at a row; its source arrives a moment later unless the pointer has moved on. */
  function hover(patch) {
    store.set(patch);
    clearTimeout(timer);
    const { map, hoverRow, cursorRow } = store.get();
    const stepped = patch.cursorRow ?? null;
    if (stepped !== null) bringIntoSight({ x: map.x[stepped], y: map.y[stepped] });
    const row = hoverRow ?? cursorRow;
    if (row === null) return;
    const show = () => sourceOf(row).then(showHovered, () => {});
    if (sources.has(row)) show();
    else timer = setTimeout(show, HOVER_WAIT_MS);
  }

  function showHovered(source) {
    const { hoverRow, cursorRow } = store.get();
    if ((hoverRow ?? cursorRow) === source.row) store.set({ hoverSource: source });
  }

  async function sourceOf(row) {
    if (!sources.has(row)) sources.put(row, await api.row(row));
    return sources.get(row);
  }

  return { hover, sourceOf };
}
