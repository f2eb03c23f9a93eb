import { setImmediate as turn } from 'node:timers/promises'

/** No piece of long work holds the event loop for longer, in ms. */
const SLICE_MS = 5

/** Long work in short slices, between which everything else has its turn. */
export interface Slices {
  /** Calls `step` until it answers false, then `done`. */
  run(step: () => boolean, done: () => void): void
  /** Resolves when each was seen to. */
  each<Item>(items: Iterable<Item>, see: (item: Item) => void): Promise<void>
}

export function createSlices(): Slices {
  function run(step: () => boolean, done: () => void): void {
    const end = performance.now() + SLICE_MS
    while (step()) {
      if (performance.now() < end) continue
      setImmediate(run, step, done)
      return
    }
    done()
  }

  async function each<Item>(items: Iterable<Item>, see: (item: Item) => void): Promise<void> {
    let end = performance.now() + SLICE_MS
    for (const item of items) {
      see(item)
      if (performance.now() < end) continue
      await turn()
      end = performance.now() + SLICE_MS
    }
  }

  return { run, each }
}
