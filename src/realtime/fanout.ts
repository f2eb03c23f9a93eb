import type { Presence, UserId } from '../core/vocabulary.ts'
import type { Connection } from './connection.ts'
import { COALESCE_MS, GATHERED_MS_MAX, OUTBOX_USERS_MAX, SLICE_MS } from './limits.ts'
import { createOutbox, type Outbox } from './outbox.ts'

/** Sends what waits, for all connections together. */
export interface Fanout {
  /** An outbox of one connection. Give it to `view.watch` as the watcher. */
  outbox(parts: FanoutParts): Outbox
  /** Calls once, `coalesceMs` after the first that waits (later while `tellsMore`), when what was to be sent before has been. */
  soon(work: () => void): void
  /** As `soon`, but before what is still to be sent: for short works that many are to be sent the result of. */
  early(work: () => void): void
  /** Calls once after all that is being sent, else after `coalesceMs`: for what has been gathered already. */
  next(work: () => void): void
  stop(): void
  /** `waiting`: connections for which something waits. */
  readonly figures: { readonly rounds: number; readonly longestSliceMs: number; readonly waiting: number }
}

export interface FanoutParts {
  readonly connection: Connection
  /**
   * Turns what waits into frames, in the order in which it was told first; at most FLUSH_USERS_MAX at once.
   * `last`: nothing is left in the outbox, so that a cursor may follow.
   */
  encode(presences: readonly Presence[], gone: readonly UserId[], last: boolean): readonly Buffer[]
  /** The reader does not take what waits; absent: it is closed with CLOSE.slow. */
  overflow?(): void
}

export interface FanoutOptions {
  readonly coalesceMs?: number
  /** Many more will be told of in a moment: what waits waits for them, for GATHERED_MS_MAX at most. */
  readonly tellsMore?: () => boolean
  /** Hears of a bug in what one connection was to be sent; all others are sent theirs. */
  readonly failed: (error: unknown) => void
}

/** One ticker for every connection that has something to say; it sends in slices, between which everything else has its turn. */
export function createFanout({ coalesceMs = COALESCE_MS, tellsMore = () => false, failed }: FanoutOptions): Fanout {
  let [waiting, waitingEarly, waitingNext]: [Work[], Work[], Work[]] = [[], [], []]
  /** What is being sent, from `at` on. */
  let queue: Work[] = []
  let at = 0
  let timer: NodeJS.Timeout | null = null
  let running = false
  let stopped = false
  /** How long the first of what waits has waited. */
  let gatheredMs = 0
  let rounds = 0
  let longestSliceMs = 0
  let readersWaiting = 0
  const onWaiting = (change: 1 | -1): void => {
    readersWaiting += change
  }

  /** The window begins with the first that waits, also while others are being sent theirs. */
  function arm(): void {
    if (timer === null && !stopped) timer = setTimeout(gathered, coalesceMs)
  }

  function gathered(): void {
    const [first, next, wasRunning] = [waitingEarly, waitingNext, running]
    timer = null
    waitingEarly = []
    waitingNext = []
    running = true
    rounds++
    for (const work of first) attempt(work)
    for (const work of next) queue.push(work)
    for (const work of takeWaiting()) queue.push(work)
    if (!wasRunning) slice()
  }

  /** Nothing while more is about to be told, unless it has been gathered for long. */
  function takeWaiting(): Work[] {
    const works = waiting
    if (works.length === 0) return works
    gatheredMs += coalesceMs
    if (gatheredMs < GATHERED_MS_MAX && tellsMore()) {
      arm()
      return []
    }
    gatheredMs = 0
    waiting = []
    return works
  }

  function slice(): void {
    const began = performance.now()
    while (at < queue.length && performance.now() - began < SLICE_MS) attempt(queue[at++])
    longestSliceMs = Math.max(longestSliceMs, performance.now() - began)
    running = at < queue.length && !stopped
    if (at * 2 > queue.length) {
      queue = queue.slice(at)
      at = 0
    }
    if (running) setImmediate(slice)
  }

  function attempt(work: Work | undefined): void {
    try {
      work?.()
    } catch (error) {
      failed(error)
    }
  }

  function soon(work: Work): void {
    waiting.push(work)
    arm()
  }

  function next(work: Work): void {
    if (running) return void queue.push(work)
    waitingNext.push(work)
    arm()
  }

  return {
    outbox: (parts) => createOutbox({ ...parts, soon, next, onWaiting, usersMax: OUTBOX_USERS_MAX }),
    soon,
    early(work) {
      waitingEarly.push(work)
      arm()
    },
    next,
    stop() {
      stopped = true
      clearTimeout(timer ?? undefined)
      queue = []
    },
    get figures() {
      return { rounds, longestSliceMs, waiting: readersWaiting }
    },
  }
}

type Work = () => void
