import type { Policy } from './policy.ts'
import { type Claim, MANUAL, MANUAL_TIMED, NOTE_TIMED, type PresenceRecord, type Session } from './record.ts'
import {
  type Availability,
  CLAIM_CLASSES,
  type Instant,
  type Note,
  type Presence,
  type Source,
  type UserId,
} from './vocabulary.ts'

/** Which facts won at an instant, before it is decided who may see what. */
export interface Standing {
  readonly availability: Availability
  readonly source: Source
  readonly claim: Claim | null
  readonly noteClaim: Claim | null
  /** What the sessions alone say (R3). */
  readonly connected: Availability
  /** The user is explicitly offline: strangers may not tell it from being gone (R7). */
  readonly hidden: boolean
}

/** Both views of one user at one instant. They are the same object unless the user is hidden or has a standing claim. */
export interface Views {
  readonly own: Presence
  readonly stranger: Presence
}

/** The answer: facts, an instant and a policy in, what the user and what strangers see out (R1 to R7). */
export function resolve(userId: UserId, record: PresenceRecord, now: Instant, policy: Policy): Views {
  const standing = stand(record, now, policy)
  const memo = carryForward(record, now, policy)
  const open: Presence = {
    userId,
    availability: standing.availability,
    activity: standing.claim?.activity ?? null,
    note: noteOf(standing),
    since: memo.since,
    until: standing.claim?.until ?? null,
    source: standing.source,
    noteSource: standing.noteClaim?.class ?? null,
    manual: standing.source === 'manual',
    lastActiveAt: standing.hidden ? memo.lastActiveAt : record.lastActiveAt,
    nextChangeAt: earliest(standing.claim?.until ?? null, standing.noteClaim?.until ?? null),
    connected: standing.connected,
    standing: null,
    changedAt: memo.changedAt,
  }
  const chosen = record.claims.find((claim) => claim.key === MANUAL)?.availability ?? null
  if (!standing.hidden) return { own: chosen === null ? open : { ...open, standing: chosen }, stranger: open }
  return {
    own: { ...open, lastActiveAt: record.lastActiveAt, standing: chosen },
    stranger: {
      ...open,
      activity: null,
      until: null,
      source: 'none',
      manual: false,
      nextChangeAt: standing.noteClaim?.until ?? null,
      connected: 'offline',
    },
  }
}

/** Which claim, session or declaration wins at an instant. */
export function stand(record: PresenceRecord, now: Instant, policy: Policy): Standing {
  const seen = seenIn(record.sessions, now)
  const connected = policy.deactivated ? 'offline' : seen
  const at = { now, attended: seen !== 'offline', policy }
  const noteClaim = highest(record.claims, (claim) => claim.note !== null && counts(claim, at))
  const claim = highest(record.claims, (candidate) => candidate.availability !== null && counts(candidate, at))
  const hidden = claim?.class === 'manual' && claim.availability === 'offline'
  // Whoever was hidden is not seen by that.
  if (policy.deactivated) return { availability: 'offline', source: 'none', claim: null, noteClaim, connected, hidden }
  if (claim?.availability) {
    return { availability: claim.availability, source: claim.class, claim, noteClaim, connected, hidden }
  }
  if (connected !== 'offline')
    return { availability: connected, source: 'session', claim: null, noteClaim, connected, hidden: false }
  const declared = isDeclaredOnline(record, now, policy)
  const [availability, source] = declared ? (['online', 'declared'] as const) : (['offline', 'none'] as const)
  return { availability, source, claim: null, noteClaim, connected, hidden: false }
}

/** Whether a session still stands at an instant. */
export function lives(session: Session, now: Instant): boolean {
  return now < endOfSession(session)
}

/** Until when the user was, or is believed to be, seen in a session; Infinity while nothing ends it. */
export function endOfSession(session: Session): Instant {
  return session.seenUntil ?? session.leaseUntil ?? Number.POSITIVE_INFINITY
}

/** When a claim is over, by its end or because no heartbeat kept it; Infinity while nothing ends it. */
export function endOfClaim({ until, leaseUntil }: Claim): Instant {
  return Math.min(until ?? Number.POSITIVE_INFINITY, leaseUntil ?? Number.POSITIVE_INFINITY)
}

/** Whether an availability claim is hidden because its user is gone (R6). */
export function isDormant(claim: Claim, attended: boolean): boolean {
  return claim.fades && claim.attended && !attended && claim.availability !== 'offline'
}

/** Every instant after `from` at which time alone may change the answer, in no order. */
export function deadlinesAfter(record: PresenceRecord, from: Instant, policy: Policy): Instant[] {
  const instants: Instant[] = []
  eachDeadline(record, from, policy, (instant) => instants.push(instant))
  return instants
}

/** When the answer may next change by itself; null: never (D1). */
export function nextDeadline(record: PresenceRecord, now: Instant, policy: Policy): Instant | null {
  let next: Instant | null = null
  eachDeadline(record, now, policy, (instant) => {
    next = earliest(next, instant)
  })
  return next
}

function eachDeadline(record: PresenceRecord, from: Instant, policy: Policy, call: (instant: Instant) => void): void {
  const look = (instant: Instant): void => {
    if (instant > from && Number.isFinite(instant)) call(instant)
  }
  look(policy.since)
  for (const claim of record.claims) look(endOfClaim(claim))
  for (const session of record.sessions) look(endOfSession(session))
  if (record.declaredOnline !== null && policy.declaredOnlineMaxMs > 0)
    look(record.declaredOnline.at + policy.declaredOnlineMaxMs)
}

