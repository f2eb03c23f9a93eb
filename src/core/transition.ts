import {
  declareOnline,
  isManualAvailability,
  keepClaim,
  setAvailability,
  setClaim,
  setNote,
  withdrawNote,
  withoutClaims,
} from './claims.ts'
import type { Policy } from './policy.ts'
import type { PresenceRecord, Session, SessionOwner } from './record.ts'
import { endOfClaim, endOfSession, lives, looksSame, resolve, stand } from './resolve.ts'
import type { Activity, Availability, ClaimClass, Instant, NoteWords, Presence } from './vocabulary.ts'

/** Whose deed it is. */
export interface Deed {
  /** The door it comes through. */
  readonly via: string
  /** The user or application who does it. */
  readonly by: string
  /** The user does it to themselves: that is activity. */
  readonly self: boolean
}

/** Everything that can happen to one user's facts. */
export type PresenceEvent =
  | {
      readonly type: 'availability_set'
      readonly availability: Availability
      readonly activity: Activity | null
      readonly until: Instant | null
      readonly fades: boolean
      readonly alike: Alike
    }
  | { readonly type: 'online_declared'; readonly alike: Alike }
  | { readonly type: 'availability_withdrawn'; readonly alike: Alike }
  | { readonly type: 'note_set'; readonly words: NoteWords; readonly until: Instant | null; readonly alike: Alike }
  /** `via`: only a note that was written through that door. */
  | { readonly type: 'note_withdrawn'; readonly via: string | null; readonly alike?: Alike }
  | {
      readonly type: 'claim_set'
      readonly key: string
      readonly class: ClaimClass
      readonly availability: Availability | null
      readonly activity: Activity | null
      readonly note: NoteWords | null
      /** When what it says began; null: now. */
      readonly since: Instant | null
      readonly until: Instant | null
      readonly leaseMs: number | null
    }
  | { readonly type: 'claim_withdrawn'; readonly key: string }
  /** A heartbeat of a claim with a lease. */
  | { readonly type: 'claim_kept'; readonly key: string }
  | { readonly type: 'session_opened'; readonly session: NewSession }
  | {
      readonly type: 'session_adopted'
      readonly sessionId: string
      readonly owner: SessionOwner | null
      readonly leaseUntil: Instant | null
    }
  | { readonly type: 'session_idled'; readonly sessionId: string; readonly lastInputAt: Instant }
  | { readonly type: 'session_resumed'; readonly sessionId: string }
  | { readonly type: 'session_renewed'; readonly sessionId: string; readonly leaseUntil: Instant }
  | { readonly type: 'session_closed'; readonly sessionId: string; readonly seenUntil: Instant }

export type NewSession = Omit<Session, 'openedAt' | 'seenUntil'>

/**
 * How the door judges whether the word it was given is the word it shows for a presence now (E1). A write that names no
 * end and says what the door shows already, for a claim made through another door, changes nothing. Null: never judged.
 */
export type Alike = ((shown: Presence) => boolean) | null

/** One step: the facts after an event. "Nothing changed" is the same object (T5). */
export function transition(
  record: PresenceRecord,
  event: PresenceEvent,
  deed: Deed,
  now: Instant,
  policy: Policy,
): PresenceRecord {
  const settled = settleEnded(record, now)
  const facts = apply(settled, event, deed, now, policy)
  if (facts === settled) return record
  const lastActiveAt = deed.self && IS_OWN_STATUS.has(event.type) ? now : facts.lastActiveAt
  return memorize(record, { ...facts, lastActiveAt }, now, policy)
}

/** Events by which people set their own status, which is activity. */
const IS_OWN_STATUS: ReadonlySet<PresenceEvent['type']> = new Set([
  'availability_set',
  'online_declared',
  'availability_withdrawn',
  'note_set',
  'note_withdrawn',
])

/** Several events of one request, each echo judged against what stood before the first. */
export function transitionAll(
  record: PresenceRecord,
  events: readonly PresenceEvent[],
  deed: Deed,
  now: Instant,
  policy: Policy,
): PresenceRecord {
  const binding = events.filter((event) => !isEcho(record, event, deed, now, policy))
  return binding.reduce((facts, event) => transition(facts, event, deed, now, policy), record)
}

function apply(record: PresenceRecord, event: PresenceEvent, deed: Deed, now: Instant, policy: Policy): PresenceRecord {
  switch (event.type) {
    case 'availability_set':
      return setAvailability(record, event, deed, now)
    case 'online_declared':
      return declareOnline(record, deed, now)
    case 'availability_withdrawn':
      return withoutClaims(record, isManualAvailability)
    case 'note_set':
      return setNote(record, event, deed, now)
    case 'note_withdrawn':
      return withdrawNote(record, event.via, now, policy)
    case 'claim_set':
      return setClaim(record, event, deed, now)
    case 'claim_withdrawn':
      return withoutClaims(record, (claim) => claim.key === event.key)
    case 'claim_kept':
      return keepClaim(record, event.key, now)
    case 'session_opened':
      return openSession(record, event.session, now)
    case 'session_adopted':
      return changeSession(record, event.sessionId, { owner: event.owner, leaseUntil: event.leaseUntil })
    case 'session_idled':
      return active(changeSession(record, event.sessionId, { idle: true }), record, Math.min(event.lastInputAt, now))
    case 'session_resumed':
      return active(changeSession(record, event.sessionId, { idle: false }), record, now)
    case 'session_renewed':
      return changeSession(record, event.sessionId, { leaseUntil: event.leaseUntil })
    case 'session_closed':
      return closeSession(record, event.sessionId, event.seenUntil, now)
  }
}

