import assert from "node:assert/strict";
import { test } from "node:test";

import { Rows } from "../../../../static/js/core/rows.js";
import { layersOf } from "../../../../static/js/map/layers.js";

const some = Rows.of(6, [1, 3, 5]);
const a = { name: "A", colour: "#d55e00", shapes: [], rows: Rows.of(6, [3]) };
const b = { name: "B", colour: "#0072b2", shapes: [], rows: Rows.of(6, [3, 4]) };

test("without filters and selections nothing is drawn over the catalogue", () => {
  assert.deepEqual(layersOf({ shown: null, selections: [], drawn: true }), []);
});

test("what the filters leave lies below the selections, which keep their order and colour", () => {
  assert.deepEqual(layersOf({ shown: some, selections: [a, b], drawn: true }), [
    { rows: some, colour: null },
    { rows: a.rows, colour: a.colour },
    { rows: b.rows, colour: b.colour },
  ]);
});

test("until Plotly has drawn the catalogue, a layer of all rows stands for it", () => {
  assert.deepEqual(layersOf({ shown: null, selections: [], drawn: false }), [{ rows: null, colour: null }]);
});
