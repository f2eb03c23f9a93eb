import type { Settings } from '../core/accounts.ts'
import type { Policy } from '../core/policy.ts'
import type { Archive, Subjects } from '../core/ports.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { DIRECTORY, entriesOf, POLICY_SERIES, policySeries, readJson } from './series.ts'

/** What a user's policy is made of. */
interface Circumstances {
  readonly invisibleAllowed: boolean
  readonly declaredOnlineMaxMs: number
  readonly active: boolean
  readonly bot: boolean
}

export interface PoliciesParts {
  readonly archive: Archive
  readonly subjects: Subjects
  readonly settings: Settings
}

/** The policies that held for a user, each since its `since`, the latest first; the last one since ever. */
export async function policiesOf(userId: UserId, { archive, subjects, settings }: PoliciesParts): Promise<readonly Policy[]> {
  const slot = subjects.slotOf(userId)
  const { invisibleAllowed, declaredOnlineMaxMs } = settings
  const present = { invisibleAllowed, declaredOnlineMaxMs, active: !subjects.isDeactivated(slot), bot: subjects.isBot(slot) }
  const superseded: { readonly at: Instant; readonly were: Partial<Circumstances> }[] = []
  for (const series of [POLICY_SERIES, policySeries(userId)])
    for await (const entry of entriesOf(archive, DIRECTORY, series, { order: 'newest-first', from: subjects.createdAt(slot) }))
      superseded.push({ at: entry.at, were: readJson(entry) as Partial<Circumstances> })
  const policies: Policy[] = []
  let held: Circumstances = present
  for (const { at, were } of superseded.sort((one, other) => other.at - one.at)) {
    policies.push(policyOf(held, at))
    held = { ...held, ...were }
  }
  return [...policies, policyOf(held, 0)]
}

function policyOf({ invisibleAllowed, declaredOnlineMaxMs, active, bot }: Circumstances, since: Instant): Policy {
  return { invisibleAllowed, declaredOnlineMaxMs: bot ? 0 : declaredOnlineMaxMs, deactivated: !active, since }
}
