import type { ClaimClass, UserId } from './vocabulary.ts'

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
  'manage-webhooks',
  'read-explain',
  'read-history',
  'read-audit',
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
