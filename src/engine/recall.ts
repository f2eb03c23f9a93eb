import { setImmediate as turn } from 'node:timers/promises'
import type { Subjects } from '../core/ports.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { inOrder, STEP_SLOTS } from './inOrder.ts'
import type { Recency } from './recency.ts'
import type { Roster } from './roster.ts'

export interface RecallParts {
  readonly subjects: Subjects
  readonly roster: Roster
  readonly recency: Recency
  /** The number of the facts partition of a user. */
  readonly partitionOf: (userId: UserId) => number
  readonly now: () => Instant
}

/** The order of everybody's last change, as the records tell it after loading; the event loop has its turns meanwhile. */
export async function recall(parts: RecallParts): Promise<void> {
  const steps = stepsOf(parts)
  while (steps.next().done !== true) await turn()
}

function* stepsOf({ subjects, roster, recency, partitionOf, now }: RecallParts): Generator<void, void> {
  const withFacts = yield* inOrder(Int32Array.from(roster.withFacts()), roster.toldAt)
  for (const [at, slot] of withFacts.entries()) {
    recency.recall(partitionOf(subjects.idAt(slot) ?? ''), slot, roster.toldAt(slot))
    if (at % STEP_SLOTS === 0) yield
  }
  const slots = yield* inOrder(Int32Array.from(slotsInUse(subjects)), subjects.versionAt)
  yield
  const versions = Float64Array.from(slots, subjects.versionAt)
  yield
  recency.start({ until: now(), slots, versions, lastRemoval: subjects.lastRemoval, changedAt: roster.changedAt })
}

function* slotsInUse({ slots, versionAt }: Subjects): Generator<number, void> {
  for (let slot = 0; slot < slots; slot++) if (versionAt(slot) > 0) yield slot
}
