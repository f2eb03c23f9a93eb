import type { Policy } from './policy.ts'
import type { Claim, PresenceRecord, Session } from './record.ts'
import { endOfSession, isDormant, lives, nextDeadline, resolve, type Standing, stand } from './resolve.ts'
import type { ExplainedFact, Explanation } from './service.ts'
import type { Instant, Presence, UserId } from './vocabulary.ts'

/** The instant and everything that decided at it. */
interface Case {
  readonly record: PresenceRecord
  readonly now: Instant
  readonly policy: Policy
  readonly standing: Standing
}

/** What a fact comes to: its part in the answer, the rule that gave it that part, and to which other fact it lost. */
type Verdict = Pick<ExplainedFact, 'role' | 'rule' | 'lostTo'>

/** Why a user is shown as they are, what lost and to what, and what comes next. Everything is told: the own view. */
export function explain(userId: UserId, record: PresenceRecord, now: Instant, policy: Policy): Explanation {
  const presence = resolve(userId, record, now, policy).own
  const at = nextDeadline(record, now, policy)
  const next = at === null ? null : { at, presence: resolve(userId, record, at, policy).own }
  const known: Case = { record, now, policy, standing: stand(record, now, policy) }
  const facts = [
    ...record.claims.map((claim) => explainClaim(claim, known)),
    ...record.sessions.map((session) => explainSession(session, known)),
    ...explainDeclaration(known),
  ]
  return { presence, sentence: sentenceOf(presence, next, known), facts, next }
}

function explainClaim(claim: Claim, known: Case): ExplainedFact {
  const { key: id, since, until, via, by } = claim
  const ageMs = Math.max(0, known.now - since)
  return { kind: 'claim', id, says: wordsOf(claim), since, ageMs, until, via, by, ...verdictOnClaim(claim, known) }
}

function verdictOnClaim(claim: Claim, { record, now, policy, standing }: Case): Verdict {
  const [winner, noteWinner] = [standing.claim, standing.noteClaim]
  if (claim === winner)
    return {
      role: claim === noteWinner ? 'both' : 'availability',
      rule: claim.availability === 'offline' ? 'R7' : 'R1',
      lostTo: null,
    }
  if (claim === noteWinner) return { role: 'note', rule: 'R5', lostTo: null }
  if (claim.until !== null && claim.until <= now) return lost('T6')
  if (claim.dismissed) return lost('T2', 'declared')
  if (
    isDormant(
      claim,
      record.sessions.some((session) => lives(session, now)),
    )
  )
    return lost('R6')
  if (policy.deactivated && claim.availability !== null) return lost('R8')
  if (claim.availability !== null && winner !== null) return lost('R1', winner.key)
  if (claim.availability === 'offline') return lost('R7')
  return lost('R5', noteWinner?.key ?? null)
}

function explainSession(session: Session, known: Case): ExplainedFact {
  const { id, openedAt: since, app, platform, idle } = session
  const end = endOfSession(session)
  const until = Number.isFinite(end) ? end : null
  const says = `${idle ? 'idle' : 'active'} in ${app} on ${platform}`
  const ageMs = Math.max(0, known.now - since)
  return { kind: 'session', id, says, since, ageMs, until, via: null, by: null, ...verdictOnSession(session, known) }
}

function verdictOnSession(session: Session, { record, now, standing, policy }: Case): Verdict {
  if (!lives(session, now)) return lost('R3')
  if (policy.deactivated) return lost('R8')
  if (standing.claim !== null) return lost('R2', standing.claim.key)
  const active = record.sessions.find((other) => !other.idle && lives(other, now))
  return session.idle && active !== undefined ? lost('R3', active.id) : { role: 'availability', rule: 'R3', lostTo: null }
}

function explainDeclaration(known: Case): ExplainedFact[] {
  const { record, now, policy } = known
  if (record.declaredOnline === null) return []
  const { at: since } = record.declaredOnline
  const until = policy.declaredOnlineMaxMs > 0 ? since + policy.declaredOnlineMaxMs : null
  const ageMs = Math.max(0, now - since)
  const verdict = verdictOnDeclaration(known, until)
  return [{ kind: 'declared', id: 'declared', says: 'online', since, ageMs, until, via: null, by: null, ...verdict }]
}

function verdictOnDeclaration({ record, now, policy, standing }: Case, until: Instant | null): Verdict {
  if (standing.source === 'declared') return { role: 'availability', rule: 'R4', lostTo: null }
  if (policy.deactivated) return lost('R8')
  if (standing.claim !== null) return lost('R2', standing.claim.key)
  const live = record.sessions.find((session) => lives(session, now))
  if (live !== undefined) return lost('R3', live.id)
  return until !== null && until <= now ? lost('R4') : lost('T3')
}

const lost = (rule: string, lostTo: string | null = null): Verdict => ({ role: 'lost', rule, lostTo })

/** One plain sentence, such as "Shown busy since 14:02 because anna set it through web, until 15:00; then away, idle for 12 min." */
function sentenceOf(presence: Presence, next: Explanation['next'], known: Case): string {
  const since = `since ${clock(presence.since, known.now)}`
  const end = presence.until === null ? '' : `, until ${clock(presence.until, known.now)}`
  return `Shown ${named(presence)} ${since} ${reasonOf(known)}${end}${sequel(presence, next, known.now)}.`
}

function reasonOf({ standing: { claim, source, connected }, policy }: Case): string {
  if (policy.deactivated) return 'because the user is deactivated'
  if (claim?.class === 'manual') return `because ${claim.by} set it through ${claim.via}`
  if (claim !== null) return `because ${claim.by} claimed it as ${claim.key} through ${claim.via}`
  if (source === 'session') return connected === 'away' ? 'because every session is idle' : 'because a session is active'
  if (source === 'declared') return 'because online was declared'
  return 'because nothing says otherwise'
}

function sequel(presence: Presence, next: Explanation['next'], now: Instant): string {
  if (next === null || named(next.presence) === named(presence)) return ''
  const when = next.at === presence.until ? 'then' : `from ${clock(next.at, now)}`
  const idles = next.presence.source === 'session' && next.presence.availability === 'away' && presence.lastActiveAt !== null
  const idle = idles ? `, idle for ${Math.floor((now - (presence.lastActiveAt ?? now)) / 60_000)} min` : ''
  return `; ${when} ${named(next.presence)}${idle}`
}

const named = ({ availability, activity }: Pick<Presence, 'availability' | 'activity'>): string =>
  activity === null ? availability : `${availability} (${activity.replaceAll('_', ' ')})`

function wordsOf({ availability, activity, note }: Claim): string {
  const words = note === null ? null : [note.emoji && `:${note.emoji}:`, note.text].filter((word) => word !== '').join(' ')
  const shown = availability === null ? null : named({ availability, activity })
  return [shown, words === null ? null : `note "${words}"`].filter((part) => part !== null).join(', ')
}

/** UTC, to the minute; with its date when that is another day than `now`. */
function clock(instant: Instant, now: Instant): string {
  const text = toText(instant)
  return text.slice(0, 10) === toText(now).slice(0, 10) ? text.slice(11, 16) : `${text.slice(0, 10)} ${text.slice(11, 16)}`
}

/** An end may lie further ahead than a date can say. */
const toText = (instant: Instant): string => new Date(Math.min(instant, 8.64e15)).toISOString().replace(/^\+0*/, '')
