/**
 * @file Makes the coarse grid of the engine fine enough for the large plane. Interpolating colours, or values that a
 * sigmoid has squashed, turns a sharp border into stairs; before squashing the function is nearly straight between two
 * grid points, so it is interpolated there, and the colour table does the squashing.
 */

/** Pixels per grid point, each way. */
export const FINENESS = 4;
/** Squashed values nearer to ±1 than this are all alike in single precision. */
const NEAREST = 1 - 1e-6;

/** Half the logit of `tanh(logit / 2)`. @param {number} value */
function unsquash(value) {
  return Math.atanh(Math.max(-NEAREST, Math.min(NEAREST, value)));
}

export class Refiner {
  constructor() {
    this.coarse = new Float32Array(0);
    this.fine = new Float32Array(0);
  }

  /**
   * Bilinear between the centres of the cells, straight on beyond the outermost.
   * @param {{values: ArrayLike<number>, offset: number, side: number}} field @param {boolean} squashed
   * @returns {{values: Float32Array, side: number}} before squashing, if squashed; valid until the next call
   */
  refine({ values, offset, side }, squashed) {
    const large = side * FINENESS;
    if (this.coarse.length !== side * side) {
      this.coarse = new Float32Array(side * side);
      this.fine = new Float32Array(large * large);
    }
    const { coarse, fine } = this;
    for (let index = 0; index < coarse.length; index++) {
      const value = values[offset + index];
      coarse[index] = squashed ? unsquash(value) : value;
    }
    for (let row = 0; row < large; row++) {
      const down = (row + 0.5) / FINENESS - 0.5;
      const above = Math.max(0, Math.min(side - 2, Math.floor(down)));
      const shareDown = down - above;
      for (let column = 0; column < large; column++) {
        const along = (column + 0.5) / FINENESS - 0.5;
        const before = Math.max(0, Math.min(side - 2, Math.floor(along)));
        const shareAlong = along - before;
        const at = above * side + before;
        const top = coarse[at] + (coarse[at + 1] - coarse[at]) * shareAlong;
        const bottom = coarse[at + side] + (coarse[at + side + 1] - coarse[at + side]) * shareAlong;
        fine[row * large + column] = top + (bottom - top) * shareDown;
      }
    }
    return { values: fine, side: large };
  }
}

/** Range of the table below: tanh(4) = 0.9993 is the full colour. */
export const SQUASH_REACH = 4;

/** The colour table of squashed values, over values before squashing. @param {Uint32Array} table @returns {Uint32Array} */
export function squashTable(table) {
  return Uint32Array.from({ length: 1024 }, (_, index) => {
    const value = Math.tanh(((index / 1023) * 2 - 1) * SQUASH_REACH);
    return table[Math.round(((value + 1) / 2) * (table.length - 1))];
  });
}
