/** Slots grow by whole pages of the column, so that growing is rare and small servers stay small. */
const SLOTS_MIN = 1_024

/** How long a column has to be to hold a slot. */
export function lengthFor(slot: number, length: number): number {
  return slot < length ? length : Math.max(SLOTS_MIN, length * 2, slot + 1)
}

export function grownFloats(column: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(length)
  grown.set(column)
  return grown
}

export function grownIntegers(column: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(length)
  grown.set(column)
  return grown
}
