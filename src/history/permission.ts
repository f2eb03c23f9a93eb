import type { Settings } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import type { Subjects } from '../core/ports.ts'
import type { Permission, Principal, Scope } from '../core/principal.ts'
import type { UserId } from '../core/vocabulary.ts'
import type { Eyes } from './passages.ts'

/** With whose eyes the principal may look back at a user. Throws Failure `disabled`, `forbidden`, `not_found`. */
export function eyesOf(principal: Principal, userId: UserId, { history }: Settings, subjects: Subjects): Eyes {
  if (history === 'off') throw new Failure('disabled', 'No history is kept in this workspace: the setting "history" is off.')
  assertScope(principal, 'presence:read')
  assertThere(principal, userId, subjects)
  if (isOwn(principal, userId)) return 'own'
  if (history === 'own')
    throw new Failure('forbidden', 'Here each may read their own history, and nobody else’s.', { reason: 'permission_missing' })
  assertPermission(principal, 'read-history')
  return 'stranger'
}

/** Throws Failure `forbidden`, `not_found` unless the principal may take a user's history away. */
export function assertMayErase(principal: Principal, userId: UserId, subjects: Subjects): void {
  assertThere(principal, userId, subjects)
  if (isOwn(principal, userId)) assertScope(principal, 'presence:write-own')
  else assertPermission(principal, 'manage-users')
}

/** Throws Failure `forbidden` unless the principal may administer by this permission. */
export function assertPermission(principal: Principal, permission: Permission): void {
  assertScope(principal, 'admin')
  if (principal.permissions.has(permission)) return
  throw new Failure('forbidden', `This needs the permission ${permission}.`, { reason: 'permission_missing' })
}

/** A token that only reads, and only users who were named, stands in a page and is nobody. */
function isOwn({ userId: own, reach, scopes }: Principal, userId: UserId): boolean {
  return own === userId && (reach === null || scopes.has('presence:write-own'))
}

function assertThere({ reach }: Principal, userId: UserId, subjects: Subjects): void {
  if (subjects.slotOf(userId) >= 0 && (reach === null || reach.has(userId))) return
  throw new Failure('not_found', 'There is no such user.', { reason: 'no_such_user', field: 'user' })
}

function assertScope({ scopes }: Principal, scope: Scope): void {
  if (!scopes.has(scope)) throw new Failure('forbidden', `The token lacks the scope ${scope}.`, { reason: 'scope_missing' })
}
