import { factsPartition, type Ledger, type Subjects, type Version } from '../core/ports.ts'
import type { PresenceRecord } from '../core/record.ts'
import type { UserId } from '../core/vocabulary.ts'

/** How long facts may wait for their user, in ms: long enough for a slow directory, short enough to leave nothing behind. */
const SWEEP_AFTER_MS = 60_000

export interface Orphan {
  readonly record: PresenceRecord | null
  readonly version: Version
}

/** Facts whose user is not there: not yet, or no more. */
export interface Orphans {
  /** Version 0: the key is gone, and so is the orphan. */
  put(userId: UserId, record: PresenceRecord | null, version: Version): void
  take(userId: UserId): Orphan | null
  versionOf(userId: UserId): Version
  start(): void
  stop(): void
}

export interface OrphansParts {
  readonly ledger: Ledger
  readonly subjects: Subjects
  readonly log: { warn(details: object, message: string): void }
}

export function createOrphans({ ledger, subjects, log }: OrphansParts): Orphans {
  const orphans = new Map<UserId, Orphan>()
  let timer: NodeJS.Timeout | null = null
  let started = false

  function arm(): void {
    if (!started || timer !== null || orphans.size === 0) return
    timer = setTimeout(() => {
      timer = null
      sweep()
        .catch((error: unknown) => log.warn({ error }, 'Facts without a user could not be swept; trying again later.'))
        .finally(arm)
    }, SWEEP_AFTER_MS)
    timer.unref()
  }

  /** Another node may be faster, and a user may come back meanwhile: then the commit does not win, and nothing is lost. */
  async function sweep(): Promise<void> {
    for (const [userId, { version }] of orphans) {
      if (!started || subjects.slotOf(userId) >= 0) continue
      const write = { key: userId, value: null, expects: version }
      await ledger.commit(factsPartition(userId, ledger.factsPartitions), [write])
      if (orphans.get(userId)?.version === version) orphans.delete(userId)
    }
  }

  return {
    put(userId, record, version) {
      if (version === 0) orphans.delete(userId)
      else orphans.set(userId, { record, version })
      arm()
    },
    take(userId) {
      const orphan = orphans.get(userId) ?? null
      orphans.delete(userId)
      return orphan
    },
    versionOf: (userId) => orphans.get(userId)?.version ?? 0,
    start() {
      started = true
      arm()
    },
    stop() {
      started = false
      clearTimeout(timer ?? undefined)
    },
  }
}
