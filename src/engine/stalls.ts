import type { Instant } from '../core/vocabulary.ts'

const LOOK_MS = 1_000
/** Later than this, in ms, the process did not run, and no client could come back meanwhile. */
const STALL_MS = 3_000

export interface StallsParts {
  readonly now: () => Instant
  readonly needed: () => boolean
}

/** Knows when clients could not come back through no fault of theirs: their graces begin anew then. */
export interface Stalls {
  /** Looks from now on, as long as it is needed. */
  start(): void
  stop(): void
  /** They cannot now, nor for so long, in ms. */
  hold(ms: number): void
  /** No grace ends before. */
  heldUntil(graceMs: number): Instant
}

export function createStalls({ now, needed }: StallsParts): Stalls {
  let timer: NodeJS.Timeout | null = null
  let looked = Number.POSITIVE_INFINITY
  let held = Number.NEGATIVE_INFINITY

  function look(): void {
    const at = now()
    if (at - looked > STALL_MS) held = Math.max(held, at)
    looked = at
  }

  function again(): void {
    look()
    timer = null
    if (needed()) start()
    else looked = Number.POSITIVE_INFINITY
  }

  function start(): void {
    if (timer !== null) return
    look()
    timer = setTimeout(again, LOOK_MS)
    timer.unref()
  }

  return {
    start,
    stop: () => clearTimeout(timer ?? undefined),
    hold(ms) {
      held = Math.max(held, now() + ms)
    },
    heldUntil(graceMs) {
      look()
      return held + graceMs
    },
  }
}
