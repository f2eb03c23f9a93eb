import type { AdministrationService, Authentication, People, SettingsView } from './accounts.ts'
import type { GroupsService } from './groups.ts'
import type { Principal } from './principal.ts'
import type { Claim, Idling } from './record.ts'
import type { Language } from './tongues.ts'
import type { PresenceEvent } from './transition.ts'
import type { Instant, Presence, ShownPresence, UserId } from './vocabulary.ts'

/*
 * The product: what every dialect, the console and the command line stand on, and what the client implements from afar.
 * Each is bound to a viewer by `as(principal)`; permissions are enforced behind it. `Seen` is a whole presence in the process,
 * and from afar what a wire tells of it.
 */

export interface PresenceService {
  /** `via` is the door it comes through: claims made here are signed with it. */
  as(principal: Principal, via: string): { readonly view: PresenceView; readonly commands: PresenceCommands }
}

/** Reads over the replica in memory: synchronous, without I/O. One's own entry is the own view, all others the stranger's (R7). */
export interface PresenceView<Seen extends ShownPresence = Presence> {
  /** Null: no such user. Throws Failure `forbidden` when the token may not read presence. */
  get(userId: UserId): Seen | null
  /** In the order asked; null where there is no such user. */
  many(userIds: readonly UserId[]): (Seen | null)[]
  /** Everyone, in no order. */
  everyone(): Iterable<Seen>
  /** Those whose stranger's view changed at or after an instant, the latest first. */
  changedAfter(instant: Instant): Iterable<Seen>
  /** What differs since a cursor, in no order; null or a cursor of another epoch: everything (`full`). */
  changesSince(cursor: string | null): Changes<Seen>
  /** From now on the watcher hears of whom it watches; that is nobody yet. Throws as `get`. */
  watch(watcher: Watcher<Seen>): Watch
}

/** Who wants to be told. Called from within the telling: it only takes note, and never writes to a socket. */
export interface Watcher<Seen extends ShownPresence = Presence> {
  /** The presence as this viewer may see it; the same object as `get` answers. */
  told(presence: Seen): void
  /** The user is no more. */
  gone(userId: UserId): void
}

export interface Watch {
  /** Throws Failure `invalid` too_many_watched beyond WATCHED_MAX users. */
  add(userIds: readonly UserId[]): void
  remove(userIds: readonly UserId[]): void
  /** Everyone who is and who will be a user, whatever was added. */
  everyone(on: boolean): void
  /** Where the telling stands: up to here this watcher has been told. It resumes with `changesSince`. */
  cursor(): string
  stop(): void
}

export interface Changes<Seen extends ShownPresence = Presence> {
  readonly presences: readonly Seen[]
  /** Users who are no more. */
  readonly removed: readonly UserId[]
  readonly cursor: string
  /** It is a snapshot, not a difference. */
  readonly full: boolean
}

export interface PresenceCommands<Seen extends ShownPresence = Presence> {
  /**
   * What one request says about one user, as one commit. Answers what the principal sees afterwards; resolves once durable.
   * Throws Failure: `not_found` no_such_user · `forbidden` scope_missing, permission_missing, notes_not_allowed ·
   * `invalid` end_in_past, invisible_not_allowed, note_too_long · `unavailable` contended, ledger_away.
   */
  change(userId: UserId, events: readonly PresenceEvent[], options?: ChangeOptions): Promise<Seen>
  /** A heartbeat: a claim with a lease is believed for another. Throws as `change`, and `not_found` no_such_claim. */
  keepClaim(userId: UserId, key: string): Promise<StatedClaim>
  /** What is claimed about a user: all of it for whoever may have it explained, else what the principal itself claims. */
  claims(userId: UserId): Promise<readonly StatedClaim[]>
  /** Throws as `change` does, and `forbidden` unless it is oneself, or one may `read-explain` and has the scope `admin`. */
  explain(userId: UserId, speech?: Speech): Promise<Explanation<Seen>>
  /** One's own session for a new connection: a cut one is adopted, else one is opened. Throws Failure `forbidden`, `invalid`. */
  attend(attendance: Attendance): Attended
  /** One's own session that heartbeats keep. Throws as `attend`, and `unavailable`. */
  openSession(session: { readonly app: string; readonly platform: string; readonly idle: boolean }): Promise<KeptSession>
  /** Believed for another lease; `idle` where the client says so. Throws Failure `not_found` no_such_session. */
  heartbeat(sessionId: string, said: { readonly idle?: boolean; readonly lastInputAt?: Instant }): Promise<KeptSession>
  /** Goodbye. Throws as `heartbeat`. */
  closeSession(sessionId: string): Promise<void>
}

