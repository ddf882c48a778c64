import assert from "node:assert/strict";
import test from "node:test";

import { tiling } from "../../../../static/js/views/viewer_surveys.js";

test("tiles fill what room there is, all of one size", () => {
  for (const [width, height] of [[1392, 782], [2512, 1322], [342, 726]]) {
    const { side, columns } = tiling(6, width, height);
    const rows = Math.ceil(6 / columns);
    assert.ok(columns * (side + 14) <= width && rows * (side + 44) <= height);
    for (let other = 1; other <= 6; other++) {
      const larger = Math.min(width / other - 14, height / Math.ceil(6 / other) - 44);
      assert.ok(larger < side + 1);
    }
  }
});
