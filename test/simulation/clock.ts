import { mock } from 'node:test'
import type { Instant } from '../../src/core/vocabulary.ts'

/** Time that only passes when it is told to, for timers and for the clock on the wall, which may also jump. */
export interface Clock {
  now(): Instant
  /** Timers fire in their order, and what they began is done before the next. */
  pass(ms: number): Promise<void>
  /** The clock is set; no timer knows. */
  jump(ms: number): void
  /** All that was begun is done. */
  calm(): Promise<void>
  stop(): void
}

const realImmediate = globalThis.setImmediate
/** Timers that fire within the same step are not told apart. */
const STEP_MS = 250

export function startClock(start: Instant): Clock {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'], now: start })
  let skew = 0

  async function calm(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      await new Promise<void>((resolve) => realImmediate(resolve))
      mock.timers.tick(0)
    }
  }

  return {
    now: () => Date.now() + skew,
    async pass(ms) {
      for (let rest = ms; rest > 0; rest -= STEP_MS) {
        mock.timers.tick(Math.min(STEP_MS, rest))
        await calm()
      }
    },
    jump(ms) {
      skew += ms
    },
    calm,
    stop: () => mock.timers.reset(),
  }
}
