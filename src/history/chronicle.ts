import type { SettingsView } from '../core/accounts.ts'
import type { Chronicle, Step } from '../core/history.ts'
import type { Append } from '../core/ports.ts'
import type { Claim } from '../core/record.ts'
import type { UserId } from '../core/vocabulary.ts'
import { audit } from './audit.ts'
import { chapterAppend } from './chapters.ts'

const NOTHING: readonly Append[] = []

/** With each commit of facts: the superseded ones, while history is on; and who set a presence that is not their own. */
export function createChronicle({ settings }: { readonly settings: SettingsView }): Chronicle {
  return ({ userId, steps, value }) => {
    const isKept = settings.current.history !== 'off'
    const foreign = steps.filter(({ deed }) => !deed.self)
    if (!isKept && foreign.length === 0) return NOTHING
    const at = steps.at(-1)?.after.shown.asOf ?? 0
    return [...(isKept ? [chapterAppend(userId, steps, value(), at)] : []), ...foreign.flatMap((step) => audited(userId, step))]
  }
}

/** A lease that is only kept says nothing new. */
function audited(userId: UserId, { deed, before, after }: Step): readonly Append[] {
  const at = after.shown.asOf
  const set = after.claims.filter((claim) => saysMore(claim, before.claims))
  const isGone = ({ key, until }: Claim) => (until === null || until > at) && !after.claims.some((claim) => claim.key === key)
  const withdrawn = before.claims.filter(isGone).map(({ key }) => key)
  const online = after.declaredOnline !== null && after.declaredOnline.at !== before.declaredOnline?.at
  if (set.length === 0 && withdrawn.length === 0 && !online) return NOTHING
  const details = {
    ...(online && { online }),
    ...(set.length > 0 && { set: set.map(inWords) }),
    ...(withdrawn.length > 0 && { withdrawn }),
  }
  return audit({ kind: 'presence.set', by: deed.by, userId, details: { via: deed.via, ...details } }, at)
}

function saysMore(claim: Claim, before: readonly Claim[]): boolean {
  const old = before.find(({ key }) => key === claim.key)
  if (old === undefined) return true
  const sameNote = old.note?.text === claim.note?.text && old.note?.emoji === claim.note?.emoji
  const sameEnd = old.until === claim.until || claim.leaseMs !== null
  return !(old.availability === claim.availability && old.activity === claim.activity && sameNote && sameEnd)
}

/** A note's words are its user's own, and not told here. */
const inWords = ({ key, availability, activity, note, until }: Claim) => ({
  key,
  ...(availability !== null && { availability }),
  ...(activity !== null && { activity }),
  ...(note !== null && { note: true }),
  ...(until !== null && { until: new Date(until).toISOString() }),
})
