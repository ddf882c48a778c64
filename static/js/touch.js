/**
 * Taps and two-finger gestures on an element; one finger stays with whoever else listens.
 * It never knows what lies under the fingers.
 */

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
