import type { Activity, Availability, ClaimClass, Instant, Note, NoteWords } from './vocabulary.ts'

/** The four keys under which a person's own word is kept; every other key is `class:id`. */
export const MANUAL = 'manual'
export const MANUAL_TIMED = 'manual-timed'
export const NOTE = 'note'
export const NOTE_TIMED = 'note-timed'

/** Somebody's statement about a user. Of two under one key the later stands. */
export interface Claim {
  readonly key: string
  readonly class: ClaimClass
  readonly availability: Availability | null
  readonly activity: Activity | null
  readonly note: NoteWords | null
  readonly since: Instant
  readonly until: Instant | null
  /** The door it came through (a dialect's name, opaque here). */
  readonly via: string
  /** Who stated it: a user's or an application's id. */
  readonly by: string
  /** The record's revision that made it: within a class the later one wins (R1). */
  readonly made: number
  /** Made through a door that hides it while its user is disconnected (R6). */
  readonly fades: boolean
  /** A session has been live since it was made; a fading claim without one is dormant from then on. */
  readonly attended: boolean
  /** Set aside by its user saying "online"; counts for nothing until renewed (T2). */
  readonly dismissed: boolean
  /** How long it is believed without a heartbeat; null for a claim that nobody has to keep. */
  readonly leaseMs: number | null
  /** Until when it is believed; only of a claim with `leaseMs`. Nobody is shown it as an end. */
  readonly leaseUntil?: Instant
}

/** How a session becomes idle: its client says so, its owner times it, or both. */
export type Idling = 'told' | 'timed' | 'both'

export interface SessionOwner {
  readonly node: string
  readonly incarnation: number
}

/** One place a user is present from. */
export interface Session {
  readonly id: string
  /** The node whose lease guards it; null when HTTP heartbeats keep it (`leaseUntil`). */
  readonly owner: SessionOwner | null
  readonly leaseUntil: Instant | null
  /** The token it was opened with, by its id; absent: none, or not known. */
  readonly token?: string
  readonly app: string
  readonly platform: string
  readonly idles: Idling
  readonly idle: boolean
  readonly openedAt: Instant
  /** Until when the user was seen in it; set by the write that ends it, null while it lives. */
  readonly seenUntil: Instant | null
}

/** What strangers saw at the last write: the one derived memo, so that `since` needs no history. */
export interface Shown {
  readonly availability: Availability
  readonly activity: Activity | null
  readonly note: Note | null
  readonly since: Instant
  readonly changedAt: Instant
  readonly lastActiveAt: Instant | null
  /** The instant of the write that made this memo. */
  readonly asOf: Instant
  /** Version of the last told write; null: the write that carries this very memo. */
  readonly told: number | null
  /** Time changed what they saw since the told write, at `changedAt`, and a write that was not told has come after it. */
  readonly lapsed?: true
}

/** All facts kept about one user. */
export interface PresenceRecord {
  /** Grows by one with each transition that changed something. */
  readonly revision: number
  readonly claims: readonly Claim[]
  readonly sessions: readonly Session[]
  readonly declaredOnline: { readonly at: Instant } | null
  readonly lastActiveAt: Instant | null
  readonly shown: Shown
}

/** The record of a user about whom nothing was ever said. */
export function emptyRecord(createdAt: Instant): PresenceRecord {
  return {
    revision: 0,
    claims: [],
    sessions: [],
    declaredOnline: null,
    lastActiveAt: null,
    shown: {
      availability: 'offline',
      activity: null,
      note: null,
      since: createdAt,
      changedAt: createdAt,
      lastActiveAt: null,
      asOf: createdAt,
      told: 0,
    },
  }
}

/** `manual` and `note` keys are manual; any other key names its class before the first colon. Null: no such class. */
export function classOfKey(key: string): ClaimClass | null {
  const [word, id] = [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)]
  if (!key.includes(':') || id === '') return null
  return word === 'call' || word === 'app' || word === 'calendar' || word === 'schedule' ? word : null
}
