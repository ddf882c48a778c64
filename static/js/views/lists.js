/**
 * The list as the pane's subject, put together: form, preview, search, result, and the address,
 * which holds the search so that a reload or a link shows it again.
 */

import { byId, listen } from "../core/html.js";
import { createBulkApi, isAborted } from "../core/api.js";
import { createListForm } from "./list_form.js";
import { createListPreview } from "./list_preview.js";
import { createResult } from "./list_result.js";

const POLL_MS = 700;

/** @param {{meta: import("../core/state.js").Meta, store: any, remember: () => void}} parts */
export function createLists({ meta, store, remember }) {
  const api = createBulkApi();
  const preview = createListPreview(byId("list-preview"));
  const form = createListForm(byId("list-form"), preview.chosen);
  const result = createResult(byId("result"), meta);
  let following = new AbortController();
  let previewing = new AbortController();

  listen("explorer:list", begin);
  listen("explorer:list-new", preview.forget);
  listen("explorer:list-changed", understand);
  listen("explorer:list-columns", form.changed);
  document.addEventListener("explorer:stop", stop);
  byId("list-close").addEventListener("click", close);
  byId("list-open").addEventListener("click", () => open());

  /** Show the form, with a file that was dropped. */
  function open(/** @type {File | null} */ file = null) {
    store.set({ subject: "list", list: "" });
    remember();
    if (file) form.choose(file);
    byId("list-panel").focus({ preventScroll: true });
  }

  function close() {
    following.abort();
    store.set({ subject: "source", list: null });
    remember();
  }

  let watched = "";

  /** Watch the search that the state names, once. */
  function follow({ subject, list }) {
    byId("list-panel").hidden = subject !== "list";
    if (subject !== "list" || !list || list === watched) return;
    watched = list;
    watch(list);
  }

  async function understand({ body, options }) {
    previewing.abort();
    previewing = new AbortController();
    const { signal } = previewing;
    if (body === null) return preview.show(null);
    try {
      const report = await api.preview(body, options, signal);
      if (!signal.aborted) preview.show(report);
    } catch (error) {
      if (!isAborted(error)) preview.fail(error.message);
    }
  }

  async function begin({ body, options }) {
    form.busy(true);
    try {
      const status = await api.begin(body, options);
      store.set({ list: status.id });
      remember();
      byId("result").scrollIntoView({ block: "start" });
    } catch (error) {
      form.say(error.message);
    } finally {
      form.busy(false);
    }
  }

  async function stop() {
    try {
      await api.stop(store.get().list);
    } catch (error) {
      result.fail(error.message);
    }
  }

  /** Ask how a search stands until it has ended, or another is followed. */
  async function watch(id) {
    following.abort();
    following = new AbortController();
    const { signal } = following;
    const beganMs = performance.now();
    try {
      for (;;) {
        const status = await api.status(id, signal);
        signal.throwIfAborted();
        result.show(status, (performance.now() - beganMs) / 1000);
        if (status.ended) return;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    } catch (error) {
      if (!isAborted(error)) result.fail(error.message);
    }
  }

  return { open, view: { needs: ["subject", "list"], draw: follow } };
}
