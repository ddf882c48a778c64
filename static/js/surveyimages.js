/**
 * The same field in other surveys, asked for when the person asks, each survey on its own.
 * It never draws and never lets one survey's failure hide another's image.
 */

import { isAborted } from "./api.js";
import { isModel } from "./words.js";

/**
 * Closed: nothing has been asked for. `pictures` holds {state, url, service, blank, detail} by
 * survey; `blank` is the share of the field that was not observed.
 */
export const NO_SURVEYS = Object.freeze({ open: false, list: null, failure: null, pictures: {} });

/** The surveys to show beside an image: all but the one that it is an observation of. */
export const otherSurveys = (list, query) =>
  list.filter(({ survey }) => isModel(query) || survey !== query.survey);

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
    if (!signal.aborted) await fill();
  }

  /** List what goes beside the image that is shown now, and ask for what was not asked for yet. */
  async function fill() {
    const list = otherSurveys(known, store.get().result.query);
    change({ list });
    const { pictures } = store.get().surveys;
    const { signal } = asked;
    await Promise.all(list.map(({ name }) => pictures[name] ?? load(name, signal)));
  }

  /** Ask one survey again. */
  const retry = (name) => load(name, asked.signal);

  async function load(name, signal) {
    picture(name, { state: "waiting" });
    try {
      const { blob, ...told } = await api.surveyPicture(name, field, signal);
      if (signal.aborted) return;
      picture(name, { state: "here", url: URL.createObjectURL(blob), ...told });
    } catch (error) {
      if (signal.aborted || isAborted(error)) return;
      picture(name, { state: "failed", detail: error.message });
    }
  }

  /** Another place is no longer the same sky; another image of this one has others beside it. */
  async function follow({ result }) {
    const { ra_deg: ra, dec_deg: dec } = result?.query ?? {};
    if (field && (field.ra !== ra || field.dec !== dec)) close();
    else if (store.get().surveys.list) await fill();
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
