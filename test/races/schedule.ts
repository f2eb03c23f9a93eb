import type { Scheduler } from 'fast-check'
import { Failure } from '../../src/core/errors.ts'
import type { Append, Commit, CommitAnswer, Entry, Follower, Ledger, Version, Write } from '../../src/core/ports.ts'
import { createMemoryArchive } from '../../src/ledgers/archive.ts'

/** What becomes of a commit: it is answered, or the answer gets lost, before or after it was stored. */
export type Fate = 'answered' | 'lost-before' | 'lost-after'

export interface ScheduledLedgerParts {
  readonly scheduler: Scheduler
  /** One for each commit, in the order in which they are made; then all are answered. */
  readonly fates?: readonly Fate[]
  /** Off: the versions that writes expect are ignored, which no ledger may do. */
  readonly comparing?: boolean
}

export interface ScheduledLedger {
  /** One node's end of it. */
  node(): Ledger
  entries(): readonly Entry[]
}

/** One ledger with several nodes, on which the scheduler decides when each commit is stored, answered and told to each node. */
export function createScheduledLedger({ scheduler, fates = [], comparing = true }: ScheduledLedgerParts): ScheduledLedger {
  const entries = new Map<string, Entry>()
  const positions = new Map<string, Version>()
  const commits: Commit[] = []
  const tellers = new Set<(commit: Commit) => void>()
  const remaining = [...fates]
  const archive = createMemoryArchive()

  const moment = (label: string): Promise<void> => scheduler.schedule(Promise.resolve(), label)

  function store(partition: string, writes: readonly Write[], appends: readonly Append[]): CommitAnswer {
    const versionOf = (key: string): Version => entries.get(`${partition} ${key}`)?.version ?? 0
    const conflicts = writes.filter(({ key, expects }) => versionOf(key) !== expects)
    if (comparing && conflicts.length > 0)
      return { committed: false, conflicts: conflicts.map(({ key }) => ({ key, version: versionOf(key) })) }
    const version = (positions.get(partition) ?? 0) + 1
    positions.set(partition, version)
    for (const { key, value } of writes) {
      if (value === null) entries.delete(`${partition} ${key}`)
      else entries.set(`${partition} ${key}`, { partition, key, value, version })
    }
    archive.append(partition, version, appends)
    const commit = { partition, version, writes: writes.map(({ key, value }) => ({ key, value })) }
    commits.push(commit)
    for (const tell of tellers) tell(commit)
    return { committed: true, version }
  }

  function follow({ commit }: Pick<Follower, 'commit'>): () => void {
    const queue = [...commits]
    const tellOne = async () => {
      await moment('told')
      const next = queue.shift()
      if (next !== undefined) commit(next)
    }
    const tell = (next: Commit) => {
      queue.push(next)
      tellOne().catch(() => undefined)
    }
    for (const _ of commits) tellOne().catch(() => undefined)
    tellers.add(tell)
    return () => void tellers.delete(tell)
  }

  const node = (): Ledger => ({
    epoch: 'epoch',
    factsPartitions: 2,
    async load(visit) {
      for (const entry of entries.values()) visit(entry)
      return Object.fromEntries(positions)
    },
    archive,
    async commit(partition, writes, appends = []) {
      const fate = remaining.shift() ?? 'answered'
      await moment('reached')
      if (fate === 'lost-before') throw new Failure('unavailable', 'lost')
      const answer = store(partition, writes, appends)
      await moment('answered')
      if (fate === 'lost-after') throw new Failure('unavailable', 'lost')
      return answer
    },
    follow: (_after, follower) => follow({ commit: (commit) => follower.commit(commit) }),
    now: () => 1_000_000,
    away: () => null,
    close: async () => {},
  })

  return { node, entries: () => [...entries.values()] }
}
