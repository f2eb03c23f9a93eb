import { Failure } from '../core/errors.ts'
import type { DirectoryKeys } from '../core/keys.ts'
import type { Commit, Ledger, Version } from '../core/ports.ts'

export const PARTITION = 'directory'
const ATTEMPTS_MAX = 8
/** How long another node's commit may take to arrive here before a refused one is tried again, in ms. */
const CATCH_UP_MS = 1_000

/** The directory's partition in memory: every commit applied once and in order, whoever made it. */
export interface Replica {
  loaded(position: Version): void
  /** From the ledger's feed. */
  commit(commit: Commit): void
  /** There is a gap, and nothing comes any more: nobody waits for it, and nothing more is changed from here. */
  lose(): void
  readonly change: DirectoryKeys['change']
}

export interface ReplicaParts {
  readonly ledger: Ledger
  readonly apply: (commit: Commit) => void
}

export function createReplica({ ledger, apply }: ReplicaParts): Replica {
  let position = 0
  let isLost = false
  /** Own commits that were answered before those ahead of them have arrived. */
  const early = new Map<Version, Commit>()
  const waiting = new Set<{ readonly version: Version; readonly done: () => void }>()

  function advance(commit: Commit): void {
    for (let next: Commit | undefined = commit; next !== undefined; next = early.get(position + 1)) {
      early.delete(next.version)
      position = next.version
      apply(next)
    }
    for (const waiter of waiting) if (waiter.version <= position) waiter.done()
  }

  function reached(version: Version, timeoutMs?: number): Promise<void> {
    if (version <= position) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => done(), timeoutMs)
    const done = (): void => {
      clearTimeout(timer)
      waiting.delete(waiter)
      resolve()
    }
    const waiter = { version, done }
    waiting.add(waiter)
    return promise
  }

  return {
    loaded(reachedPosition) {
      position = reachedPosition
    },
    commit(commit) {
      if (commit.version > position) advance(commit)
    },
    lose() {
      isLost = true
      for (const { done } of waiting) done()
    },
    async change(plan) {
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        if (isLost) throw lost()
        const { writes, appends, answer } = plan()
        if (writes.length === 0) return answer
        const outcome = await ledger.commit(PARTITION, writes, appends)
        if (outcome.committed) {
          const { version } = outcome
          if (version === position + 1) advance({ partition: PARTITION, version, writes })
          else if (version > position) early.set(version, { partition: PARTITION, version, writes })
          await reached(version)
          if (version > position) throw lost()
          return answer
        }
        const behind = Math.max(...outcome.conflicts.map((conflict) => conflict.version))
        await reached(behind > position ? behind : position + 1, behind > position ? CATCH_UP_MS : 5 + Math.random() * 20)
      }
      throw new Failure('unavailable', 'Too many others are changing this at the moment. Try again.', {
        reason: 'contended',
        retryAfterMs: 1_000,
      })
    },
  }
}

const lost = (): Failure =>
  new Failure('unavailable', 'Everything is loaded again; whether this was stored is not known here.', { reason: 'ledger_away' })
