/**
 * Where the eye and the keyboard go when a source was opened: on a narrow page, far from the card
 * or the point that was pressed. It never asks for a source, and nothing moves on Back and Forward:
 * the browser returns to where the person was.
 */

const NARROW = "(max-width: 899px)";

/** @param {ReturnType<typeof import("./store.js").createStore>} store */
export function createArrival(store) {
  const byId = (id) => document.getElementById(id);

  /** Wait until what was asked for is shown, or cannot be had, and go there at once. */
  return async function arrive(asked) {
    const { result: before } = store.get();
    const pressed = byId("details").contains(document.activeElement);
    await asked;
    const { result, error } = store.get();
    const failed = error?.parameter === "source";
    if (result === before && !failed) return; // cancelled, or something else was asked
    const lost = pressed && document.activeElement === document.body; // with the card
    if (lost) byId("source").focus({ preventScroll: true });
    const place = byId(failed ? "source-error" : "source-title");
    if (matchMedia(NARROW).matches) place?.scrollIntoView({ block: "nearest" });
  };
}