/** Whether a write only says back what its door shows (E1). Judged on the user's own view, so that a hidden user stays hidden. */
function isEcho(record: PresenceRecord, event: PresenceEvent, deed: Deed, now: Instant, policy: Policy): boolean {
  if (!('alike' in event) || !event.alike || ('until' in event && event.until !== null)) return false
  const standing = stand(record, now, policy)
  const saysNote = event.type === 'note_set' || event.type === 'note_withdrawn'
  const shown = saysNote ? standing.noteClaim : standing.claim
  return shown !== null && shown.via !== deed.via && event.alike(resolve('', record, now, policy).own)
}

function openSession(record: PresenceRecord, session: NewSession, now: Instant): PresenceRecord {
  const opened: Session = { ...session, openedAt: now, seenUntil: null }
  const claims = record.claims.map((claim) => (claim.fades && !claim.attended ? { ...claim, attended: true } : claim))
  // Joined it takes no more room than it needs, for everybody who is there.
  const sessions = record.sessions.filter((other) => other.id !== session.id).concat(opened)
  return { ...record, claims, sessions, lastActiveAt: session.idle ? record.lastActiveAt : now }
}

function closeSession(record: PresenceRecord, sessionId: string, seenUntil: Instant, now: Instant): PresenceRecord {
  const seen = Math.min(seenUntil, now)
  const closed = changeSession(record, sessionId, { seenUntil: seen })
  return closed === record ? record : settleEnded(active(closed, record, seen), now, sessionId)
}

function changeSession(record: PresenceRecord, sessionId: string, change: Partial<Session>): PresenceRecord {
  const session = record.sessions.find((candidate) => candidate.id === sessionId)
  if (session === undefined || session.seenUntil !== null) return record
  const names = Object.keys(change) as (keyof Session)[]
  if (names.every((name) => sameValue(session[name], change[name]))) return record
  const sessions = record.sessions.map((other) => (other === session ? { ...session, ...change } : other))
  return { ...record, sessions }
}

/** Ended facts leave with the next write; an ended last session takes a declaration with it that it outlived (T3). */
function settleEnded(record: PresenceRecord, now: Instant, except?: string): PresenceRecord {
  const claims = record.claims.filter((claim) => endOfClaim(claim) > now)
  const sessions = record.sessions.filter((session) => session.id === except || lives(session, now))
  const at = record.declaredOnline?.at ?? Number.POSITIVE_INFINITY
  const outlived =
    !sessions.some((session) => lives(session, now)) && record.sessions.some((session) => endOfSession(session) >= at)
  const same = claims.length === record.claims.length && sessions.length === record.sessions.length && !outlived
  return same ? record : { ...record, claims, sessions, declaredOnline: outlived ? null : record.declaredOnline }
}

/** The memo of what strangers see from this write on, and whether the write is told. */
function memorize(before: PresenceRecord, facts: PresenceRecord, now: Instant, policy: Policy): PresenceRecord {
  const revision = before.revision + 1
  const was = resolve('', before, now, policy).stranger
  const hidden = stand(facts, now, policy).hidden
  const memo = {
    ...before.shown,
    asOf: now,
    lastActiveAt: hidden ? was.lastActiveAt : facts.lastActiveAt,
    since: was.since,
    changedAt: was.changedAt,
  }
  const is = resolve('', { ...facts, revision, shown: memo }, now, policy).stranger
  const { availability, activity, note, lastActiveAt } = is
  const told = !looksSame(was, is)
  const since = availability === was.availability && activity === was.activity ? was.since : now
  const lapsed = !told && (before.shown.lapsed === true || was.changedAt !== before.shown.changedAt)
  const shown = {
    availability,
    activity,
    note,
    lastActiveAt,
    since,
    asOf: now,
    changedAt: told ? now : was.changedAt,
    told: told ? null : before.shown.told,
    ...(lapsed && { lapsed }),
  }
  return { ...facts, revision, shown }
}

/** Activity never moves back, and is noted only with a change. */
function active(changed: PresenceRecord, before: PresenceRecord, at: Instant): PresenceRecord {
  if (changed === before) return before
  return { ...changed, lastActiveAt: Math.max(at, changed.lastActiveAt ?? 0) }
}

const sameValue = (one: unknown, other: unknown): boolean => one === other || JSON.stringify(one) === JSON.stringify(other)
