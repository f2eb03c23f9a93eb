import { randomUUID } from 'node:crypto'
import type { Ledger, Partition, Version } from '../core/ports.ts'
import type { Instant } from '../core/vocabulary.ts'
import { createMemoryArchive } from './archive.ts'
import { createFeed } from './feed.ts'
import { createLedgerTime } from './time.ts'
import { assertCommit, conflictsOf, FACTS_PARTITIONS, partitionsOf } from './writes.ts'

export interface MemoryLedgerParts {
  readonly factsPartitions?: number
  readonly clock?: () => Instant
  /** How many commits a follower may be behind before it must load again. */
  readonly commitsMax?: number
}

/** A ledger that lives and dies with the process; for trials and tests. A commit takes place before `commit` returns its promise. */
export function createMemoryLedger({
  factsPartitions = FACTS_PARTITIONS,
  clock = Date.now,
  commitsMax = 10_000,
}: MemoryLedgerParts = {}): Ledger {
  const partitions = partitionsOf(factsPartitions)
  const positions = new Map<Partition, Version>(partitions.map((partition) => [partition, 0]))
  const entries = new Map(partitions.map((partition) => [partition, new Map<string, { value: Uint8Array; version: Version }>()]))
  const feed = createFeed({ positions, commitsMax })
  const archive = createMemoryArchive()

  return {
    epoch: randomUUID(),
    factsPartitions,
    async load(visit) {
      for (const [partition, held] of entries) for (const [key, entry] of held) visit({ partition, key, ...entry })
      return Object.fromEntries(positions)
    },
    archive,
    async commit(partition, writes, appends = []) {
      assertCommit(positions, partition, writes, appends)
      const held = entries.get(partition) ?? new Map()
      const conflicts = conflictsOf(writes, (key) => held.get(key)?.version ?? 0)
      if (conflicts.length > 0) return { committed: false, conflicts }
      const version = (positions.get(partition) ?? 0) + 1
      positions.set(partition, version)
      for (const { key, value } of writes) {
        if (value === null) held.delete(key)
        else held.set(key, { value, version })
      }
      archive.append(partition, version, appends)
      feed.publish({ partition, version, writes: writes.map(({ key, value }) => ({ key, value })) })
      return { committed: true, version }
    },
    follow: feed.follow,
    now: createLedgerTime(clock),
    away: () => null,
    close: async () => {},
  }
}
