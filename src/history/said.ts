import type { Step } from '../core/history.ts'
import type { Claim } from '../core/record.ts'

/** What one step said about a user: coming, going and idling say nothing, and neither does a lease that is only kept. */
export interface Said {
  readonly set: readonly Claim[]
  /** Keys of claims that had not ended by themselves. */
  readonly withdrawn: readonly string[]
  readonly online: boolean
}

/** Null: it said nothing. */
export function saidBy({ before, after }: Step): Said | null {
  const at = after.shown.asOf
  const set = after.claims.filter((claim) => !isAmong(claim, before.claims))
  const withdrawn = before.claims
    .filter(({ key, until }) => (until === null || until > at) && !after.claims.some((claim) => claim.key === key))
    .map(({ key }) => key)
  const online = after.declaredOnline !== null && after.declaredOnline.at !== before.declaredOnline?.at
  return set.length > 0 || withdrawn.length > 0 || online ? { set, withdrawn, online } : null
}

function isAmong(claim: Claim, claims: readonly Claim[]): boolean {
  const old = claims.find(({ key }) => key === claim.key)
  if (old === undefined || old.availability !== claim.availability || old.activity !== claim.activity) return false
  const sameNote = old.note?.text === claim.note?.text && old.note?.emoji === claim.note?.emoji
  return sameNote && (old.until === claim.until || claim.leaseMs !== null)
}
