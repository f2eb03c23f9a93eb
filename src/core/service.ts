import type { Idling } from './record.ts'
import type { PresenceEvent } from './transition.ts'
import type { ClaimClass, Instant, Presence, UserId } from './vocabulary.ts'

/*
 * The product: what every dialect, the console and the command line stand on, and what the client implements from afar.
 * Each is bound to a viewer by `as(principal)`; permissions are enforced behind it.
 */

export type Scope =
  | 'presence:read'
  | 'presence:write-own'
  | 'presence:write-others'
  | 'sessions'
  | 'admin'
  | `claims:${ClaimClass}`

export const PERMISSIONS = [
  'set-others-presence',
  'manage-users',
  'manage-settings',
  'manage-presets',
  'read-explain',
  'bypass-rate-limit',
  'list-users',
] as const
export type Permission = (typeof PERMISSIONS)[number]

export const ROLES = ['admin', 'user', 'bot', 'guest'] as const
export type Role = (typeof ROLES)[number]

/** Who asks. Made by Authentication only. */
export interface Principal {
  readonly userId: UserId
  /** What its claims are signed with: the user's id, or the application token's id. */
  readonly by: string
  /** Null: authenticated by password on this very request. */
  readonly tokenId: string | null
  readonly administrator: boolean
  readonly permissions: ReadonlySet<Permission>
  /** What its token may be used for; those of a login token are all. */
  readonly scopes: ReadonlySet<Scope>
  /** The only users its token may touch; null: any. */
  readonly reach: ReadonlySet<UserId> | null
  /** The only web origins its token may come from; null: any. */
  readonly origins: ReadonlySet<string> | null
}

export interface PresenceService {
  /** `via` is the door it comes through: claims made here are signed with it. */
  as(principal: Principal, via: string): { readonly view: PresenceView; readonly commands: PresenceCommands }
}

/** Reads over the replica in memory: synchronous, without I/O. One's own entry is the own view, all others the stranger's (R7). */
export interface PresenceView {
  /** Null: no such user. Throws Failure `forbidden` when the token may not read presence. */
  get(userId: UserId): Presence | null
  /** In the order asked; null where there is no such user. */
  many(userIds: readonly UserId[]): (Presence | null)[]
  /** Everyone, in no order. */
  everyone(): Iterable<Presence>
  /** Those whose stranger's view changed at or after an instant, the latest first. */
  changedAfter(instant: Instant): Iterable<Presence>
  /** What differs since a cursor, in no order; null or a cursor of another epoch: everything (`full`). */
  changesSince(cursor: string | null): Changes
  /** From now on the watcher hears of whom it watches; that is nobody yet. Throws as `get`. */
  watch(watcher: Watcher): Watch
}

