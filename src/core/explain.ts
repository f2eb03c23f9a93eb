import type { Policy } from './policy.ts'
import type { Claim, PresenceRecord, Session } from './record.ts'
import { deadlinesAfter, endOfClaim, endOfSession, isDormant, lives, looksSame, resolve, stand } from './resolve.ts'
import { type Case, named, sentenceOf, tongueOf } from './sentence.ts'
import type { ExplainedFact, Explanation, Speech } from './service.ts'
import type { Tongue } from './tongues.ts'
import type { Instant, Presence, UserId } from './vocabulary.ts'

/** What a fact comes to: its part in the answer, the rule that gave it that part, and to which other fact it lost. */
type Verdict = Pick<ExplainedFact, 'role' | 'rule' | 'lostTo'>

/** Why a user is shown as they are, what lost and to what, and what comes next. Everything is told: the own view. */
export function explain(userId: UserId, record: PresenceRecord, now: Instant, policy: Policy, speech: Speech = {}): Explanation {
  const presence = resolve(userId, record, now, policy).own
  const known: Case = { record, now, policy, standing: stand(record, now, policy) }
  const tongue = tongueOf(speech)
  const facts = [
    ...record.claims.map((claim) => explainClaim(claim, known, tongue)),
    ...record.sessions.map((session) => explainSession(session, known, tongue)),
    ...explainDeclaration(known, tongue),
  ]
  const sentence = sentenceOf(presence, known, speech)
  return { presence, sentence, language: speech.language ?? 'en', facts, next: nextOf(presence, known) }
}

/** The first instant at which time alone changes anything of what the user sees of themselves. */
function nextOf(presence: Presence, { record, now, policy }: Case): Explanation['next'] {
  for (const at of deadlinesAfter(record, now, policy).sort((one, other) => one - other)) {
    const next = resolve(presence.userId, record, at, policy).own
    if (!looksSame(presence, next) || presence.standing !== next.standing) return { at, presence: next }
  }
  return null
}

function explainClaim(claim: Claim, known: Case, tongue: Tongue): ExplainedFact {
  const { key: id, since, via, by } = claim
  const end = endOfClaim(claim)
  const until = Number.isFinite(end) ? end : null
  const ageMs = Math.max(0, known.now - since)
  return { kind: 'claim', id, says: wordsOf(claim, tongue), since, ageMs, until, via, by, ...verdictOnClaim(claim, known) }
}

function verdictOnClaim(claim: Claim, { record, now, policy, standing }: Case): Verdict {
  const [winner, noteWinner] = [standing.claim, standing.noteClaim]
  if (claim === winner)
    return {
      role: claim === noteWinner ? 'both' : 'availability',
      rule: standing.hidden ? 'R7' : 'R1',
      lostTo: null,
    }
  if (claim === noteWinner) return { role: 'note', rule: 'R5', lostTo: null }
  if (endOfClaim(claim) <= now) return lost(claim.until !== null && claim.until <= now ? 'T6' : 'T12')
  if (claim.dismissed) return lost('T2', record.declaredOnline === null ? null : 'declared')
  if (
    isDormant(
      claim,
      record.sessions.some((session) => lives(session, now)),
    )
  )
    return lost('R6')
  if (policy.deactivated && claim.availability !== null) return lost('R8')
  if (claim.class === 'manual' && claim.availability === 'offline' && !policy.invisibleAllowed) return lost('R7')
  if (claim.availability !== null && winner !== null) return lost('R1', winner.key)
  return lost('R5', noteWinner?.key ?? null)
}

function explainSession(session: Session, known: Case, tongue: Tongue): ExplainedFact {
  const { id, openedAt: since, app, platform, idle } = session
  const end = endOfSession(session)
  const until = Number.isFinite(end) ? end : null
  const says = tongue.session(idle, app, platform)
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

function explainDeclaration(known: Case, tongue: Tongue): ExplainedFact[] {
  const { record, now, policy } = known
  if (record.declaredOnline === null) return []
  const { at: since } = record.declaredOnline
  const until = policy.declaredOnlineMaxMs > 0 ? since + policy.declaredOnlineMaxMs : null
  const ageMs = Math.max(0, now - since)
  const verdict = verdictOnDeclaration(known, until)
  const says = tongue.availability.online
  return [{ kind: 'declared', id: 'declared', says, since, ageMs, until, via: null, by: null, ...verdict }]
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

function wordsOf({ availability, activity, note, leaseMs }: Claim, tongue: Tongue): string {
  const words = note === null ? null : [note.emoji && `:${note.emoji}:`, note.text].filter((word) => word !== '').join(' ')
  const shown = availability === null ? null : named({ availability, activity }, tongue)
  const kept = leaseMs === null ? null : tongue.keptByHeartbeats
  return [shown, words === null ? null : tongue.note(words), kept].filter((part) => part !== null).join(', ')
}
