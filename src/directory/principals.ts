import { hash } from 'node:crypto'
import type { Memberships } from '../core/groups.ts'
import { PERMISSIONS, type Permission, type Principal, type Role, SCOPES, type Scope } from '../core/principal.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import type { RolePermissions } from './settings.ts'
import type { StoredToken } from './tokenRecord.ts'
import type { Tokens } from './tokens.ts'
import { tokenId } from './tokens.ts'
import type { Users } from './users.ts'

export const ALL_SCOPES: ReadonlySet<Scope> = new Set(SCOPES)

/** Principals that are kept made, of tokens and of users; the rest is made when asked for. */
const KEPT_MAX = 100_000
/** Combinations of roles whose permissions are kept made. */
const ROLES_MAX = 100

export interface Principals {
  /** Null: unknown, ended, from another origin, or its user is gone or deactivated. */
  byToken(token: string, origin: string | undefined): Principal | null
  /** Of somebody who gave a password. Null: gone or deactivated. */
  ofUser(userId: UserId): Principal | null
  /** A user, or a token of theirs, has changed. */
  forgetUser(userId: UserId): void
  forgetToken(slot: number): void
  /** What roles may do has changed. */
  forgetAll(): void
}

export interface PrincipalsParts {
  readonly users: Users
  readonly tokens: Tokens
  readonly rolePermissions: () => RolePermissions
  readonly memberships: () => Pick<Memberships, 'reach'>
  readonly now: () => Instant
  /** Told on the first use of a token in an hour. */
  readonly onUse: (slot: number) => void
  /** A token is used that ends then; Infinity: never. */
  readonly onMade: (slot: number, until: Instant) => void
}

interface Made {
  readonly slot: number
  readonly principal: Principal
  readonly until: Instant
  readonly secret: string
}

export function createPrincipals({
  users,
  tokens,
  rolePermissions,
  memberships,
  now,
  onUse,
  onMade,
}: PrincipalsParts): Principals {
  const bySlot = new Map<number, Made>()
  /** Tokens in use, as they came: hashing each request's anew would be a good part of answering it. */
  const bySecret = new Map<string, Made>()
  const byUser = new Map<UserId, Principal>()
  /** By the roles: whoever has the same may do the same, and shares one set. */
  const byRoles = new Map<string, ReadonlySet<Permission>>()

  function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
    const key = roles.join()
    const kept = byRoles.get(key)
    if (kept !== undefined) return kept
    const allowed = rolePermissions()
    const made = new Set(PERMISSIONS.filter((permission) => allowed[permission].some((role) => roles.includes(role))))
    if (byRoles.size >= ROLES_MAX) byRoles.clear()
    byRoles.set(key, made)
    return made
  }

  function ofUser(userId: UserId): Principal | null {
    const kept = byUser.get(userId)
    if (kept !== undefined) return kept
    const user = users.stored(userId)
    if (user === null || !user.active) return null
    const principal: Principal = {
      userId,
      by: userId,
      tokenId: null,
      administrator: user.roles.includes('admin'),
      permissions: permissionsOf(user.roles),
      scopes: ALL_SCOPES,
      reach: null,
      origins: null,
    }
    if (byUser.size >= KEPT_MAX) byUser.clear()
    byUser.set(userId, principal)
    return principal
  }

  function make(secret: string): Made | null {
    const slot = tokens.find(hash('sha256', secret, 'base64url'))
    if (slot < 0) return null
    const token = tokens.at(slot)
    const owner = ofUser(token.userId)
    const user = users.subjects.slotOf(token.userId)
    // A token written while its user was being deleted elsewhere must not serve a later user of the same id.
    if (owner === null || token.createdAt < users.subjects.createdAt(user)) return null
    const made = { slot, principal: limited(owner, token, memberships), until: token.until ?? Number.POSITIVE_INFINITY, secret }
    if (bySlot.size >= KEPT_MAX) forgetTokens()
    bySlot.set(slot, made)
    bySecret.set(secret, made)
    onMade(slot, made.until)
    return made
  }

  function forgetToken(slot: number): void {
    bySecret.delete(bySlot.get(slot)?.secret ?? '')
    bySlot.delete(slot)
  }

  function forgetTokens(): void {
    bySlot.clear()
    bySecret.clear()
  }

  return {
    byToken(token, origin) {
      const found = bySecret.get(token) ?? make(token)
      const at = now()
      if (found === null || found.until <= at) return null
      const { slot, principal } = found
      if (principal.origins !== null && (origin === undefined || !principal.origins.has(origin))) return null
      if (tokens.use(slot, at)) onUse(slot)
      return principal
    },
    ofUser,
    forgetUser(userId) {
      byUser.delete(userId)
      for (const slot of tokens.of(userId)) forgetToken(slot)
    },
    forgetToken,
    forgetAll() {
      byRoles.clear()
      byUser.clear()
      forgetTokens()
    },
  }
}

function limited(owner: Principal, token: StoredToken, memberships: () => Pick<Memberships, 'reach'>): Principal {
  const id = tokenId(token.hash)
  const isInPages = token.kind === 'publishable'
  const named = token.users === null ? null : new Set(token.users)
  return {
    ...owner,
    by: token.kind === 'application' || isInPages ? id : owner.userId,
    tokenId: id,
    // Whoever reads the page has it, not its owner alone.
    permissions: isInPages ? limitedOnly(owner.permissions) : owner.permissions,
    scopes: token.scopes === null ? ALL_SCOPES : new Set(token.scopes),
    reach: token.groups === null ? named : memberships().reach(token.users ?? [], token.groups),
    origins: token.origins === null ? null : new Set(token.origins),
  }
}

const limitedOnly = (permissions: ReadonlySet<Permission>): ReadonlySet<Permission> =>
  new Set([...permissions].filter((permission) => permission !== 'bypass-rate-limit'))
