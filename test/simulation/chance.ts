/** Chance that a seed decides, so that what it found can be played again. */
export interface Chance {
  /** From 0 up to, but not, the bound. */
  below(bound: number): number
  of<Item>(items: readonly Item[]): Item | undefined
}

/** Mulberry32. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0
  function below(bound: number): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
  }
  return { below, of: (items) => items[below(items.length)] }
}
