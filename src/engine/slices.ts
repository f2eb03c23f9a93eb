/** No piece of long work holds the event loop for longer, in ms. */
const SLICE_MS = 5

/** Long work in short slices, between which everything else has its turn. */
export interface Slices {
  /** Calls `step` until it answers false, then `done`. */
  run(step: () => boolean, done: () => void): void
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
  return { run }
}
