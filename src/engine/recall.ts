import type { Subjects, Version } from '../core/ports.ts'
import type { PresenceRecord } from '../core/record.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import type { Recency } from './recency.ts'
import type { Roster } from './roster.ts'

export interface RecallParts {
  readonly subjects: Subjects
  readonly roster: Roster
  readonly recency: Recency
  readonly schedule: (slot: number, record: PresenceRecord | null, from: Instant) => void
  /** The number of the facts partition of a user. */
  readonly partitionOf: (userId: UserId) => number
}

/** The order of everybody's last change, as the records tell it after loading. */
export function recall({ subjects, roster, recency, schedule, partitionOf }: RecallParts): void {
  const changedAt = (slot: number): Instant => roster.held(slot)?.record?.shown.changedAt ?? subjects.createdAt(slot)
  const toldOf = (slot: number): Version => roster.recordAt(slot).shown.told ?? 0
  for (const slot of [...roster.withFacts()].sort((one, other) => toldOf(one) - toldOf(other))) {
    const partition = partitionOf(subjects.idAt(slot) ?? '')
    recency.committed(partition, slot, toldOf(slot), 0)
    recency.told(partition, toldOf(slot))
    schedule(slot, roster.recordAt(slot), roster.recordAt(slot).shown.asOf)
  }
  const loaded = (slot: number): boolean => subjects.idAt(slot) !== null
  const byVersion = Int32Array.from(Array.from({ length: subjects.slots }, (_, slot) => slot).filter(loaded)).sort(
    (one, other) => subjects.versionAt(one) - subjects.versionAt(other),
  )
  const versions = Float64Array.from(byVersion, (slot) => subjects.versionAt(slot))
  recency.start({ slots: byVersion, versions, lastRemoval: subjects.lastRemoval })
  const slots = Array.from({ length: subjects.slots }, (_, slot) => slot).filter((slot) => subjects.idAt(slot) !== null)
  for (const slot of slots.sort((one, other) => changedAt(one) - changedAt(other))) recency.recall(slot, changedAt(slot))
}
