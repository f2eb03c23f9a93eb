import type { Static } from 'typebox'
import type { NewUser, People, TokenDescription, User, UserChange } from '../../core/accounts.ts'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import { classOfKey } from '../../core/record.ts'
import type { Explanation, StatedClaim } from '../../core/service.ts'
import type { PresenceEvent } from '../../core/transition.ts'
import type { Instant, Note, NoteWords, Presence, UserId } from '../../core/vocabulary.ts'
import type { NewAvailability, NewClaim, NewNote, NewUserFields, UserFields } from './schemas.ts'

/** Minutes whose text is kept, each in the place of its last bits. */
const MINUTES_KEPT = 64
const MINUTE_MS = 60_000

/** RFC 3339 in UTC with milliseconds. Each presence has two or three, so the text of each minute is made once. */
export const timeOf = createTimes()

function createTimes(): (instant: Instant) => string {
  const minutes = new Float64Array(MINUTES_KEPT).fill(Number.NaN)
  const texts: string[] = Array.from({ length: MINUTES_KEPT }, () => '')
  return (instant) => {
    const minute = Math.floor(instant / MINUTE_MS)
    const place = minute & (MINUTES_KEPT - 1)
    if (minutes[place] !== minute) {
      texts[place] = new Date(minute * MINUTE_MS).toISOString().slice(0, -'00.000Z'.length)
      minutes[place] = minute
    }
    const ms = Math.floor(instant - minute * MINUTE_MS)
    return `${texts[place]}${ms < 10_000 ? '0' : ''}${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}Z`
  }
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/
/** Of the years that can be told: an offset may lead out of them. */
const [FIRST, LAST] = [Date.parse('0000-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')]

/** Reads a time with any offset. Throws Failure `invalid`, naming the field. */
export function instantOf(text: string, field: string): Instant {
  const instant = RFC_3339.test(text) ? Date.parse(text.toUpperCase()) : Number.NaN
  const isOnCalendar = timeOf(Date.parse(`${text.slice(0, 10)}T00:00:00Z`) || 0).startsWith(text.slice(0, 10))
  if (!(instant >= FIRST && instant <= LAST && isOnCalendar)) {
    throw new Failure('invalid', `"${field}" must be a time as in RFC 3339, like 2026-11-21T09:30:00.000Z.`, {
      reason: 'malformed',
      field,
    })
  }
  return instant
}

const endOf = (until: string | null | undefined): Instant | null => (until == null ? null : instantOf(until, 'until'))

/** `me`, else an id, else a username; null: nobody, and whom the token may not touch. */
export function findUser(word: string, { userId: own, reach }: Principal, people: People): UserId | null {
  if (word === 'me') return own
  const userId = people.find('id', word) ?? people.find('username', word)
  return userId === null || reach === null || reach.has(userId) ? userId : null
}

/** As `findUser`; throws Failure `not_found` for nobody, naming the field that the word was in. */
export function userOf(word: string, principal: Principal, people: People, field = 'user'): UserId {
  const userId = findUser(word, principal, people)
  if (userId === null) throw noSuchUser(word, field)
  return userId
}

export function noSuchUser(word: string, field = 'user'): Failure {
  return new Failure('not_found', `There is no user "${word}".`, { reason: 'no_such_user', field })
}

/** DESIGN 3.4; an optional word that says nothing is left out. */
export function presenceOut(presence: Presence): object {
  const { userId, availability, activity, note, since, until, source, manual, lastActiveAt, nextChangeAt } = presence
  return {
    userId,
    availability,
    activity: activity ?? undefined,
    note: note === null ? undefined : noteOut(note),
    since: timeOf(since),
    until: until === null ? undefined : timeOf(until),
    source,
    manual,
    lastActiveAt: maybeTime(lastActiveAt),
    nextChangeAt: nextChangeAt === null ? undefined : timeOf(nextChangeAt),
  }
}

const noteOut = ({ text, emoji, until }: Note): object => ({ text, emoji, ...(until !== null && { until: timeOf(until) }) })

const maybeTime = (instant: Instant | null): string | null => (instant === null ? null : timeOf(instant))

export function explanationOut({ presence, sentence, language, facts, next }: Explanation): object {
  return {
    presence: presenceOut(presence),
    sentence,
    lang: language,
    facts: facts.map((fact) => ({ ...fact, since: timeOf(fact.since), until: maybeTime(fact.until) })),
    next: next && { at: timeOf(next.at), presence: presenceOut(next.presence) },
  }
}

/** What a PUT of an availability says. `online` is a declaration, which has neither end nor activity. */
export function availabilityIn({ availability, activity, until }: Static<typeof NewAvailability>): PresenceEvent {
  if (availability !== 'online') {
    const alike = (shown: Presence): boolean => shown.availability === availability && shown.activity === (activity ?? null)
    return { type: 'availability_set', availability, activity: activity ?? null, until: endOf(until), fades: false, alike }
  }
  if (until != null) throw notWithOnline('until', 'end_not_allowed')
  if (activity != null) throw notWithOnline('activity', 'malformed')
  return { type: 'online_declared', alike: (shown) => shown.availability === 'online' }
}

const notWithOnline = (field: string, reason: 'end_not_allowed' | 'malformed'): Failure =>
  new Failure('invalid', `"${field}" does not go with "online", which holds until the user is gone. Leave it out.`, {
    reason,
    field,
  })

/** A note without text and emoji withdraws the note. */
export function noteIn(said: Static<typeof NewNote>): PresenceEvent {
  const words = wordsIn(said)
  if (words === null) return { type: 'note_withdrawn', via: null }
  const alike = ({ note }: Presence): boolean => note?.text === words.text && note.emoji === words.emoji
  return { type: 'note_set', words, until: endOf(said.until), alike }
}

/** Throws Failure `invalid` unless the key is `class:id` and the claim says something. */
export function claimIn(key: string, { availability, activity, note, until, leaseMs }: Static<typeof NewClaim>): PresenceEvent {
  const words = note == null ? null : wordsIn(note)
  if (availability == null && activity != null)
    throw new Failure('invalid', '"activity" needs an "availability" that it makes finer.', {
      reason: 'malformed',
      field: 'activity',
    })
  if (availability == null && words === null)
    throw new Failure('invalid', 'A claim says an "availability", a "note" or both.', {
      reason: 'nothing_said',
      field: 'availability',
    })
  return {
    type: 'claim_set',
    ...claimKey(key),
    availability: availability ?? null,
    activity: activity ?? null,
    note: words,
    since: null,
    until: endOf(until),
    leaseMs: leaseMs ?? null,
  }
}

/** A claim as those see it who may; what it does not say is left out. */
export function claimOut({
  key,
  class: source,
  availability,
  activity,
  note,
  leaseMs,
  leaseUntil,
  ...rest
}: StatedClaim): object {
  return {
    claim: key,
    source,
    ...(availability !== null && { availability }),
    ...(activity !== null && { activity }),
    ...(note !== null && { note }),
    since: timeOf(rest.since),
    ...(rest.until !== null && { until: timeOf(rest.until) }),
    ...(leaseMs !== null && { leaseMs }),
    ...(leaseUntil !== undefined && { leaseUntil: timeOf(leaseUntil) }),
    via: rest.via,
    by: rest.by,
  }
}

/** `call:42` is the call with the id 42. */
export function claimKey(key: string) {
  const claimClass = classOfKey(key)
  if (claimClass !== null && /^[a-z]+:[A-Za-z0-9._~@:-]{1,128}$/.test(key)) return { key, class: claimClass }
  throw new Failure('invalid', `"${key.slice(0, 64)}" names no claim. It must be call:ID, app:ID, calendar:ID or schedule:ID.`, {
    reason: 'malformed',
    field: 'claim',
  })
}

function wordsIn({ text, emoji }: Pick<Static<typeof NewNote>, 'text' | 'emoji'>): NoteWords | null {
  const name = emoji == null || emoji === '' ? '' : /^:?([\w+-]{1,64}):?$/.exec(emoji)?.[1]
  if (name === undefined)
    throw new Failure('invalid', '"emoji" must be the short name of an emoji, like palm_tree.', {
      reason: 'malformed',
      field: 'emoji',
    })
  const words = { text: text ?? '', emoji: name }
  return words.text === '' && words.emoji === '' ? null : words
}

/** Spaces whose ids are numbers, and are told as such. */
const NUMBERED = new Set(['superoffice'])

/** A user as every answer has it. Tokens that stand in pages do not get e-mail addresses. */
export function userOut(user: User, { withEmail }: { readonly withEmail: boolean }): object {
  const { id, username, name, email, roles, bot, active, utcOffset, timezone, avatarETag, createdAt, updatedAt } = user
  const ids = Object.fromEntries(
    Object.entries(user.ids).map(([space, value]) => [space, NUMBERED.has(space) ? Number(value) : value]),
  )
  return {
    id,
    username,
    name,
    ...(withEmail && { email }),
    roles,
    ids,
    bot,
    active,
    utcOffset,
    timezone,
    avatarETag,
    createdAt: timeOf(createdAt),
    updatedAt: timeOf(updatedAt),
  }
}

type UserIn = Static<typeof NewUserFields> | Static<typeof UserFields>

export interface PasswordLink {
  readonly secret: string
  readonly until: Instant
}

export interface PasswordLinkOut {
  readonly url: string
  readonly until: string
}

/** The secret stands behind `#`, which no browser sends to a server, and no server writes into a log. */
export const passwordLinkOut = (
  { protocol, host }: { readonly protocol: string; readonly host: string },
  link: PasswordLink,
) => ({
  url: `${protocol}://${host}/set-password#${link.secret}`,
  until: timeOf(link.until),
})

/** Ids of every space are text inside. */
export function userIn(said: Static<typeof NewUserFields>): NewUser
export function userIn(said: Static<typeof UserFields>): UserChange
export function userIn({ ids, ...rest }: UserIn): UserChange {
  if (ids === undefined) return rest
  return { ...rest, ids: Object.fromEntries(Object.entries(ids).map(([space, id]) => [space, String(id)])) }
}

export function tokenOut({ createdAt, until, lastUsedAt, ...rest }: TokenDescription): object {
  return { ...rest, createdAt: timeOf(createdAt), until: maybeTime(until), lastUsedAt: maybeTime(lastUsedAt) }
}
