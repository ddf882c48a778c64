/**
 * The same field in other surveys, asked for when the person asks, each survey on its own.
 * It never draws and never lets one survey's failure hide another's image.
 */

import { isAborted } from "./api.js";

/** Closed: nothing has been asked for. `pictures` holds {state, url, detail} by survey. */
export const NO_SURVEYS = Object.freeze({ open: false, list: null, failure: null, pictures: {} });

/** @param {{store: object, api: object, meta: object}} parts */
export function createSurveyImages({ store, api, meta }) {
  const { size_px: sizePx, pixel_scale_arcsec: scale } = meta.image;
  let asked = null;
  let known = null;
  let field = null;

  async function open() {
    close();
    asked = new AbortController();
    const { ra_deg: ra, dec_deg: dec } = store.get().result.query;
    field = { ra, dec, sizeArcsec: sizePx * scale };
    const { signal } = asked;
    change({ open: true });
    try {
      known ??= await api.surveys();
    } catch (error) {
      if (!signal.aborted) change({ failure: error.message });
      return;
    }
    if (signal.aborted) return;
    change({ list: known });
    await Promise.all(known.map(({ name }) => load(name, signal)));
  }

  /** Ask one survey again. */
  const retry = (name) => load(name, asked.signal);

  async function load(name, signal) {
    picture(name, { state: "waiting" });
    try {
      const blob = await api.surveyPicture(name, field, signal);
      if (!signal.aborted) picture(name, { state: "here", url: URL.createObjectURL(blob) });
    } catch (error) {
      if (signal.aborted || isAborted(error)) return;
      picture(name, { state: "failed", detail: error.message });
    }
  }

  /** Another place: what is shown is no longer the same sky. */
  function follow({ result }) {
    const { ra_deg: ra, dec_deg: dec } = result?.query ?? {};
    if (field && (field.ra !== ra || field.dec !== dec)) close();
  }

  function close() {
    field = null;
    asked?.abort();
    const { pictures } = store.get().surveys;
    for (const { url } of Object.values(pictures)) if (url) URL.revokeObjectURL(url);
    store.set({ surveys: NO_SURVEYS });
  }

  const change = (patch) => store.set({ surveys: { ...store.get().surveys, ...patch } });
  const picture = (name, what) =>
    change({ pictures: { ...store.get().surveys.pictures, [name]: what } });

  return { open, close, retry, follow };
}
