import assert from "node:assert/strict";
import test from "node:test";

import { kindOf } from "../../../../static/js/core/dropped_file.js";

const card = (text) => text.padEnd(80);
const hdu = (...cards) => [...cards, "END"].map(card).join("").padEnd(2880);
const primary = (naxis) => hdu("SIMPLE  =                    T", "BITPIX  =                  -32", `NAXIS   =                    ${naxis}`);
const table = hdu("XTENSION= 'BINTABLE'", "NAXIS   =                    2");
const image = hdu("XTENSION= 'IMAGE   '", "NAXIS   =                    2");

for (const [what, name, content, kind] of [
  ["a FITS image", "a.fits", primary(2), "image"],
  ["a FITS table", "a.fits", primary(0) + table, "list"],
  ["a FITS image in an extension", "a.fits", primary(0) + image + table, "image"],
  ["a picture", "a.png", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2), "image"],
  ["a list of lines without a known name", "positions", "10 20\n11 21\n", "list"],
  ["a packed image", "a.fits.gz", Uint8Array.of(0x1f, 0x8b, 8, 0), "image"],
  ["a packed table", "a.csv.gz", Uint8Array.of(0x1f, 0x8b, 8, 0), "list"],
  ["a Parquet file", "a.parquet", Uint8Array.of(0x50, 0x41, 0x52, 0x31, 0, 0), "list"],
  ["an unknown binary file", "a.bin", Uint8Array.of(0, 1, 2, 3), "image"],
]) {
  test(`${what} is ${kind === "list" ? "a list" : "an image"}`, async () => {
    assert.equal(await kindOf(new File([content], name)), kind);
  });
}
