import type { Ledger, Subjects } from '../core/ports.ts'
import type { PresenceRecord } from '../core/record.ts'
import { type Deed, type PresenceEvent, transitionAll } from '../core/transition.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { found } from './admission.ts'
import type { Lanes } from './lanes.ts'
import type { Policies } from './policies.ts'

/** Makes events happen to one user; which, is decided on the facts as they stand then, maybe several times. Throws as `Lanes.change`. */
export type Enact = (
  userId: UserId,
  events: (record: PresenceRecord, now: Instant) => readonly PresenceEvent[],
  deed: Deed,
  sure?: boolean,
) => Promise<void>

export interface EnactParts {
  readonly ledger: Ledger
  readonly subjects: Subjects
  readonly lanes: Lanes
  readonly policies: Policies
}

export function createEnact({ ledger, subjects, lanes, policies }: EnactParts): Enact {
  return (userId, events, deed, sure) =>
    lanes.change(
      userId,
      (record) => {
        const slot = found(subjects.slotOf(userId))
        const now = Math.max(ledger.now(), record.shown.asOf)
        return transitionAll(record, events(record, now), deed, now, policies.of(slot))
      },
      deed,
      sure,
    )
}
