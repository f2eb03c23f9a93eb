import type { Settings } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import type { Subjects } from '../core/ports.ts'
import type { Principal, Scope } from '../core/principal.ts'
import { classOfKey, type PresenceRecord } from '../core/record.ts'
import type { ChangeOptions } from '../core/service.ts'
import type { PresenceEvent } from '../core/transition.ts'
import type { Instant, NoteWords, UserId } from '../core/vocabulary.ts'

/** Characters of a note's text. */
export const NOTE_TEXT_MAX = 1_024
/** Characters of an emoji's name. */
export const EMOJI_NAME_MAX = 64
/** Characters of a claim's key and of a session's id, app and platform. */
export const NAME_MAX = 128
/** Shortest and longest time for which a claim is believed without a heartbeat, in ms. */
export const LEASE_MS_MIN = 1_000
export const LEASE_MS_MAX = 86_400_000
export const CLAIMS_MAX = 64
export const SESSIONS_MAX = 64

/**
 * Who may say what about whom, in this order: scope, reach, permission, that the user exists, that they are no
 * administrator out of reach. Answers the user's slot. Throws Failure `forbidden`, `not_found`.
 */
export function admit(principal: Principal, userId: UserId, events: readonly PresenceEvent[], subjects: Subjects): number {
  const own = principal.userId === userId
  const needed = events.map((event) => scopeFor(event, own))
  for (const scope of needed)
    if (!principal.scopes.has(scope))
      throw new Failure('forbidden', `The token lacks the scope ${scope}.`, { reason: 'scope_missing' })
  if (principal.reach !== null && !principal.reach.has(userId))
    throw new Failure('forbidden', 'The token may not touch this user.', { reason: 'scope_missing' })
  const slot = subjects.slotOf(userId)
  if (own) return found(slot)
  const application = principal.by !== principal.userId && !needed.includes('presence:write-others')
  if (!application && !principal.permissions.has('set-others-presence')) throw notPermitted("set others' presence")
  if (subjects.isAdministrator(found(slot)) && !principal.administrator) throw notPermitted("set an administrator's presence")
  return slot
}

/** Whose own view the principal has; null: nobody's. A token that only reads, and only users who were named, stands in a page. */
export function selfOf({ userId, reach, scopes }: Principal): UserId | null {
  return reach !== null && !scopes.has('presence:write-own') ? null : userId
}

/** Whether everything that is known of a user may be told: it says who hides, so a token that only reads does not do for others. */
export function mayExplain(principal: Principal, userId: UserId): boolean {
  const self = selfOf(principal)
  return self === userId || (self !== null && principal.permissions.has('read-explain') && principal.scopes.has('admin'))
}

/** The slot of a user who exists. Throws Failure `not_found`. */
export function found(slot: number): number {
  if (slot < 0) throw new Failure('not_found', 'There is no such user.', { reason: 'no_such_user' })
  return slot
}

export function notPermitted(what: string): Failure {
  return new Failure('forbidden', `You may not ${what}.`, { reason: 'permission_missing' })
}

/** What settings, time and limits say of each event. Throws Failure `forbidden`, `invalid`. */
export function inspect(
  events: readonly PresenceEvent[],
  settings: Settings,
  now: Instant,
  { lapsedEndAccepted }: ChangeOptions,
): void {
  for (const event of events) {
    const saysNote = event.type === 'note_set' || (event.type === 'claim_set' && event.note !== null)
    if (saysNote && !settings.notesAllowed)
      throw new Failure('forbidden', 'Notes are not allowed here.', { reason: 'notes_not_allowed' })
    if (event.type === 'availability_set' && event.availability === 'offline' && !settings.invisibleAllowed)
      throw new Failure('invalid', 'Appearing offline is not allowed here.', {
        reason: 'invisible_not_allowed',
        field: 'availability',
      })
    if ('until' in event) inspectEnd(event.until, now, lapsedEndAccepted === true)
    inspectLengths(event)
    if (event.type === 'claim_set' && event.leaseMs !== null) inspectLease(event.leaseMs)
  }
}

/** Throws Failure `invalid` when one user's facts grew beyond what is kept of anyone. */
export function inspectGrowth(before: PresenceRecord, after: PresenceRecord): void {
  if (after.claims.length > Math.max(CLAIMS_MAX, before.claims.length))
    throw new Failure('invalid', `A user has at most ${CLAIMS_MAX} claims.`, { field: 'claims' })
  if (after.sessions.length > Math.max(SESSIONS_MAX, before.sessions.length))
    throw new Failure('invalid', `A user has at most ${SESSIONS_MAX} sessions.`, { field: 'sessions' })
}

function scopeFor(event: PresenceEvent, own: boolean): Scope {
  if (event.type === 'claim_set' && classOfKey(event.key) === event.class) return `claims:${event.class}`
  if (event.type === 'claim_set' || event.type === 'claim_withdrawn' || event.type === 'claim_kept') {
    const claimClass = classOfKey(event.key)
    if (claimClass === null || event.type === 'claim_set') throw malformed('A claim key is a class, a colon and an id.', 'key')
    return `claims:${claimClass}`
  }
  if (event.type.startsWith('session_')) return 'sessions'
  return own ? 'presence:write-own' : 'presence:write-others'
}

function inspectEnd(until: Instant | null, now: Instant, lapsedEndAccepted: boolean): void {
  if (until === null) return
  if (!Number.isSafeInteger(until)) throw malformed('The end is not a time.', 'until')
  if (until <= now && !lapsedEndAccepted)
    throw new Failure('invalid', 'The end lies in the past.', { reason: 'end_in_past', field: 'until' })
}

function inspectLease(leaseMs: number): void {
  if (Number.isSafeInteger(leaseMs) && leaseMs >= LEASE_MS_MIN && leaseMs <= LEASE_MS_MAX) return
  throw malformed(`A lease is ${LEASE_MS_MIN} to ${LEASE_MS_MAX} ms long.`, 'leaseMs')
}

function inspectLengths(event: PresenceEvent): void {
  if (event.type === 'note_set') inspectWords(event.words)
  if (event.type === 'claim_set' && event.note !== null) inspectWords(event.note)
  if ('key' in event) inspectName(event.key, 'key')
  if (event.type !== 'session_opened') return
  for (const name of ['id', 'app', 'platform'] as const) inspectName(event.session[name], name)
}

function inspectWords({ text, emoji }: NoteWords): void {
  if (!text.isWellFormed()) throw malformed('"text" has half of a surrogate pair, which no text may have.', 'text')
  if (text.length > NOTE_TEXT_MAX) throw tooLong('A note', NOTE_TEXT_MAX, 'text')
  if (emoji.length > EMOJI_NAME_MAX) throw tooLong("An emoji's name", EMOJI_NAME_MAX, 'emoji')
}

/** Throws Failure `invalid` for a name that is too long. */
export function inspectNames(names: Readonly<Record<string, string>>): void {
  for (const [field, name] of Object.entries(names)) inspectName(name, field)
}

function inspectName(name: string, field: string): void {
  if (!name.isWellFormed()) throw malformed(`${field} has half of a surrogate pair, which no text may have.`, field)
  if (name.length > NAME_MAX) throw malformed(`${field} has at most ${NAME_MAX} characters.`, field)
}

const tooLong = (what: string, max: number, field: string): Failure =>
  new Failure('invalid', `${what} has at most ${max} characters.`, { reason: 'note_too_long', field })

const malformed = (message: string, field: string): Failure => new Failure('invalid', message, { reason: 'malformed', field })
