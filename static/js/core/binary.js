/**
 * The binary map and its columns, decoded into typed arrays.
 * It never fetches, and it never makes an object per source.
 */

/** The code that stands for an unknown value in a column. */
export const UNKNOWN = 65535;
const NUMBER_STEPS = 65534;

/**
 * A column as it arrives: `codes[row]` is UNKNOWN, a category's index, or a quantised number.
 * @typedef {{name: string, kind: "number"|"category", unit: string|null, min: number|null,
 *   max: number|null, categories: string[]|null, codes: Uint16Array}} Column
 */

/**
 * @typedef {{n: number, x: Float32Array, y: Float32Array, colour: Column, version: string}} MapColumns
 */

/**
 * @param {ArrayBuffer} buffer The body of GET /api/map.
 * @returns {MapColumns}
 */
export function decodeMap(buffer) {
  const { header, columns } = readFrame(buffer, 3);
  return {
    n: header.n,
    version: header.version,
    x: dequantise(columns[0], header.x),
    y: dequantise(columns[1], header.y),
    colour: { ...header.colour, codes: columns[2] },
  };
}

/**
 * @param {ArrayBuffer} buffer The body of GET /api/map/columns/{name}.
 * @returns {Column & {version: string}}
 */
export function decodeColumn(buffer) {
  const { header, columns } = readFrame(buffer, 1);
  return { ...header.column, codes: columns[0], version: header.version };
}

/** The number that a code of a number column stands for; NaN where it is unknown. */
export function numberOf(code, column) {
  if (code === UNKNOWN) return NaN;
  return column.min + (code / NUMBER_STEPS) * (column.max - column.min);
}

function dequantise(codes, { min, max }) {
  const step = (max - min) / 65535;
  return Float32Array.from(codes, (code) => min + code * step);
}

function readFrame(buffer, columnCount) {
  if (buffer.byteLength < 4) throw new Error("The map data from the server are empty.");
  const headerBytes = new DataView(buffer).getUint32(0, true);
  const start = 4 + headerBytes;
  if (start > buffer.byteLength) throw new Error("The header of the map data is cut short.");
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, headerBytes)));
  const columnBytes = 2 * header.n;
  const expected = start + columnCount * columnBytes;
  if (buffer.byteLength !== expected) {
    throw new Error(`The map data have ${buffer.byteLength} bytes instead of ${expected}.`);
  }
  const columns = Array.from({ length: columnCount }, (_, i) =>
    readUint16(buffer, start + i * columnBytes, header.n),
  );
  return { header, columns };
}

function readUint16(buffer, offset, n) {
  const littleEndianHost = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  if (littleEndianHost && offset % 2 === 0) return new Uint16Array(buffer, offset, n);
  const view = new DataView(buffer, offset, 2 * n);
  return Uint16Array.from({ length: n }, (_, i) => view.getUint16(2 * i, true));
}
