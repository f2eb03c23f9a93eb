import type { Presence, UserId } from '../core/vocabulary.ts'
import type { Connection } from './connection.ts'
import { COALESCE_MS, OUTBOX_USERS_MAX, SLICE_MS } from './limits.ts'
import { createOutbox, type Outbox } from './outbox.ts'

/** Sends what waits, for all connections together. */
export interface Fanout {
  /** An outbox of one connection. Give it to `view.watch` as the watcher. */
  outbox(parts: FanoutParts): Outbox
  /** Calls once within the next round of sending, after `coalesceMs` at most. */
  soon(work: () => void): void
  /** Calls once in the round that is running, after all that is in it, else as `soon`: for what has been gathered already. */
  next(work: () => void): void
  stop(): void
  readonly figures: { readonly rounds: number; readonly longestSliceMs: number }
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
  /** Hears of a bug in what one connection was to be sent; all others are sent theirs. */
  readonly failed: (error: unknown) => void
}

/** One ticker for every connection that has something to say; each round in slices, between which everything else has its turn. */
export function createFanout({ coalesceMs = COALESCE_MS, failed }: FanoutOptions): Fanout {
  let waiting: (() => void)[] = []
  let round: (() => void)[] = []
  let timer: NodeJS.Timeout | null = null
  let running = false
  let stopped = false
  let rounds = 0
  let longestSliceMs = 0

  function arm(): void {
    if (timer !== null || running || stopped || waiting.length === 0) return
    timer = setTimeout(start, coalesceMs)
  }

  function start(): void {
    timer = null
    running = true
    rounds++
    slice([], 0)
  }

  /** Works that come while a round runs and belong to it are its next lap; what else waits by then goes with them. */
  function slice(lap: readonly (() => void)[], from: number): void {
    const began = performance.now()
    let [works, next] = [lap, from]
    do {
      if (next >= works.length) {
        works = [...round, ...waiting]
        round = []
        waiting = []
        next = 0
      }
      attempt(works[next++])
    } while (isMore(works, next) && performance.now() - began < SLICE_MS)
    longestSliceMs = Math.max(longestSliceMs, performance.now() - began)
    if (isMore(works, next) && !stopped) return void setImmediate(slice, works, next)
    running = false
    arm()
  }

  function attempt(work: (() => void) | undefined): void {
    try {
      work?.()
    } catch (error) {
      failed(error)
    }
  }

  const isMore = (works: readonly unknown[], next: number): boolean => next < works.length || round.length > 0

  function soon(work: () => void): void {
    waiting.push(work)
    arm()
  }

  function next(work: () => void): void {
    if (running) round.push(work)
    else soon(work)
  }

  return {
    outbox: (parts) => createOutbox({ ...parts, soon, usersMax: OUTBOX_USERS_MAX }),
    soon,
    next,
    stop() {
      stopped = true
      clearTimeout(timer ?? undefined)
      waiting = []
      round = []
    },
    get figures() {
      return { rounds, longestSliceMs }
    },
  }
}