/** How a connection is present. */
export interface Attendance {
  /** What the client is, like `mattermost-web`; adoption looks for the same app and token. */
  readonly app: string
  readonly platform: string
  readonly idles: Idling
  readonly connectionId: string
  /** The connection that this one carries on, or the session itself, which is adopted first (T7), also where it is not cut yet. */
  readonly resumes: string | null
  /** The session was ended by another's deed: the token revoked, the user deactivated or gone. */
  readonly ended?: () => void
}

/** A session that heartbeats keep, and until when without another. */
export interface KeptSession {
  readonly sessionId: string
  readonly leaseUntil: Instant
}

/** The session of one connection. Its facts are written behind it, when one changes, never when a heart beats (T7, R3). */
export interface Attended {
  readonly sessionId: string
  /** Input was seen now; an idle session comes back. */
  active(): void
  /** The client says that nobody is at it; null: it does not know since when. */
  idle(lastInputAt: Instant | null): void
  /** Goodbye: the session ends at once. */
  leave(): void
  /** Cut, left without a word, or closed by the server: it lives through the grace. */
  cut(): void
}

/** A claim as those who may see it are told of it. */
export type StatedClaim = Pick<
  Claim,
  'key' | 'class' | 'availability' | 'activity' | 'note' | 'since' | 'until' | 'leaseMs' | 'leaseUntil' | 'via' | 'by'
>

export interface ChangeOptions {
  /** An end that has passed is accepted, and ends at once (T6). */
  readonly lapsedEndAccepted?: boolean
}

export interface Explanation<Seen extends ShownPresence = Presence> {
  readonly presence: Seen
  readonly sentence: string
  /** Of the sentence, and of what the facts say. */
  readonly language: Language
  readonly facts: readonly ExplainedFact[]
  /** What comes next if nobody does anything; null: nothing. */
  readonly next: { readonly at: Instant; readonly presence: Seen } | null
}

/** How the sentence of an explanation is put. */
export interface Speech {
  /** IANA name or offset of the zone of its times; UTC when not given. */
  readonly zone?: string
  /** English when not given. */
  readonly language?: Language
  /** What a user or an application is called; its id when not given. */
  readonly nameOf?: (by: string) => string
  /** What a door is called; its name in the program when not given. */
  readonly doorOf?: (via: string) => string
}

export interface ExplainedFact {
  readonly kind: 'claim' | 'session' | 'declared'
  /** The claim's key or the session's id. */
  readonly id: string
  readonly says: string
  readonly since: Instant
  readonly ageMs: number
  readonly until: Instant | null
  readonly via: string | null
  readonly by: string | null
  /** It gives the availability, it gives the note, or what it lost to and by which rule. */
  readonly role: 'availability' | 'note' | 'both' | 'lost'
  readonly rule: string
  readonly lostTo: string | null
}

/** Where a part tells the operator what nobody who asks may know. */
export interface Log {
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** All that a dialect is given. */
export interface Services {
  readonly presence: PresenceService
  readonly people: People
  readonly authentication: Authentication
  readonly administration: AdministrationService
  readonly settings: SettingsView
  readonly groups: GroupsService
  readonly log: Log
  /** Ledger time. */
  now(): Instant
  /** Random id of 26 characters of z-base-32. */
  newId(): string
}
