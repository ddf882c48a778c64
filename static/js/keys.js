/**
 * The map by keyboard: a cursor that steps from source to source.
 * It never draws the cursor and never changes the selection itself.
 *
 * Emits explorer:cursor {row}, explorer:select {row}, explorer:clear, explorer:zoom {factor},
 * explorer:home.
 */

import { nearestRow, rowInDirection } from "./geometry.js";
import { emit } from "./html.js";

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const STEPS = { PageDown: 1, PageUp: -1 };

/** @param {HTMLElement} root The focusable map. */
export function createKeys(root, getState) {
  const actions = {
    Enter: select,
    Escape: () => emit(root, "explorer:clear"),
    "+": () => emit(root, "explorer:zoom", { factor: 1 / 1.5 }),
    "=": () => emit(root, "explorer:zoom", { factor: 1 / 1.5 }),
    "-": () => emit(root, "explorer:zoom", { factor: 1.5 }),
    0: () => emit(root, "explorer:home"),
  };

  root.addEventListener("keydown", (event) => {
    const state = getState();
    if (event.ctrlKey || event.metaKey || event.altKey || !state.map) return;
    const act = actionFor(event.key, state);
    if (!act) return;
    event.preventDefault();
    act(state);
  });
  root.addEventListener("blur", () => emit(root, "explorer:cursor", { row: null }));

  function actionFor(key, state) {
    if (key in DIRECTIONS) return () => moveCursor(stepTowards(DIRECTIONS[key], state));
    if (key in STEPS) return () => moveCursor(stepThrough(STEPS[key], state));
    return actions[key];
  }

  function select({ cursorRow }) {
    if (cursorRow === null) return;
    emit(root, "explorer:select", { row: cursorRow });
    moveCursor(null);
  }

  const moveCursor = (row) => emit(root, "explorer:cursor", { row });
}

/** From the cursor, else from what is selected, else from the middle of the view. */
function stepTowards(direction, { map, cursorRow, target, viewport }) {
  if (cursorRow !== null) return rowInDirection(map, cursorRow, direction);
  if (target) {
    const row = target.row ?? nearestRow(map, target.x, target.y);
    return rowInDirection(map, row, direction);
  }
  const middle = ([low, high]) => (low + high) / 2;
  return nearestRow(map, middle(viewport.x), middle(viewport.y));
}

/** To the next or previous of the selected source and its neighbours, in order of rank. */
function stepThrough(step, { result, cursorRow }) {
  if (!result) return cursorRow;
  const rows = [result.query.row, ...result.neighbours.map(({ row }) => row)].filter((r) => r !== null);
  const at = rows.indexOf(cursorRow);
  if (at < 0) return step > 0 ? (rows[0] ?? null) : (rows.at(-1) ?? null);
  return rows[Math.min(rows.length - 1, Math.max(0, at + step))];
}
