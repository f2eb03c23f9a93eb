import { Failure } from '../core/errors.ts'
import type { Principal } from '../core/principal.ts'
import type { Claim, PresenceRecord } from '../core/record.ts'
import { endOfClaim } from '../core/resolve.ts'
import type { PresenceCommands } from '../core/service.ts'
import type { PresenceEvent } from '../core/transition.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { admit, found, mayExplain } from './admission.ts'
import type { ServiceParts } from './service.ts'

/** Claims of sources, kept by heartbeats and listed. */
export function createClaims(
  { ledger, subjects, roster, enact }: ServiceParts,
  principal: Principal,
  via: string,
): Pick<PresenceCommands, 'keepClaim' | 'claims'> {
  const deed = { via, by: principal.by, self: false }

  function standing(userId: UserId, now: Instant): readonly Claim[] {
    return roster.recordAt(found(subjects.slotOf(userId))).claims.filter((claim) => endOfClaim(claim) > now)
  }

  return {
    async keepClaim(userId, key) {
      const event: PresenceEvent = { type: 'claim_kept', key }
      admit(principal, userId, [event], subjects)
      const kept = (record: PresenceRecord, now: Instant): PresenceEvent[] => {
        const claim = record.claims.find((one) => one.key === key && endOfClaim(one) > now)
        if (claim === undefined) throw noSuchClaim(key)
        assertOwn(claim, principal)
        if (claim.leaseMs === null)
          throw new Failure('invalid', `The claim ${key} has no lease: it stands without heartbeats.`, { field: 'claim' })
        return [event]
      }
      await enact(userId, kept, deed)
      const claim = standing(userId, ledger.now()).find((one) => one.key === key)
      if (claim === undefined) throw noSuchClaim(key)
      return claim
    },
    async claims(userId) {
      const { scopes, reach } = principal
      const mayRead = scopes.has('presence:read')
      if (!mayRead && ![...scopes].some((scope) => scope.startsWith('claims:')))
        throw new Failure('forbidden', 'The token lacks the scope presence:read.', { reason: 'scope_missing' })
      found(reach === null || reach.has(userId) ? subjects.slotOf(userId) : -1)
      const all = mayRead && mayExplain(principal, userId) && !isApplication(principal)
      return standing(userId, ledger.now()).filter(({ by }) => all || by === principal.by)
    },
  }
}

/** An application touches its own claims only; people may withdraw or replace whatever is said about whom they may set. */
export function assertOwnClaims(
  record: PresenceRecord,
  events: readonly PresenceEvent[],
  principal: Principal,
  now: Instant,
): void {
  if (!isApplication(principal)) return
  for (const event of events) {
    if (!('key' in event)) continue
    const claim = record.claims.find(({ key }) => key === event.key)
    if (claim !== undefined && endOfClaim(claim) > now) assertOwn(claim, principal)
  }
}

const isApplication = ({ by, userId }: Principal): boolean => by !== userId

function assertOwn({ by, key }: Claim, principal: Principal): void {
  if (!isApplication(principal) || by === principal.by) return
  throw new Failure('forbidden', `The claim ${key} was made by another; an application may only touch its own.`, {
    reason: 'claim_of_another',
    field: 'claim',
  })
}

const noSuchClaim = (key: string): Failure =>
  new Failure('not_found', `There is no claim ${key}; it may have ended.`, { reason: 'no_such_claim', field: 'claim' })
