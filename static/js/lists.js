/**
 * The page that searches for a list, put together: form, server, result, and the address, which
 * holds the search so that a reload or a link shows it again.
 */

import { byId, listen } from "./core/html.js";
import { createBulkApi, isAborted } from "./core/api.js";
import { createListForm } from "./views/list_form.js";
import { createResult } from "./views/list_result.js";
import { createTheme } from "./views/theme.js";

const POLL_MS = 700;

const api = createBulkApi();
const form = createListForm(byId("list-form"), byId("drop-target"));
/** @type {import("./core/state.js").Meta} */
const meta = JSON.parse(byId("meta").textContent);
const result = createResult(byId("result"), meta);
let following = new AbortController();

createTheme(byId("theme"), () => {});
listen("explorer:list", begin);
document.addEventListener("explorer:stop", stop);
addEventListener("popstate", open);
open();

/** Show the search that the address names. */
function open() {
  const id = searchId();
  if (id) follow(id);
}

async function begin({ body, options }) {
  form.busy(true);
  try {
    const status = await api.begin(body, options);
    history.pushState(null, "", `?search=${encodeURIComponent(status.id)}`);
    if (matchMedia("(max-width: 899px)").matches) byId("result").scrollIntoView();
    await follow(status.id);
  } catch (error) {
    form.say(error.message);
  } finally {
    form.busy(false);
  }
}

async function stop() {
  try {
    await api.stop(searchId());
  } catch (error) {
    result.fail(error.message);
  }
}

/** Ask how a search stands until it has ended, or another is followed. */
async function follow(id) {
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

function searchId() {
  return new URLSearchParams(location.search).get("search");
}
