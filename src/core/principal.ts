import { CLAIM_CLASSES, type UserId } from './vocabulary.ts'

/** What a token may be used for. */
export const SCOPES = [
  'presence:read',
  'presence:write-own',
  'presence:write-others',
  'sessions',
  'admin',
  ...CLAIM_CLASSES.map((claimClass) => `claims:${claimClass}` as const),
] as const
export type Scope = (typeof SCOPES)[number]

export const PERMISSIONS = [
  'set-others-presence',
  'manage-users',
  'manage-settings',
  'manage-presets',
  'manage-webhooks',
  'manage-groups',
  'read-explain',
  'read-history',
  'read-audit',
  'read-metrics',
  'bypass-rate-limit',
  'list-users',
] as const

export type Permission = (typeof PERMISSIONS)[number]

export const ROLES = ['admin', 'user', 'bot', 'guest'] as const

export type Role = (typeof ROLES)[number]

/** The users whom a token may touch; where it names groups, those who are in them at the moment. */
export interface Reach extends Iterable<UserId> {
  has(userId: UserId): boolean
  /** Absent: it names no group, and never changes. */
  readonly groups?: ReachOfGroups
}

export interface ReachOfGroups {
  readonly ids: ReadonlySet<string>
  /** Users that are named beside them. */
  readonly users: ReadonlySet<UserId>
  /** Another text whenever other users are in the groups; the same on every node. */
  mark(): string
}

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
  readonly reach: Reach | null
  /** The only web origins its token may come from; null: any. */
  readonly origins: ReadonlySet<string> | null
}

/** Nobody of the workspace, who sees everyone as strangers do (R7): for what is told to many at once, or counted. */
export const STRANGER: Principal = {
  userId: '',
  by: '',
  tokenId: null,
  administrator: false,
  permissions: new Set(),
  scopes: new Set(['presence:read']),
  reach: null,
  origins: null,
}
