import { Failure } from '../core/errors.ts'
import type { Chronicle, Step as Taken } from '../core/history.ts'
import { type CommitAnswer, factsPartition, type Ledger, type Version } from '../core/ports.ts'
import type { PresenceRecord } from '../core/record.ts'
import type { Deed } from '../core/transition.ts'
import type { UserId } from '../core/vocabulary.ts'
import { inspectGrowth } from './admission.ts'
import { encodeRecord } from './codec.ts'

/** How often a change is tried again after other nodes' commits came before it. */
const RETRIES_MAX = 8
/** How long to wait for the commit that came before to be followed, in ms. */
const FOLLOW_PATIENCE_MS = 1_000
/** When to try again after the ledger did not answer, in ms. */
const AWAY_RETRY_MS = 1_000

/** One change of one user's facts; it may be made several times, until it wins. */
export type Step = (record: PresenceRecord) => PresenceRecord

export interface Lanes {
  /**
   * Resolves once what the step made, or found there already, is durable. `sure`: what it found there is so in the ledger, not
   * only as far as it is known here. Throws Failure `unavailable`, and what the step throws.
   */
  change(userId: UserId, step: Step, deed: Deed, sure?: boolean): Promise<void>
  /** The record that a value in flight was made from, so that nobody reads again what was written here; null: it was not. */
  writtenAs(userId: UserId, value: Uint8Array): PresenceRecord | null
  /** A newer version of the user's record is held now. */
  arrived(userId: UserId): void
  /** Resolves once nothing is in flight. */
  settled(): Promise<void>
  readonly figures: { readonly inFlight: number; readonly commits: number; readonly conflicts: number }
}

export interface LanesParts {
  readonly ledger: Ledger
  readonly random: () => number
  /** What is held of a user now. Throws Failure `not_found`. */
  readonly held: (userId: UserId) => Held
  /** The version the ledger holds, also of a user who is gone. */
  readonly versionOf: (userId: UserId) => Version
  readonly onCommitted: (userId: UserId, record: PresenceRecord, version: Version) => void
  /** What goes to the archive with each commit. */
  readonly chronicle: Chronicle
}

interface Held {
  readonly record: PresenceRecord
  readonly version: Version
}

/** The record after all changes, what changed it, and who waits for it. */
interface Folded {
  readonly record: PresenceRecord
  readonly steps: readonly Taken[]
  readonly waiting: Waiting[]
}

interface Waiting {
  readonly step: Step
  readonly deed: Deed
  readonly sure: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Per user one commit in flight; changes that come meanwhile fold onto its result and go together as the next. */
export function createLanes({ ledger, random, held, versionOf, onCommitted, chronicle }: LanesParts): Lanes {
  const lanes = new Map<UserId, Waiting[]>()
  const flights = new Set<Promise<void>>()
  const written = new Map<UserId, { readonly value: Uint8Array; readonly record: PresenceRecord }>()
  const wakers = new Map<UserId, () => void>()
  let commits = 0
  let conflicts = 0

  async function drain(userId: UserId, lane: Waiting[]): Promise<void> {
    while (lane.length > 0) await settle(userId, lane.splice(0))
    lanes.delete(userId)
  }

  async function settle(userId: UserId, batch: Waiting[]): Promise<void> {
    let changes = batch
    try {
      for (let attempt = 0; attempt <= RETRIES_MAX; attempt++) {
        const before = held(userId)
        const folded = fold(before.record, changes)
        changes = folded.waiting
        if (changes.length === 0) return
        if (folded.record === before.record) {
          await ledger.caughtUp?.(factsPartition(userId, ledger.factsPartitions))
          if (held(userId).version !== before.version) continue
          for (const change of changes) change.resolve()
          return
        }
        const answer = await commit(userId, folded, before)
        if (answer.committed) {
          commits++
          onCommitted(userId, folded.record, answer.version)
          for (const change of changes) change.resolve()
          return
        }
        conflicts++
        await caughtUp(userId, answer.conflicts[0]?.version ?? 0)
        await delay(random() * 2 ** attempt)
      }
      throw new Failure('unavailable', 'Others keep changing this user; try again.', {
        reason: 'contended',
        retryAfterMs: AWAY_RETRY_MS,
      })
    } catch (error) {
      for (const change of changes) change.reject(error)
    }
  }

  async function commit(userId: UserId, { record, steps }: Folded, before: Held): Promise<CommitAnswer> {
    const value = encodeRecord(record)
    const writes = [{ key: userId, value, expects: before.version }]
    const appends = chronicle({ userId, steps, value: () => encodeRecord(before.record) })
    written.set(userId, { value, record })
    try {
      return await ledger.commit(factsPartition(userId, ledger.factsPartitions), writes, appends)
    } catch (cause) {
      throw new Failure('unavailable', 'The ledger does not answer; whether it was stored is not known.', {
        reason: 'ledger_away',
        retryAfterMs: AWAY_RETRY_MS,
        cause,
      })
    } finally {
      written.delete(userId)
    }
  }

  /** Resolves when the version that won is held, or when it is not worth waiting longer. */
  async function caughtUp(userId: UserId, version: Version): Promise<void> {
    const until = performance.now() + FOLLOW_PATIENCE_MS
    const has = () => (version === 0 ? versionOf(userId) === 0 : versionOf(userId) >= version)
    while (!has() && performance.now() < until) await arrival(userId, until - performance.now())
  }

  function arrival(userId: UserId, patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(wake, patienceMs)
      function wake() {
        clearTimeout(timer)
        wakers.delete(userId)
        resolve()
      }
      wakers.set(userId, wake)
    })
  }

  return {
    change(userId, step, deed, sure = false) {
      return new Promise((resolve, reject) => {
        const waiting = { step, deed, sure: sure && ledger.caughtUp !== undefined, resolve, reject }
        const lane = lanes.get(userId)
        if (lane !== undefined) {
          lane.push(waiting)
          return
        }
        const opened = [waiting]
        lanes.set(userId, opened)
        const flight = drain(userId, opened).finally(() => flights.delete(flight))
        flights.add(flight)
      })
    },
    writtenAs(userId, value) {
      const own = written.get(userId)
      return own !== undefined && isSame(own.value, value) ? own.record : null
    },
    arrived: (userId) => wakers.get(userId)?.(),
    async settled() {
      while (flights.size > 0) await Promise.all(flights)
    },
    get figures() {
      return { inFlight: flights.size, commits, conflicts }
    },
  }
}

/** Changes that fail, and those before any difference that need not be sure, are answered here; the others wait for the commit. */
function fold(before: PresenceRecord, changes: readonly Waiting[]): Folded {
  const waiting: Waiting[] = []
  const steps: Taken[] = []
  let record = before
  for (const change of changes) {
    try {
      const after = change.step(record)
      inspectGrowth(record, after)
      if (after !== record) steps.push({ deed: change.deed, before: record, after })
      record = after
      if (record === before && !change.sure) change.resolve()
      else waiting.push(change)
    } catch (error) {
      change.reject(error)
    }
  }
  return { record, steps, waiting }
}

/** The log of a shared ledger may tell it before the answer does: in bytes of its own. */
const isSame = (one: Uint8Array, other: Uint8Array): boolean => one === other || Buffer.compare(one, other) === 0

function delay(ms: number): Promise<void> {
  return ms < 1 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms))
}
