/**
 * The bar between map and pane: dragged, or moved by the arrow keys; a double click is the usual
 * width. It never draws what is beside it.
 */

const KEY = "pane";
const LEAST = 300;
const STEP = 40;

/** @param {HTMLElement} root */
export function createSplitter(root) {
  const width = () => Number.parseInt(getComputedStyle(document.documentElement).getPropertyValue("--pane"), 10);
  let dragged = false;

  root.addEventListener("pointerdown", (event) => {
    dragged = true;
    root.classList.add("dragged");
    root.setPointerCapture(event.pointerId);
  });
  root.addEventListener("pointermove", ({ clientX }) => dragged && set(window.innerWidth - clientX - 4));
  root.addEventListener("pointerup", () => {
    dragged = false;
    root.classList.remove("dragged");
  });
  root.addEventListener("dblclick", () => set(null));
  root.addEventListener("keydown", ({ key }) => {
    if (key === "ArrowLeft") set(width() + STEP);
    if (key === "ArrowRight") set(width() - STEP);
  });
  try {
    const kept = Number(localStorage.getItem(KEY));
    if (kept) set(kept);
  } catch {
    // Storage may be forbidden; then it is the usual width.
  }

  function set(/** @type {number | null} */ px) {
    const style = document.documentElement.style;
    const most = window.innerWidth - 60;
    if (px === null) style.removeProperty("--pane");
    else style.setProperty("--pane", `${Math.round(Math.min(most, Math.max(LEAST, px)))}px`);
    root.setAttribute("aria-valuenow", String(width()));
    try {
      if (px === null) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, String(width()));
    } catch {
      // As above.
    }
  }
}