/** Who wants to be told. Called from within the telling: it only takes note, and never writes to a socket. */
export interface Watcher {
  /** The presence as this viewer may see it; the same object as `get` answers. */
  told(presence: Presence): void
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

export interface Changes {
  readonly presences: readonly Presence[]
  /** Users who are no more. */
  readonly removed: readonly UserId[]
  readonly cursor: string
  /** It is a snapshot, not a difference. */
  readonly full: boolean
}

export interface PresenceCommands {
  /**
   * What one request says about one user, as one commit. Answers what the principal sees afterwards; resolves once durable.
   * Throws Failure: `not_found` no_such_user · `forbidden` scope_missing, permission_missing, notes_not_allowed ·
   * `invalid` end_in_past, invisible_not_allowed, note_too_long · `unavailable` contended, ledger_away.
   */
  change(userId: UserId, events: readonly PresenceEvent[], options?: ChangeOptions): Promise<Presence>
  /** Throws as `change` does, and `forbidden` unless it is oneself or the principal may `read-explain`. */
  explain(userId: UserId): Promise<Explanation>
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
  /** The connection that this one carries on; its session is adopted first (T7). */
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

export interface ChangeOptions {
  /** An end that has passed is accepted, and ends at once (T6). */
  readonly lapsedEndAccepted?: boolean
}

export interface Explanation {
  readonly presence: Presence
  readonly sentence: string
  readonly facts: readonly ExplainedFact[]
  /** What comes next if nobody does anything; null: nothing. */
  readonly next: { readonly at: Instant; readonly presence: Presence } | null
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

/** A space of user ids: `id`, `username`, `email`, or one that a dialect brings (declared as IdSpace). */
export type LookUp = string

/** The ids that one product knows users by. */
export interface IdSpace {
  readonly name: string
  /** Whether a text may be an id of this space. */
  accepts(id: string): boolean
  /** The id a user gets when none is given: the user's own id, one derived from it, or the next free number from 1. */
  readonly origin: 'own' | 'next-number' | ((userId: UserId) => string)
}

export interface User {
  readonly id: UserId
  readonly username: string
  readonly name: string
  readonly email: string | null
  readonly roles: readonly Role[]
  readonly ids: Readonly<Record<string, string>>
  readonly bot: boolean
  readonly active: boolean
  /** Hours east of UTC; may be fractional. */
  readonly utcOffset: number
  /** IANA name; null: not known. */
  readonly timezone: string | null
  readonly avatarETag: string
  readonly createdAt: Instant
  readonly updatedAt: Instant
  readonly hasPassword: boolean
}

/** Users by any of their ids, synchronously, from memory. Who a user is, is not secret within a workspace. */
export interface People {
  /** Null: nobody. Usernames and e-mail addresses are found in any case. */
  find(space: LookUp, value: string): UserId | null
  get(userId: UserId): User | null
  /** A user's id in a space, without decoding the user; null: no such user. */
  idIn(space: string, userId: UserId): string | null
  /** Grows with each change of the user; 0: no such user. For caches. */
  versionOf(userId: UserId): number
  everyone(): Iterable<User>
  readonly count: number
}

/** A password in the clear, or the lower-case hex SHA-256 of it. */
export type Secret = { readonly password: string } | { readonly digest: string }

export interface Login {
  readonly token: string
  readonly user: User
  readonly principal: Principal
  /** When the token stops being accepted; null: it does not. */
  readonly until: Instant | null
}

/** Who is asking. Failed logins delay per account and address, and never lock anybody out. */
export interface Authentication {
  /** Null: unknown, ended, or its user is gone or deactivated. `origin`: the request's Origin header, if any. */
  byToken(token: string, origin?: string): Principal | null
  /** A user and password on this very request (HTTP Basic). Throws Failure `unauthenticated`, `too_many`, `unavailable`. */
  byPassword(who: WhoLogsIn, secret: Secret, address: string): Promise<Principal>
  /** A new login token. `tokenLength` is what the door's own product issues. Throws as byPassword. */
  login(who: WhoLogsIn, secret: Secret, options: { readonly address: string; readonly tokenLength: number }): Promise<Login>
  /** Ends the token the principal came with. */
  logout(principal: Principal): Promise<void>
  /** Told when a token is no more, also by time once it was used, and when a user is deactivated or no more, whoever did it. */
  onEnded(listener: (ended: { readonly tokenId: string } | { readonly userId: UserId }) => void): void
}

/** Username or e-mail address as one text (`login`), or looked up in one space. */
export type WhoLogsIn = { readonly login: string } | { readonly space: LookUp; readonly value: string }

export interface NewUser {
  readonly username: string
  readonly password?: string
  readonly name?: string
  readonly email?: string | null
  readonly roles?: readonly Role[]
  readonly id?: UserId
  readonly ids?: Readonly<Record<string, string>>
  readonly bot?: boolean
  readonly active?: boolean
  readonly utcOffset?: number
  readonly timezone?: string | null
  readonly avatarETag?: string
}

export interface UserChange extends Partial<NewUser> {
  /** Needed to change one's own password. */
  readonly currentPassword?: string
}

export interface Settings {
  readonly notesAllowed: boolean
  readonly invisibleAllowed: boolean
  readonly broadcastDisabled: boolean
  readonly broadcastOthers: boolean
  readonly statusesEnabled: boolean
  readonly awayAfterMs: number
  readonly graceMs: number
  readonly declaredOnlineMaxMs: number
  readonly allowedOrigins: readonly string[]
  readonly rateCallsMax: number
  readonly rateWindowMs: number
}

/** Settings from memory, effective at once on every node. */
export interface SettingsView {
  readonly current: Settings
  onChange(listener: (settings: Settings, at: Instant) => void): void
}

export interface TokenDescription {
  readonly id: string
  readonly kind: 'login' | 'personal' | 'application' | 'publishable'
  readonly userId: UserId
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly users: readonly UserId[] | null
  readonly origins: readonly string[] | null
  readonly createdAt: Instant
  readonly until: Instant | null
  /** Rounded down to the hour. */
  readonly lastUsedAt: Instant | null
  /** The last characters, by which its owner recognises it. */
  readonly tail: string
}

export interface NewToken {
  readonly kind: 'personal' | 'application' | 'publishable'
  readonly name: string
  readonly userId?: UserId
  /** Absent: all that the kind allows. */
  readonly scopes?: readonly Scope[]
  readonly users?: readonly UserId[]
  readonly origins?: readonly string[]
  readonly until?: Instant | null
  /** Characters; what the door's own product issues. */
  readonly tokenLength?: number
}

/** A ready-made status that pickers offer. */
export interface Preset {
  readonly id: string
  readonly name: string
  readonly availability: string
  readonly updatedAt: Instant
}

export interface AdministrationService {
  as(principal: Principal): Administration
}

/** Throws Failure: `forbidden` · `not_found` · `conflict` taken, last_administrator · `invalid` with the field · `unavailable`. */
export interface Administration {
  createUser(user: NewUser): Promise<User>
  /** Own name, time zone and password are everybody's to change. A password change ends the user's other login tokens. */
  updateUser(userId: UserId, change: UserChange): Promise<User>
  deleteUser(userId: UserId): Promise<void>
  createToken(token: NewToken): Promise<{ readonly token: string; readonly description: TokenDescription }>
  /** One's own, or, for administrators, anybody's. */
  tokens(userId: UserId): Promise<readonly TokenDescription[]>
  deleteToken(userId: UserId, tokenId: string): Promise<void>
  changeSettings(change: Partial<Settings>): Promise<Settings>
  rolePermissions(): Promise<Readonly<Record<Permission, readonly Role[]>>>
  changeRolePermissions(change: Partial<Record<Permission, readonly Role[]>>): Promise<void>
  presets(): Promise<readonly Preset[]>
  /** `id` absent: a new one. */
  putPreset(preset: { readonly id?: string; readonly name: string; readonly availability: string }): Promise<Preset>
  deletePreset(presetId: string): Promise<void>
  /** What clients store for a user, by category and name; opaque here. Values are at most 32,768 characters, 1,000 a user. */
  preferences(userId: UserId): Promise<readonly Preference[]>
  putPreferences(userId: UserId, preferences: readonly Preference[]): Promise<void>
  deletePreferences(userId: UserId, preferences: readonly Pick<Preference, 'category' | 'name'>[]): Promise<void>
}

export interface Preference {
  readonly category: string
  readonly name: string
  readonly value: string
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
  readonly log: Log
  /** Ledger time. */
  now(): Instant
  /** Random id of 26 characters of z-base-32. */
  newId(): string
}
