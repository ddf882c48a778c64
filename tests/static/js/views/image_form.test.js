import assert from "node:assert/strict";
import test from "node:test";

import { readScaleFields } from "../../../../static/js/views/image_form.js";

const said = (scale, ra = "", dec = "") =>
  readScaleFields({ pixel_scale_arcsec: { value: scale }, ra: { value: ra }, dec: { value: dec } });

test("numbers are read, and an empty field is not said", () => {
  assert.deepEqual(said(" 0.6 ", "181.229", "\u22120.5").values, {
    pixelScaleArcsec: 0.6,
    ra: 181.229,
    dec: -0.5,
  });
  assert.deepEqual(said("").values, { pixelScaleArcsec: null, ra: null, dec: null });
  assert.equal(said("1.8", "0", "0").values.ra, 0);
});

for (const [fields, parameter, sentence] of [
  [["0"], "pixel_scale_arcsec", /“0” is no pixel scale/],
  [["1,8"], "pixel_scale_arcsec", /“1,8” is no pixel scale/],
  [["1.8", "12h04m", "2"], "ra", /“12h04m” is no right ascension in degrees/],
  [["1.8", "10", "91"], "dec", /“91” is no declination/],
  [["1.8", "10", ""], "dec", /RA 10 alone is half a position/],
  [["1.8", "", "0"], "ra", /Dec 0 alone is half a position/],
]) {
  test(`${JSON.stringify(fields)} is refused beside ${parameter}`, () => {
    const { problem } = said(...fields);
    assert.equal(problem.parameter, parameter);
    assert.match(problem.detail, sentence);
  });
}
