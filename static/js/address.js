/**
 * The address bar and its history: what is written there, and which image an entry belongs to.
 * It never decides what an address means: url.js does.
 */

/** @param {{location: Location, history: History}} window */
export function createAddress({ location, history }) {
  /** Which image of the person's own this entry of the history is about; null for none. */
  const imageId = () => history.state?.image ?? null;
  const entry = (image) => (image ? { image } : null);

  function push(search, image = null) {
    if (search === location.search && image === imageId()) return;
    history.pushState(entry(image), "", search || location.pathname);
  }

  function replace(search, image = null) {
    history.replaceState(entry(image), "", search || location.pathname);
  }

  return { read: () => location.search, imageId, push, replace };
}
