/**
 * The one place where the page's state lives, and how views hear that it changed.
 * It never reads the document, the address or the network.
 */

/**
 * @template {Record<string, any>} State
 * @param {State} initial
 */
export function createStore(initial) {
  let state = Object.freeze({ ...initial });
  const subscriptions = new Set();

  function set(patch) {
    const changed = Object.keys(patch).filter((key) => !Object.is(state[key], patch[key]));
    if (changed.length === 0) return;
    state = Object.freeze({ ...state, ...patch });
    for (const { keys, listener } of [...subscriptions]) {
      if (keys.some((key) => changed.includes(key))) listener(state);
    }
  }

  /** Call `listener(state)` whenever one of `keys` changes; returns the way to stop. */
  function subscribe(keys, listener) {
    const subscription = { keys, listener };
    subscriptions.add(subscription);
    return () => subscriptions.delete(subscription);
  }

  /**
   * Draw a view now, and again whenever something that it needs changes.
   * @param {{needs: readonly string[], draw: (state: any) => void}} view
   */
  function show({ needs, draw }) {
    subscribe(needs, draw);
    draw(state);
  }

  return { get: () => state, set, subscribe, show };
}
