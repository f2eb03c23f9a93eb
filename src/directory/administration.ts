import type { Administration, AdministrationService, UserChange } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import type { Write } from '../core/ports.ts'
import type { Principal } from '../core/principal.ts'
import type { UserId } from '../core/vocabulary.ts'
import { assertBrought } from './broughtHashes.ts'
import type { Delays } from './delays.ts'
import { digestOfNew, type Passwords } from './passwords.ts'
import type { PeopleChanges } from './people.ts'
import {
  assertPermission,
  assertReach,
  assertScope,
  assertWorkspacePermission,
  noSuchUser,
  permissionMissing,
} from './permission.ts'
import type { Preferences } from './preferences.ts'
import type { Presets } from './presets.ts'
import type { Replica } from './replica.ts'
import type { Workspace } from './settings.ts'
import type { TokenChanges } from './tokenChanges.ts'
import type { Users } from './users.ts'

export interface AdministrationParts {
  readonly users: Users
  readonly people: PeopleChanges
  readonly tokenChanges: TokenChanges
  readonly passwords: Passwords
  readonly delays: Delays
  readonly workspace: Workspace
  readonly presets: Presets
  readonly preferences: Preferences
  readonly replica: Replica
}

/** What everybody may change of themselves. */
const OWN_FIELDS: ReadonlySet<string> = new Set<keyof UserChange>(['name', 'timezone', 'password', 'currentPassword'])

export function createAdministration(parts: AdministrationParts): AdministrationService {
  const { users, people, tokenChanges, passwords, delays, workspace, presets, preferences, replica } = parts

  const commit = (plan: () => Write[]): Promise<null> => replica.change(() => ({ writes: plan(), answer: null }))

  /** Throws unless the principal gave its own present password; wrong ones count as failed logins. */
  async function assertCurrentPassword({ userId }: Principal, { currentPassword }: UserChange): Promise<void> {
    const kept = users.stored(userId)?.passwordHash ?? null
    if (kept === null) return
    const field = 'currentPassword'
    if (currentPassword === undefined) throw new Failure('invalid', 'currentPassword must be given.', { field })
    await delays.turn(userId, '')
    if (await passwords.verify(kept, { password: currentPassword })) return delays.succeeded(userId, '')
    delays.failed(userId, '')
    throw new Failure('forbidden', 'currentPassword is wrong.', { reason: 'wrong_password', field })
  }

  function assertMayUpdate(principal: Principal, userId: UserId, change: UserChange): void {
    assertScope(principal, 'admin')
    assertReach(principal, userId)
    const asked = Object.entries(change).filter(([, value]) => value !== undefined)
    const isOwn = userId === principal.userId && asked.every(([field]) => OWN_FIELDS.has(field))
    if (isOwn) return
    if (change.roles === undefined) assertPermission(principal, 'manage-users')
    else assertWorkspacePermission(principal, 'manage-users')
  }

  async function hashOfNew(by: Principal, { password, passwordHash }: UserChange): Promise<{ readonly passwordHash?: string }> {
    if (password !== undefined) return { passwordHash: await passwords.hash(digestOfNew(password)) }
    if (passwordHash === undefined) return {}
    if (!by.administrator) throw permissionMissing('of an administrator')
    assertBrought(passwordHash)
    return { passwordHash }
  }

  /** Preferences are part of how somebody's presence is shown and set; a token that stands in a page does not get them. */
  function assertPreferences(principal: Principal, userId: UserId, does: 'read' | 'write'): void {
    assertReach(principal, userId)
    if (users.people.versionOf(userId) === 0) throw noSuchUser()
    const isOwn = userId === principal.userId
    const reads = does === 'read' && principal.reach === null
    assertScope(principal, !isOwn ? 'presence:write-others' : reads ? 'presence:read' : 'presence:write-own')
    if (isOwn) return
    const may = principal.permissions.has('set-others-presence') || principal.permissions.has('manage-users')
    if (!may || (users.stored(userId)?.roles.includes('admin') && !principal.administrator))
      throw permissionMissing('set-others-presence')
  }

  const as = (principal: Principal): Administration => ({
    async createUser(user) {
      assertPermission(principal, 'manage-users')
      if (principal.reach !== null) assertReach(principal, user.id ?? '')
      const created = await people.create(user, { by: principal, ...(await hashOfNew(principal, user)) })
      if (created === null) throw noSuchUser()
      return created
    },
    async updateUser(userId, change, condition) {
      assertMayUpdate(principal, userId, change)
      if (users.people.versionOf(userId) === 0) throw noSuchUser()
      if (change.password !== undefined) {
        digestOfNew(change.password)
        if (userId === principal.userId) await assertCurrentPassword(principal, change)
      }
      return people.update(userId, change, {
        by: principal,
        ...(await hashOfNew(principal, change)),
        ...(condition !== undefined && { condition }),
      })
    },
    async createPasswordLink(userId) {
      assertPermission(principal, 'manage-users')
      assertReach(principal, userId)
      return people.link(userId, principal)
    },
    async deleteUser(userId) {
      assertPermission(principal, 'manage-users')
      assertReach(principal, userId)
      await people.remove(userId, principal)
    },
    createToken: (token) => tokenChanges.create(principal, token),
    tokens: async (userId) => tokenChanges.list(principal, userId),
    deleteToken: (userId, tokenId) => tokenChanges.remove(principal, userId, tokenId),
    async changeSettings(change, condition) {
      assertWorkspacePermission(principal, 'manage-settings')
      return workspace.changeSettings(change, principal.by, condition)
    },
    rolePermissions: async () => workspace.rolePermissions(),
    async changeRolePermissions(change) {
      assertWorkspacePermission(principal, 'manage-settings')
      if (!principal.administrator) throw permissionMissing('of an administrator')
      await workspace.changeRolePermissions(change, principal.by)
    },
    presets: async () => presets.current,
    async putPreset(preset) {
      assertWorkspacePermission(principal, 'manage-presets')
      return presets.put(preset, principal.by)
    },
    async deletePreset(presetId) {
      assertWorkspacePermission(principal, 'manage-presets')
      await presets.remove(presetId, principal.by)
    },
    async preferences(userId) {
      assertPreferences(principal, userId, 'read')
      return preferences.of(userId)
    },
    async putPreferences(userId, changed) {
      assertPreferences(principal, userId, 'write')
      await commit(() => preferences.write(userId, changed))
    },
    async deletePreferences(userId, names) {
      assertPreferences(principal, userId, 'write')
      await commit(() => preferences.remove(userId, names))
    },
  })
  return { as, onPreset: presets.onChange, onPreference: preferences.onChange }
}
