import type { Policy } from './policy.ts'
import type { PresenceRecord } from './record.ts'
import { nextDeadline, resolve } from './resolve.ts'
import type { Explanation } from './service.ts'
import type { Instant, UserId } from './vocabulary.ts'

/** Why a user is shown as they are, what lost and to what, and what comes next. Everything is told: the own view. */
export function explain(userId: UserId, record: PresenceRecord, now: Instant, policy: Policy): Explanation {
  const presence = resolve(userId, record, now, policy).own
  const at = nextDeadline(record, now, policy)
  const next = at === null ? null : { at, presence: resolve(userId, record, at, policy).own }
  return { presence, sentence: `Shown ${presence.availability}.`, facts: [], next }
}
