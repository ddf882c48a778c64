/**
 * The map by keyboard: a cursor that steps from source to source.
 * It never draws the cursor and never changes the selection itself.
 *
 * Emits explorer:cursor {row}, explorer:select {row}, explorer:clear, explorer:zoom {factor},
 * explorer:home.
 */

import { emit } from "../core/html.js";
import { nearestRow, rowInDirection } from "../core/geometry.js";

const TAP_MOVE_PX = 8;
const TAP_TIME_MS = 500;

/**
 * @param {HTMLElement} element
 * @param {{tap: (x: number, y: number) => void,
 *   pinch: (x: number, y: number, factor: number, dx: number, dy: number) => void,
 *   end: () => void}} on `factor` is how much more of the map should show.
 */
export function listenToTouch(element, on) {
  let start = null;
  let fingers = null;

  const began = (event) => {
    if (event.touches.length === 2) {
      start = null;
      fingers = spread(element, event.touches);
      event.stopPropagation();
    } else if (event.touches.length === 1) {
      const [x, y] = place(element, event.touches[0]);
      start = { x, y, time: event.timeStamp };
    }
  };

  const moved = (event) => {
    if (!fingers || event.touches.length !== 2) return;
    event.preventDefault();
    event.stopPropagation();
    const next = spread(element, event.touches);
    on.pinch(next.x, next.y, fingers.gap / next.gap, next.x - fingers.x, next.y - fingers.y);
    fingers = next;
  };

  const ended = (event) => {
    if (fingers && event.touches.length < 2) {
      fingers = null;
      on.end();
    } else if (start && event.changedTouches.length === 1) {
      const [x, y] = place(element, event.changedTouches[0]);
      const still = Math.hypot(x - start.x, y - start.y) < TAP_MOVE_PX;
      if (still && event.timeStamp - start.time < TAP_TIME_MS) on.tap(x, y);
    }
    start = null;
  };

  element.addEventListener("touchstart", began, { capture: true, passive: false });
  element.addEventListener("touchmove", moved, { capture: true, passive: false });
  element.addEventListener("touchend", ended, { capture: true });
}

function place(element, touch) {
  const box = element.getBoundingClientRect();
  return [touch.clientX - box.left, touch.clientY - box.top];
}

function spread(element, touches) {
  const [[x1, y1], [x2, y2]] = [place(element, touches[0]), place(element, touches[1])];
  return { x: (x1 + x2) / 2, y: (y1 + y2) / 2, gap: Math.max(1, Math.hypot(x2 - x1, y2 - y1)) };
}

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
function stepTowards(direction, { map, shown, cursorRow, target, viewport }) {
  if (cursorRow !== null) return rowInDirection(map, cursorRow, direction, shown);
  if (target) {
    const row = target.row ?? nearestRow(map, target.x, target.y);
    return rowInDirection(map, row, direction, shown);
  }
  const middle = ([low, high]) => (low + high) / 2;
  const row = nearestRow(map, middle(viewport.x), middle(viewport.y), shown);
  return row < 0 ? null : row;
}

/** To the next or previous of the selected source and its neighbours, in order of rank. */
function stepThrough(step, { result, cursorRow }) {
  if (!result) return cursorRow;
  const rows = [result.query.row, ...result.neighbours.map(({ row }) => row)].filter((r) => r !== null);
  const at = rows.indexOf(cursorRow);
  if (at < 0) return step > 0 ? (rows[0] ?? null) : (rows.at(-1) ?? null);
  return rows[Math.min(rows.length - 1, Math.max(0, at + step))];
}
