import assert from "node:assert/strict";
import test from "node:test";

import { hasCoordinates, pendingWords } from "../../../../static/js/views/status.js";

for (const text of [
  "181.229 +48.549",
  "181.229, -0.5",
  "12h04m55.0s +48d32m56s",
  "12 04 55.0 +48 32 56",
  "12:04:55 48:32:56",
  "12h 04m 55s, 48\u00b0 32' 56\"",
  "J120455.0+483256",
  "FIRST J120455.0+483256",
  "RGZ J120455.0+483256",
  "RGZJ134541.2+232253",
  "B1950 12h04m55.0s +48d32m56s",
  "Galactic 120.5 -30.25",
  "RA 181.229 Dec +48.549",
]) {
  test(`"${text}" carries its coordinates`, () => assert.ok(hasCoordinates(text)));
}

for (const text of ["M87", "3C 31", "NGC 4151", "Cygnus A", "4C +12.50", "Perseus", "M 87", ""]) {
  test(`"${text}" is a name`, () => assert.equal(hasCoordinates(text), false));
}

test("what takes longer than the catalogue is said: a name, the survey, a file", () => {
  const meta = { limits: { survey_deadline_s: 20 }, surveys: { "lotss-dr2": "LoTSS DR2" } };
  const words = (query) => pendingWords(query, meta)[1];
  assert.equal(words({ kind: "position", text: "M87" }), "Looking up the name, then asking the FIRST server, up to 20 s");
  assert.equal(words({ kind: "position", text: "1 +2" }), "Asking the FIRST server, up to 20 s");
  assert.equal(words({ kind: "degrees", ra: 1, dec: 2, survey: "lotss-dr2" }), "Asking LoTSS DR2 for its image");
  const image = { name: "a.fits", sizeBytes: 1_234_567 };
  assert.equal(words({ kind: "image", image }), "Reading and searching with a.fits (1.2 MB)");
});
