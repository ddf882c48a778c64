/** What makes S, in words: where, how much, and what is left out where there is nothing. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { partsSentence } from "../../../../static/js/views/why.js";

const ALIKE = { difference: 0.0274, east_arcsec: 57.6, north_arcsec: -5.4 };
const APART = { difference: -0.00064, east_arcsec: -3.6, north_arcsec: 3.6 };

test("both ways are told with their sign, place and digits", () => {
  const said = partsSentence({ most_alike: ALIKE, most_apart: APART, central_share: 0.317 }, 18);
  assert.equal(said, "Most alike by what is 5″ south, 58″ east (+0.027). Most set apart by what is 4″ north, 4″ west (−6.4\u202f×\u202f10⁻⁴). 32 % of all |dS| within 18″ of the middle.");
});

test("what is not there is not told", () => {
  const said = partsSentence({ most_alike: ALIKE, most_apart: { ...APART, difference: 0 }, central_share: 1 }, 18);
  assert.doesNotMatch(said, /apart/);
  assert.doesNotMatch(partsSentence({ most_alike: { ...ALIKE, difference: 0 }, most_apart: APART, central_share: 0 }, 18), /alike/);
  assert.equal(partsSentence({ most_alike: ALIKE, most_apart: APART, central_share: null }, 18), "No part of what the network sees of it changes S.");
});
