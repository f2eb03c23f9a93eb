import type { Condition } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import type { Permission, Principal, Scope } from '../core/principal.ts'
import type { UserId } from '../core/vocabulary.ts'

/** Throws Failure `forbidden` scope_missing unless the principal's token has the scope. */
export function assertScope(principal: Principal, scope: Scope): void {
  if (principal.scopes.has(scope)) return
  throw new Failure('forbidden', `This token does not have the scope ${scope}.`, { reason: 'scope_missing' })
}

/** Throws Failure `forbidden` unless the principal may administer by this permission. */
export function assertPermission(principal: Principal, permission: Permission): void {
  assertScope(principal, 'admin')
  if (!principal.permissions.has(permission)) throw permissionMissing(permission)
}

/** As `assertPermission`, for what concerns the whole workspace: no token that is limited to users or groups may. */
export function assertWorkspacePermission(principal: Principal, permission: Permission): void {
  assertPermission(principal, permission)
  if (principal.reach === null) return
  throw new Failure('forbidden', 'A token that is limited to users or groups may not change what concerns all.', {
    reason: 'scope_missing',
  })
}

/** Throws Failure `forbidden` scope_missing when the principal's token is limited to other users. */
export function assertReach(principal: Principal, userId: UserId): void {
  if (principal.reach === null || principal.reach.has(userId)) return
  throw new Failure('forbidden', 'This token may not touch this user.', { reason: 'scope_missing' })
}

export const permissionMissing = (permission: string): Failure =>
  new Failure('forbidden', `This needs the permission ${permission}.`, { reason: 'permission_missing' })

export const noSuchUser = (): Failure => new Failure('not_found', 'There is no such user.', { reason: 'no_such_user' })

/** Throws Failure `conflict` changed_meanwhile when what the caller saw is no more so. */
export function assertHolds(condition: Condition | undefined): void {
  if (condition === undefined || condition()) return
  throw new Failure('conflict', 'It has changed since it was read. Read it again, then decide.', { reason: 'changed_meanwhile' })
}
