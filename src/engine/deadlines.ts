import type { Instant } from '../core/vocabulary.ts'
import { createHeap } from './heap.ts'
import type { Slices } from './slices.ts'

/** Ledger time may run apart from this machine's timers (sleep, slewing), so the timer looks again at least this often, in ms. */
const LOOK_AGAIN_MS_MAX = 1_000

export interface Deadlines {
  /** When the answer about a user next changes by itself; null: never. */
  set(slot: number, instant: Instant | null): void
  /** Nothing fires before. */
  start(): void
  stop(): void
  /** The earliest that has not been told; Infinity: none. */
  readonly earliest: Instant
  readonly pending: number
  /** So many are due that they take several slices, of which more come. */
  readonly isBehind: boolean
}

export interface DeadlinesParts {
  readonly now: () => Instant
  readonly slices: Slices
  /** Told once for each slot that is due; it sets the slot's next deadline, which must be later. */
  readonly onDue: (slot: number, instant: Instant) => void
}

/** One timer for the deadlines of all users. */
export function createDeadlines({ now, slices, onDue }: DeadlinesParts): Deadlines {
  const heap = createHeap()
  let timer: NodeJS.Timeout | null = null
  let wakesAt: Instant = Number.POSITIVE_INFINITY
  let started = false
  let firing = false

  function arm(): void {
    if (!started || firing || heap.top >= wakesAt) return
    clearTimeout(timer ?? undefined)
    wakesAt = heap.top
    timer = setTimeout(fire, Math.min(Math.max(0, heap.top - now()), LOOK_AGAIN_MS_MAX))
  }

  function fire(): void {
    wakesAt = Number.POSITIVE_INFINITY
    firing = true
    const done = (): void => {
      firing = false
      arm()
    }
    slices.run(fireNext, done)
  }

  function fireNext(): boolean {
    const instant = heap.top
    if (!started || instant > now()) return false
    const slot = heap.peek()
    heap.set(slot, null)
    onDue(slot, instant)
    return true
  }

  return {
    set(slot, instant) {
      heap.set(slot, instant)
      arm()
    },
    start() {
      started = true
      arm()
    },
    stop() {
      started = false
      clearTimeout(timer ?? undefined)
    },
    get earliest() {
      return heap.top
    },
    get isBehind() {
      return firing
    },
    get pending() {
      return heap.size
    },
  }
}
