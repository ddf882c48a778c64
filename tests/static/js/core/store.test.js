import assert from "node:assert/strict";
import test from "node:test";

import { createStore } from "../../../../static/js/core/store.js";

test("a listener hears of its own keys only", () => {
  const store = createStore({ k: 12, colour: "a" });
  const heard = [];
  store.subscribe(["k"], ({ k }) => heard.push(k));
  store.set({ colour: "b" });
  store.set({ k: 24 });
  assert.deepEqual(heard, [24]);
});

test("setting what is already so tells nobody", () => {
  const store = createStore({ k: 12 });
  store.subscribe(["k"], () => assert.fail("nothing changed"));
  store.set({ k: 12 });
});

test("a listener that stopped hears no more", () => {
  const store = createStore({ k: 12 });
  const stop = store.subscribe(["k"], () => assert.fail("it had stopped"));
  stop();
  store.set({ k: 1 });
});

test("views cannot change the state by hand", () => {
  const store = createStore({ k: 12 });
  assert.throws(() => {
    store.get().k = 1;
  }, TypeError);
});
