/**
 * Sets of the catalogue's rows, as a mask and as a list: what a layer draws, a filter leaves or a
 * selection holds. It never knows why a row is in it.
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

  /** Every row. @param {number} n */
  static all(n) {
    return new Rows(new Uint8Array(n).fill(1));
  }

  /** The rows for which `test` holds. @param {number} n @param {(row: number) => boolean} test */
  static where(n, test) {
    const mask = new Uint8Array(n);
    for (let row = 0; row < n; row++) mask[row] = test(row) ? 1 : 0;
    return new Rows(mask);
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

  /** @param {Rows} other */
  and(other) {
    return Rows.where(this.n, (row) => this.has(row) && other.has(row));
  }

  /** @param {Rows} other */
  or(other) {
    return Rows.where(this.n, (row) => this.has(row) || other.has(row));
  }

  /** @param {Rows} other */
  without(other) {
    return Rows.where(this.n, (row) => this.has(row) && !other.has(row));
  }

  /** The values of a column at these rows, in their order. @param {ArrayLike<number>} values */
  take(values) {
    return Float32Array.from(this.indices, (row) => values[row]);
  }
}
