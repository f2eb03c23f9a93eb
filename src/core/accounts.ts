import type { Version } from './ports.ts'
import type { Permission, Principal, Role, Scope } from './principal.ts'
import type { Instant, UserId } from './vocabulary.ts'

/* Who users are, how they prove it, and what a workspace decides: implemented by the directory. */

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
  /** The same also of whoever was removed a moment ago, for those who are told so; of others who have none, their id. */
  lastIdIn(space: string, userId: UserId): string
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
  /**
   * Resolves once every token and account that was made elsewhere before the call is known here, too; null: there is no elsewhere.
   * Rejects with Failure `unavailable` when that cannot be known.
   */
  caughtUp(): Promise<void> | null
  /** Who once gave a right password in these very words, and is still remembered by them; null: nobody. */
  bySaid(said: string): Principal | null
  /**
   * A user and password on this very request (HTTP Basic). `said`: what the door was told, for bySaid. Throws Failure `unauthenticated`,
   * `too_many`, `unavailable`.
   */
  byPassword(who: WhoLogsIn, secret: Secret, address: string, said?: string): Principal | Promise<Principal>
  /** A new login token. `tokenLength` is what the door's own product issues. Throws as byPassword. */
  login(who: WhoLogsIn, secret: Secret, options: { readonly address: string; readonly tokenLength: number }): Promise<Login>
  /** Ends the token the principal came with. */
  logout(principal: Principal): Promise<void>
  /**
   * Sets the password of whoever has the secret of a link (`createPasswordLink`), once, and ends the user's logins. Throws Failure
   * `not_found` no_such_token, `invalid`, `unavailable`.
   */
  setPassword(secret: string, password: string): Promise<User>
  /** Told when a token is no more, also by time once it was used, and when a user is deactivated or no more, whoever did it. */
  onEnded(listener: (ended: { readonly tokenId: string } | { readonly userId: UserId }) => void): void
}

/** Username or e-mail address as one text (`login`), or looked up in one space. */
export type WhoLogsIn = { readonly login: string } | { readonly space: LookUp; readonly value: string }

export interface NewUser {
  readonly username: string
  readonly password?: string
  /** One that another server made, for administrators to bring along; replaced by one of ours at the first login. */
  readonly passwordHash?: string
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
  /** Hosts that webhooks may reach although they are not public, or over http: names, addresses, networks. */
  readonly webhookHosts: readonly string[]
  readonly rateCallsMax: number
  readonly rateWindowMs: number
  /** Whose presence of the past is kept and may be read: nobody's, each their own, or, by permission, anybody's. */
  readonly history: 'off' | 'own' | 'all'
  /** How long it is kept, in days. */
  readonly historyDays: number
  /** How long the audit log is kept, in days. */
  readonly auditDays: number
}

/** Settings from memory, effective at once on every node. */
export interface SettingsView {
  readonly current: Settings
  /** `at`, `version`: of the commit that changed them. */
  onChange(listener: (settings: Settings, at: Instant, version: Version) => void): void
}

export interface TokenDescription {
  readonly id: string
  readonly kind: 'login' | 'personal' | 'application' | 'publishable'
  readonly userId: UserId
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly users: readonly UserId[] | null
  /** Ids; whoever is in them at the moment is reached too. */
  readonly groups: readonly string[] | null
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
  readonly groups?: readonly string[]
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
  /** Tells on every node which presets come, change and go, whoever changed them; not while loading. */
  onPreset(listener: (preset: Preset, change: 'put' | 'deleted') => void): void
  /** The same of what clients keep; what is deleted is not told. */
  onPreference(listener: (userId: UserId, preference: Preference) => void): void
}

/** Whether what is to be changed still is as the caller saw it: asked of what the change is made on, whoever is faster. */
export type Condition = () => boolean

/** Throws Failure: `forbidden` · `not_found` · `conflict` taken, last_administrator, changed_meanwhile · `invalid` with the field · `unavailable`. */
export interface Administration {
  createUser(user: NewUser): Promise<User>
  /** Own name, time zone and password are everybody's to change. A password change ends the user's other login tokens. */
  updateUser(userId: UserId, change: UserChange, condition?: Condition): Promise<User>
  deleteUser(userId: UserId): Promise<void>
  /** A secret by which the user sets a password once; the one before ends. */
  createPasswordLink(userId: UserId): Promise<{ readonly secret: string; readonly until: Instant }>
  createToken(token: NewToken): Promise<{ readonly token: string; readonly description: TokenDescription }>
  /** One's own, or, for administrators, anybody's. */
  tokens(userId: UserId): Promise<readonly TokenDescription[]>
  deleteToken(userId: UserId, tokenId: string): Promise<void>
  changeSettings(change: Partial<Settings>, condition?: Condition): Promise<Settings>
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
