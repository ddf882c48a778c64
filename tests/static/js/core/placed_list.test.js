import assert from "node:assert/strict";
import test from "node:test";

import { placesOn } from "../../../../static/js/core/placed_list.js";

const MAP = { x: [0, 10, 20, 30], y: [5, 6, 7, 9] };
const entry = (kind, more) => ({ row: 1, entry: "", kind, source_row: null, separation_arcsec: null, x: null, y: null, neighbour_rows: [], ...more });
const LIST = {
  entries: [
    entry("matched", { source_row: 2, x: 99, y: 99 }),
    entry("imaged", { x: 1.5, y: 2.5, neighbour_rows: [1, 2, 3] }),
    entry("absent", {}),
  ],
};

test("an entry stands at its source, an image where it was placed, and the absent nowhere", () => {
  assert.deepEqual(placesOn(LIST, MAP, "ours"), [{ kind: "matched", x: 20, y: 7 }, { kind: "imaged", x: 1.5, y: 2.5 }]);
});

test("on the catalogue's map an image stands in the middle of its neighbours", () => {
  assert.deepEqual(placesOn(LIST, MAP, "listed")[1], { kind: "imaged", x: 20, y: 7 });
});
