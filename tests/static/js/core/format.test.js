import assert from "node:assert/strict";
import test from "node:test";

import * as format from "../../../../static/js/core/format.js";

const plain = (text) => text.replaceAll("\u202f", " ");

test("S has four digits and is never rounded up to 1", () => {
  assert.equal(format.formatSimilarity(0.99646), "0.9965");
  assert.equal(format.formatSimilarity(0.99994), "0.9999");
  assert.equal(format.formatSimilarity(0.99996), "> 0.9999");
  assert.equal(format.formatSimilarity(0.9999999), "> 0.9999");
  assert.equal(format.formatSimilarity(1), "1.0000");
  assert.equal(format.formatSimilarity(-0.25), "−0.2500");
});

test("1 - S has two significant digits at any size", () => {
  assert.equal(format.formatDissimilarity(0.35), "0.35");
  assert.equal(format.formatDissimilarity(0.012), "0.012");
  assert.equal(format.formatDissimilarity(0.01), "0.010");
  assert.equal(plain(format.formatDissimilarity(0.0035393)), "3.5 × 10⁻³");
  assert.equal(plain(format.formatDissimilarity(0.00004)), "4.0 × 10⁻⁵");
  assert.equal(plain(format.formatDissimilarity(5.96e-8)), "6.0 × 10⁻⁸");
  assert.equal(format.formatDissimilarity(0), "0");
  assert.equal(format.formatDissimilarity(1.2), "1.2");
});

test("only all of the catalogue is 100 %, only none of it is 0 %", () => {
  assert.equal(format.formatPercentile(99.87), "99.87 %");
  assert.equal(format.formatPercentile(99.999), "> 99.99 %");
  assert.equal(format.formatPercentile(100), "100 %");
  assert.equal(format.formatPercentile(0.001), "< 0.01 %");
  assert.equal(format.formatPercentile(0), "0 %");
  assert.equal(format.formatPercentile(82.637, 1), "82.6 %");
  assert.equal(format.formatPercentile(99.98, 1), "> 99.9 %");
  assert.equal(format.formatPercentile(null), "unknown");
});

test("an upper limit of an extent is shown as one", () => {
  assert.equal(format.formatExtent(5.4, "unresolved"), "≤ 5.4″");
  assert.equal(format.formatExtent(69.2056, "ok"), "69.2″");
  assert.equal(format.formatExtent(204.69, "beyond field"), "205″");
  assert.equal(format.formatExtent(null), "unknown");
});

test("a separation takes the unit a reader would choose", () => {
  assert.equal(format.formatSeparation(0.04), "0.0″");
  assert.equal(format.formatSeparation(12.34), "12.3″");
  assert.equal(format.formatSeparation(59.97), "1.0′");
  assert.equal(format.formatSeparation(3599), "1.00°");
  assert.equal(format.formatSeparation(138660.9), "38.5°");
});

test("degrees can be typed back: signs and zeros are right", () => {
  assert.equal(format.formatDegrees(181.229, 48.549), "181.229 +48.549");
  assert.equal(format.formatDegrees(0.395, -0.0001), "0.395 -0.0001");
  assert.equal(format.formatDegrees(10, 0), "10 +0");
  assert.equal(format.formatDegrees(224.92529166666662, 29.059472222), "224.92529 +29.05947");
});

test("catalogue values keep four significant digits and their unit", () => {
  assert.equal(format.formatValue(57.47, "arcsec"), "57.47 arcsec");
  assert.equal(format.formatValue(5.4), "5.4");
  assert.equal(format.formatValue(0.0656), "0.0656");
  assert.equal(format.formatValue(0.00004967146), "4.967e-5");
  assert.equal(format.formatValue(-11.350833), "−11.35");
  assert.equal(format.formatValue(946432), "946432");
  assert.equal(format.formatValue("FRII"), "FRII");
  assert.equal(format.formatValue(null), "unknown");
  assert.equal(format.formatValue(0), "0");
});

test("a column is labelled with its unit", () => {
  const extent = { name: "angular_extent_arcsec", label: "Angular extent", unit: "arcsec" };
  assert.equal(format.formatLabel(extent), "Angular extent (arcsec)");
  assert.equal(format.formatLabel({ name: "label", label: "", unit: null }), "label");
});

test("counts are grouped", () => {
  assert.equal(format.formatCount(2155), "2,155");
});

test("a frequency has the unit its survey is known by", () => {
  assert.equal(format.formatFrequency(144), "144 MHz");
  assert.equal(format.formatFrequency(887.5), "887.5 MHz");
  assert.equal(format.formatFrequency(1400), "1.4 GHz");
  assert.equal(format.formatFrequency(null), "frequency not stated");
});

test("a file's size is never rounded into the wrong unit", () => {
  assert.equal(format.formatBytes(999), "999 bytes");
  assert.equal(format.formatBytes(34_567), "35 kB");
  assert.equal(format.formatBytes(999_600), "1.0 MB");
  assert.equal(format.formatBytes(12_345_678), "12 MB");
});
