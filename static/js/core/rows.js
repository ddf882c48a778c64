/**
 * Sets of the catalogue's rows, as a mask and as a list: what a filter leaves or a selection holds,
 * and a layer of the map draws. It never knows why a row is in it.
 */

/** A set of row numbers among `n` rows; it does not change once it is made. */
export class Rows {
  /** @param {Uint8Array} mask One byte a row: 1 if it is in the set. */
  constructor(mask) {
    this.mask = mask;
    this.n = mask.length;
    let count = 0;
    for (const inside of mask) count += inside;
    this.count = count;
    /** @type {Uint32Array | null} */
    this.list = null;
  }

  /** The rows of a list; what lies outside 0 to n - 1 is no row. @param {number} n @param {Iterable<number>} rows */
  static of(n, rows) {
    const mask = new Uint8Array(n);
    for (const row of rows) if (row >= 0 && row < n) mask[row] = 1;
    return new Rows(mask);
  }

  /** @param {number} row */
  has(row) {
    return this.mask[row] === 1;
  }

  /** The row numbers, ascending, made when they are first asked for. @returns {Uint32Array} */
  get indices() {
    if (this.list) return this.list;
    const list = new Uint32Array(this.count);
    let at = 0;
    for (let row = 0; row < this.n; row++) if (this.mask[row]) list[at++] = row;
    this.list = list;
    return list;
  }
}
