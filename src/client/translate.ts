import { Failure } from '../core/errors.ts'
import type { Explanation, KeptSession, StatedClaim } from '../core/service.ts'
import type { PresenceEvent } from '../core/transition.ts'
import type { Instant, ShownPresence } from '../core/vocabulary.ts'
import type { Answer } from './requests.ts'

/** RFC 3339, as the wire has every time. */
export const timeOf = (instant: Instant): string => new Date(instant).toISOString()

const maybeInstant = (text: string | null | undefined): Instant | null => (text == null ? null : Date.parse(text))

/** A presence as the native API tells it. */
export function presenceIn({ since, until, lastActiveAt, nextChangeAt, note, activity, ...told }: Answer): ShownPresence {
  return {
    userId: told.userId,
    availability: told.availability,
    activity: activity ?? null,
    note: note === undefined ? null : { text: note.text, emoji: note.emoji, until: maybeInstant(note.until) },
    since: Date.parse(since),
    until: maybeInstant(until),
    source: told.source,
    manual: told.manual,
    lastActiveAt: maybeInstant(lastActiveAt),
    nextChangeAt: maybeInstant(nextChangeAt),
  }
}

export function explanationIn({ presence, sentence, lang, facts, next }: Answer): Explanation<ShownPresence> {
  return {
    presence: presenceIn(presence),
    sentence,
    language: lang,
    facts: facts.map((fact: Answer) => ({ ...fact, since: Date.parse(fact.since), until: maybeInstant(fact.until) })),
    next: next === null ? null : { at: Date.parse(next.at), presence: presenceIn(next.presence) },
  }
}

export const sessionIn = ({ sessionId, leaseUntil }: Answer): KeptSession => ({ sessionId, leaseUntil: Date.parse(leaseUntil) })

export function claimIn({
  claim,
  source,
  availability,
  activity,
  note,
  since,
  until,
  leaseMs,
  leaseUntil,
  via,
  by,
}: Answer): StatedClaim {
  return {
    key: claim,
    class: source,
    availability: availability ?? null,
    activity: activity ?? null,
    note: note ?? null,
    since: Date.parse(since),
    until: maybeInstant(until),
    leaseMs: leaseMs ?? null,
    ...(leaseUntil !== undefined && { leaseUntil: Date.parse(leaseUntil) }),
    via,
    by,
  }
}

/** The request that says an event: method, path below the user's presence, body. Throws Failure `invalid` for what has none. */
export function requestOf(event: PresenceEvent): readonly [method: string, path: string, body?: object] {
  switch (event.type) {
    case 'availability_set': {
      const { availability, activity, until } = event
      return ['PUT', '/availability', { availability, activity, until: endOut(until) }]
    }
    case 'online_declared':
      return ['PUT', '/availability', { availability: 'online' }]
    case 'availability_withdrawn':
      return ['DELETE', '/availability']
    case 'note_set':
      return ['PUT', '/note', { ...event.words, until: endOut(event.until) }]
    case 'note_withdrawn':
      return ['DELETE', '/note']
    case 'claim_set': {
      const { key, availability, activity, note, until, leaseMs } = event
      return ['PUT', claimPath(key), { availability, activity, note, until: endOut(until), leaseMs }]
    }
    case 'claim_withdrawn':
      return ['DELETE', claimPath(event.key)]
    case 'claim_kept':
    case 'session_opened':
    case 'session_adopted':
    case 'session_idled':
    case 'session_resumed':
    case 'session_renewed':
    case 'session_closed':
      throw new Failure('invalid', `"${event.type}" cannot be said from afar; there is a command for it.`)
  }
}

/** Where a claim is, below its user's presence. */
export const claimPath = (key: string): string => `/claims/${encodeURIComponent(key)}`

const endOut = (until: Instant | null): string | null => (until === null ? null : timeOf(until))
