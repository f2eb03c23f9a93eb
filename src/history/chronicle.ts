import type { SettingsView } from '../core/accounts.ts'
import type { Chronicle, Step } from '../core/history.ts'
import type { Append } from '../core/ports.ts'
import type { Claim } from '../core/record.ts'
import type { UserId } from '../core/vocabulary.ts'
import { audit } from './audit.ts'
import { chapterAppend } from './chapters.ts'
import { saidBy } from './said.ts'

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

function audited(userId: UserId, step: Step): readonly Append[] {
  const said = saidBy(step)
  if (said === null) return NOTHING
  const { deed, after } = step
  const details = {
    via: deed.via,
    ...(said.online && { online: true }),
    ...(said.set.length > 0 && { set: said.set.map(inWords) }),
    ...(said.withdrawn.length > 0 && { withdrawn: said.withdrawn }),
  }
  return audit({ kind: 'presence.set', by: deed.by, userId, details }, after.shown.asOf)
}

/** A note's words are its user's own, and not told here. */
const inWords = ({ key, availability, activity, note, until }: Claim) => ({
  key,
  ...(availability !== null && { availability }),
  ...(activity !== null && { activity }),
  ...(note !== null && { note: true }),
  ...(until !== null && { until: new Date(until).toISOString() }),
})
