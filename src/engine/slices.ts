/** No piece of long work holds the event loop for longer, in ms. */
const SLICE_MS = 5

/** Long work in short slices, between which everything else has its turn. */
export interface Slices {
  /** Calls `step` until it answers false, then `done`; in pieces of so many ms. */
  run(step: () => boolean, done: () => void, sliceMs?: number): void
}

export function createSlices(): Slices {
  function run(step: () => boolean, done: () => void, sliceMs = SLICE_MS): void {
    const end = performance.now() + sliceMs
    while (step()) {
      if (performance.now() < end) continue
      setImmediate(run, step, done, sliceMs)
      return
    }
    done()
  }
  return { run }
}
