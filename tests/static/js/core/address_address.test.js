import assert from "node:assert/strict";
import test from "node:test";

import { createAddress } from "../../../../static/js/core/address.js";

/** A window with a history that is a list. */
function aWindow(search = "") {
  const entries = [];
  const location = { search, pathname: "/" };
  const history = {
    state: null,
    pushState: (state, _, url) => write("push", state, url),
    replaceState: (state, _, url) => write("replace", state, url),
  };
  function write(how, state, url) {
    entries.push([how, state, url]);
    history.state = state;
    location.search = url.startsWith("?") ? url : "";
  }
  return { window: { location, history }, entries };
}

test("the same view makes no second entry, another image does", () => {
  const { window, entries } = aWindow("?source=a");
  const address = createAddress(window);
  address.push("?source=a");
  assert.equal(entries.length, 0);
  address.push("", "image-1");
  address.push("", "image-1");
  address.push("", "image-2");
  assert.deepEqual(entries, [
    ["push", { image: "image-1" }, "/"],
    ["push", { image: "image-2" }, "/"],
  ]);
  assert.equal(address.imageId(), "image-2");
});

test("an entry without an image has none", () => {
  const address = createAddress(aWindow().window);
  address.push("", "image-1");
  address.replace("?k=5");
  assert.equal(address.imageId(), null);
});
