/** Frames as the server packs them (app/map_data.py), for the tests. */

/** @param {object} header @param {number[][]} columns */
export function frameOf(header, columns) {
  let text = JSON.stringify(header);
  text += " ".repeat((8 - ((4 + text.length) % 8)) % 8);
  const json = new TextEncoder().encode(text);
  const n = columns[0].length;
  const buffer = new ArrayBuffer(4 + json.length + 2 * n * columns.length);
  const view = new DataView(buffer);
  view.setUint32(0, json.length, true);
  new Uint8Array(buffer, 4).set(json);
  columns.flat().forEach((code, i) => view.setUint16(4 + json.length + 2 * i, code, true));
  return buffer;
}

export const EXTENT = {
  name: "angular_extent_arcsec",
  kind: "number",
  unit: "arcsec",
  min: 5,
  max: 105,
  categories: null,
};

export const mapFrame = () =>
  frameOf(
    { n: 3, x: { min: -10, max: 10 }, y: { min: 0, max: 1 }, colour: EXTENT, version: "v1" },
    [
      [0, 65535, 13107],
      [65535, 0, 0],
      [0, 65534, 65535],
    ],
  );