/** Whether two answers show a stranger anything different. Both must be strangers' views of the same user. */
export const looksSame = (one: Presence, other: Presence): boolean =>
  saysSame(one, other) &&
  one.noteSource === other.noteSource &&
  one.lastActiveAt === other.lastActiveAt &&
  one.connected === other.connected

/** Whether two answers say the same: of when somebody was last active, and of what only some dialects tell, nothing. */
export function saysSame(one: Presence, other: Presence): boolean {
  return (
    one.availability === other.availability &&
    one.activity === other.activity &&
    sameNote(one.note, other.note) &&
    one.until === other.until &&
    one.source === other.source &&
    one.manual === other.manual
  )
}

export function sameNote(one: Note | null, other: Note | null): boolean {
  if (one === null || other === null) return one === other
  return one.text === other.text && one.emoji === other.emoji && one.until === other.until
}

interface Moment {
  readonly now: Instant
  readonly attended: boolean
  readonly policy: Policy
}

/** Whether a claim says anything at this instant, to anybody (R1, R6, T2). */
function counts(claim: Claim, { now, attended, policy }: Moment): boolean {
  if (claim.dismissed || endOfClaim(claim) <= now) return false
  if (claim.availability === 'offline' && claim.class === 'manual' && !policy.invisibleAllowed) return false
  return claim.availability === null || !isDormant(claim, attended)
}

/** R1. An explicit manual offline that wins among the manual claims wins over every class. */
function highest(claims: readonly Claim[], takesPart: (claim: Claim) => boolean): Claim | null {
  let first: Claim | null = null
  let manual: Claim | null = null
  for (const claim of claims) {
    if (!takesPart(claim)) continue
    if (first === null || outranks(claim, first)) first = claim
    if (claim.class === 'manual' && (manual === null || outranks(claim, manual))) manual = claim
  }
  return manual?.availability === 'offline' ? manual : first
}

function outranks(one: Claim, other: Claim): boolean {
  const rank = CLAIM_CLASSES.indexOf(one.class)
  const otherRank = CLAIM_CLASSES.indexOf(other.class)
  if (rank !== otherRank) return rank < otherRank
  if (one.class === 'manual' && isTimed(one) !== isTimed(other)) return isTimed(one)
  return one.made > other.made
}

const isTimed = (claim: Claim): boolean => claim.key === MANUAL_TIMED || claim.key === NOTE_TIMED

function seenIn(sessions: readonly Session[], now: Instant): Availability {
  let seen: Availability = 'offline'
  for (const session of sessions) {
    if (!lives(session, now)) continue
    if (!session.idle) return 'online'
    seen = 'away'
  }
  return seen
}

/** R4 and T3, the latter also for sessions that only ran out of lease. Asked only while no session lives. */
function isDeclaredOnline(record: PresenceRecord, now: Instant, policy: Policy): boolean {
  if (record.declaredOnline === null) return false
  const { at } = record.declaredOnline
  if (policy.declaredOnlineMaxMs > 0 && now >= at + policy.declaredOnlineMaxMs) return false
  return !record.sessions.some((session) => endOfSession(session) >= at)
}

function noteOf({ noteClaim }: Standing): Note | null {
  return noteClaim?.note ? { ...noteClaim.note, until: noteClaim.until } : null
}

/** What the stranger's view owes to the past: the memo, carried through the deadlines that passed since it was written. */
function carryForward(record: PresenceRecord, now: Instant, policy: Policy): PresenceRecord['shown'] {
  let memo = record.shown
  const first = nextDeadline(record, memo.asOf, policy)
  if (first === null || first > now) return memo
  const passed = deadlinesAfter(record, memo.asOf, policy).filter((instant) => instant <= now)
  for (const instant of passed.sort((one, other) => one - other)) {
    const before = stand(record, instant - 1, policy)
    const after = stand(record, instant, policy)
    const sameAnswer = memo.availability === after.availability && memo.activity === activityForStrangers(after)
    const note = noteOf(after)
    if (sameAnswer && sameNote(memo.note, note) && (after.hidden ? sameNoteSource : sameStanding)(before, after)) continue
    memo = {
      ...memo,
      availability: after.availability,
      activity: activityForStrangers(after),
      note,
      since: sameAnswer ? memo.since : instant,
      changedAt: instant,
      lastActiveAt: after.hidden ? memo.lastActiveAt : record.lastActiveAt,
    }
  }
  return memo
}

const activityForStrangers = ({ hidden, claim }: Standing) => (hidden ? null : (claim?.activity ?? null))

/** All that strangers see of a hidden user's facts, beside the note itself. */
const sameNoteSource = (one: Standing, other: Standing): boolean => one.noteClaim?.class === other.noteClaim?.class

const sameStanding = (one: Standing, other: Standing): boolean =>
  one.claim === other.claim &&
  one.noteClaim === other.noteClaim &&
  one.source === other.source &&
  one.connected === other.connected &&
  one.hidden === other.hidden

function earliest(one: Instant | null, other: Instant | null): Instant | null {
  return one === null ? other : other === null ? one : Math.min(one, other)
}
