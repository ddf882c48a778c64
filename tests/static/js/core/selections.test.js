import assert from "node:assert/strict";
import test from "node:test";

import { cornersOf, insidePolygon, nextName, readSelection, rowsOfShapes, writeSelection } from "../../../../static/js/core/selections.js";

const map = { x: Float32Array.of(0, 1, 2, 3, 4), y: Float32Array.of(0, 0.5, 0, 0.5, 5) };
const SQUARE = [-0.5, -1, 2.5, -1, 2.5, 1, -0.5, 1];

test("a polygon holds what lies inside, by even and odd", () => {
  assert.deepEqual([...insidePolygon(map, SQUARE)], [1, 1, 1, 0, 0]);
  const bowtie = [-1, -1, 3, 1, 3, -1, -1, 1];
  assert.deepEqual([...insidePolygon(map, bowtie)], [1, 0, 1, 0, 0]);
});

test("shapes are taken in order, and drawn ones among what the filters show", () => {
  const shapes = [{ op: "+", corners: SQUARE }, { op: "+", rows: [4] }, { op: "-", rows: [1] }];
  assert.deepEqual([...rowsOfShapes(map, shapes)], [1, 0, 1, 0, 1]);
  assert.deepEqual([...rowsOfShapes(map, shapes, Uint8Array.of(0, 1, 1, 1, 1))], [0, 0, 1, 0, 1]);
});

test("an outline becomes corners that a link repeats exactly", () => {
  const path = Array.from({ length: 1000 }, (_, i) => [Math.cos(i / 160), Math.sin(i / 160)]);
  const corners = cornersOf(path);
  assert.ok(corners.length <= 330);
  const selection = { name: "A", shapes: [{ op: "+", corners }] };
  assert.deepEqual(readSelection(writeSelection(selection)), selection);
});

test("a long selection stands in a link by the id under which it is kept, a short one as it was drawn", () => {
  const rows = Array.from({ length: 500 }, (_, i) => i);
  const long = { name: "A", shapes: [{ op: "+", rows }], kept: "0123456789abcdef" };
  assert.equal(writeSelection(long), "A!+@0123456789abcdef");
  assert.deepEqual(readSelection("A!+@0123456789abcdef"), { name: "A", shapes: [{ op: "+", kept: "0123456789abcdef" }] });
  assert.equal(writeSelection({ ...long, shapes: [{ op: "+", rows: [1] }] }), "A!+r1");
});

test("names go on where they are free", () => {
  assert.equal(nextName([]), "A");
  assert.equal(nextName([{ name: "A" }, { name: "C" }]), "B");
});

test("a text that is no selection is none", () => {
  for (const text of ["", "A", "!+r1", "A!x1", "A!+p1,z", "A!+@zz", "%!+r1"]) assert.equal(readSelection(text), null, text);
});
