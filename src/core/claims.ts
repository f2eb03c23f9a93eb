import type { Policy } from './policy.ts'
import { type Claim, MANUAL, MANUAL_TIMED, NOTE, NOTE_TIMED, type PresenceRecord } from './record.ts'
import { isDormant, lives, stand } from './resolve.ts'
import type { Deed, PresenceEvent } from './transition.ts'
import { CLAIM_CLASSES, type ClaimClass, type Instant } from './vocabulary.ts'

type EventOf<Type extends PresenceEvent['type']> = Extract<PresenceEvent, { type: Type }>

/** T1. A standing availability replaces both, a timed one only the timed one. */
export function setAvailability(
  record: PresenceRecord,
  event: EventOf<'availability_set'>,
  deed: Deed,
  now: Instant,
): PresenceRecord {
  const key = event.until === null ? MANUAL : MANUAL_TIMED
  const claim = newClaim(record, key, 'manual', deed, now, {
    availability: event.availability,
    activity: event.activity,
    until: event.until,
    fades: event.fades,
  })
  return withStated(record, claim, MANUAL_TIMED)
}

/** T2. What the user chose goes, what applications say is set aside until they renew it. */
export function declareOnline(record: PresenceRecord, deed: Deed, now: Instant): PresenceRecord {
  const claims = record.claims
    .filter((claim) => !isManualAvailability(claim))
    .map((claim) => (isBelowManual(claim) && claim.availability !== null ? { ...claim, dismissed: true } : claim))
  const sessions = deed.self
    ? record.sessions.map((session) => (session.idle && lives(session, now) ? { ...session, idle: false } : session))
    : record.sessions
  return { ...record, claims, sessions, declaredOnline: { at: now } }
}

/** T4. Notes work like T1. */
export function setNote(record: PresenceRecord, event: EventOf<'note_set'>, deed: Deed, now: Instant): PresenceRecord {
  const key = event.until === null ? NOTE : NOTE_TIMED
  const claim = newClaim(record, key, 'manual', deed, now, { note: event.words, until: event.until })
  return withStated(record, claim, NOTE_TIMED)
}

/** Both notes go; where a door is named, only when the note that stands came through it. */
export function withdrawNote(record: PresenceRecord, via: string | null, now: Instant, policy: Policy): PresenceRecord {
  if (via !== null) {
    const { noteClaim } = stand(record, now, policy)
    if (noteClaim === null || noteClaim.via !== via) return record
  }
  return withoutClaims(record, (claim) => claim.key === NOTE || claim.key === NOTE_TIMED)
}

/** A renewed claim is a new one; a heartbeat, a later end or an identical statement only touches the old (T2). */
export function setClaim(record: PresenceRecord, event: EventOf<'claim_set'>, deed: Deed, now: Instant): PresenceRecord {
  const lease = event.leaseMs === null ? {} : { leaseUntil: now + event.leaseMs }
  const claim = { ...newClaim(record, event.key, event.class, deed, event.since ?? now, event), ...lease }
  const old = record.claims.find((candidate) => candidate.key === event.key)
  if (old === undefined) return { ...record, claims: [...record.claims, claim] }
  const renewed =
    old.availability !== claim.availability ||
    old.activity !== claim.activity ||
    (event.since !== null && event.since !== old.since)
  if (!renewed && saysTheSame(old, claim) && old.leaseMs === claim.leaseMs) return keepClaim(record, event.key, now)
  const { since, made, attended, dismissed } = renewed ? claim : old
  const kept = { ...claim, since, made, attended, dismissed }
  return { ...record, claims: record.claims.map((other) => (other === old ? kept : other)) }
}

/** A heartbeat moves the lease, once less than half of it remains. A claim without a lease stays as it is. */
export function keepClaim(record: PresenceRecord, key: string, now: Instant): PresenceRecord {
  const claim = record.claims.find((candidate) => candidate.key === key)
  if (claim?.leaseMs == null || endOfLease(claim) - now >= claim.leaseMs / 2) return record
  const kept = { ...claim, leaseUntil: now + claim.leaseMs }
  return { ...record, claims: record.claims.map((other) => (other === claim ? kept : other)) }
}

const endOfLease = ({ leaseUntil }: Claim): Instant => leaseUntil ?? Number.NEGATIVE_INFINITY

/** The record without the claims that go; the same object when none does. */
export function withoutClaims(record: PresenceRecord, goes: (claim: Claim) => boolean): PresenceRecord {
  return record.claims.some(goes) ? { ...record, claims: record.claims.filter((claim) => !goes(claim)) } : record
}

/** One of the two keys of T1. */
export const isManualAvailability = (claim: Claim): boolean => claim.key === MANUAL || claim.key === MANUAL_TIMED

/** A standing claim replaces both of its kind, a timed one only the timed one; the identical statement replaces nothing (T5). */
function withStated(record: PresenceRecord, claim: Claim, timedKey: string): PresenceRecord {
  const replaced = record.claims.filter((old) => old.key === timedKey || old.key === claim.key)
  if (replaced.length === 1 && replaced[0]?.key === claim.key && saysTheSame(replaced[0], claim)) return record
  return { ...record, claims: [...record.claims.filter((old) => !replaced.includes(old)), claim] }
}

function newClaim(
  record: PresenceRecord,
  key: string,
  claimClass: ClaimClass,
  { via, by }: Deed,
  since: Instant,
  says: Partial<Pick<Claim, 'availability' | 'activity' | 'note' | 'until' | 'fades' | 'leaseMs'>>,
): Claim {
  const { availability = null, activity = null, note = null, until = null, fades = false, leaseMs = null } = says
  const attended = record.sessions.some((session) => session.seenUntil === null)
  const made = record.revision + 1
  return {
    key,
    class: claimClass,
    availability,
    activity,
    note,
    since,
    until,
    via,
    by,
    made,
    fades,
    attended,
    dismissed: false,
    leaseMs,
  }
}

/** Two claims under one key that say the same in the same way; who said it first stays its author. A dormant one is silent. */
function saysTheSame(one: Claim, other: Claim): boolean {
  return (
    !isDormant(one, other.attended) &&
    one.availability === other.availability &&
    one.activity === other.activity &&
    one.until === other.until &&
    one.fades === other.fades &&
    one.note?.text === other.note?.text &&
    one.note?.emoji === other.note?.emoji
  )
}

const isBelowManual = (claim: Claim): boolean => CLAIM_CLASSES.indexOf(claim.class) > CLAIM_CLASSES.indexOf('manual')
