import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FarAdministration, ToldUser } from '../../src/client/administration.ts'
import type { FarGroups } from '../../src/client/groups.ts'
import type { Administration, Settings, User, UserChange } from '../../src/core/accounts.ts'
import type { Groups } from '../../src/core/groups.ts'
import type { Instant, ShownPresence, UserId } from '../../src/core/vocabulary.ts'

type Deeds =
  | 'createUser'
  | 'deleteUser'
  | 'createPasswordLink'
  | 'createToken'
  | 'tokens'
  | 'deleteToken'
  | 'rolePermissions'
  | 'changeRolePermissions'
  | 'preferences'
  | 'putPreferences'
  | 'deletePreferences'
type GroupDeeds = 'create' | 'rename' | 'remove' | 'changeMembers'

/** What the administrator has, in the process or from afar. */
export interface Office {
  readonly userId: UserId
  readonly administration: {
    updateUser(userId: UserId, change: UserChange): Promise<ToldUser>
    changeSettings(change: Partial<Settings>): Promise<Settings>
  } & {
    readonly [Deed in Deeds]: (
      ...said: Parameters<Administration[Deed]>
    ) => ReturnType<FarAdministration[Deed] | Administration[Deed]>
  }
  /** Only while what is changed is as it was seen. */
  updateUserAs(seen: ToldUser, change: UserChange): Promise<ToldUser>
  changeSettingsAs(seen: Settings, change: Partial<Settings>): Promise<Settings>
  readonly groups: Pick<Groups | FarGroups, GroupDeeds>
  user(userId: UserId): Promise<ToldUser>
  settings(): Promise<Settings>
  groupsOf(userId: UserId): Promise<readonly string[]>
  members(groupId: string): Promise<readonly ShownPresence[]>
  /** Null: the token opens nothing. */
  whoHas(token: string): Promise<UserId | null>
  now(): Instant
  close(): Promise<void>
}

/** What every implementation of administration promises: users, tokens, settings, groups. */
export function administrationContract(name: string, open: () => Promise<Office>): void {
  describe(`${name} administers:`, () => {
    let office: Office
    beforeAll(async () => {
      office = await open()
    })
    afterAll(() => office.close())

    test('[X14] a user is made, changed and deleted; each answer is what is read', async () => {
      const { administration } = office
      const made = await administration.createUser({ username: 'anna', name: 'Anna', email: 'anna@example.org' })
      expect(made).toMatchObject({ username: 'anna', roles: ['user'], bot: false, active: true, timezone: null })
      expect(told(await office.user(made.id))).toEqual(told(made))
      const changed = await administration.updateUser(made.id, { name: 'Anna B', timezone: 'Europe/Berlin', email: null })
      expect(told(changed)).toEqual({
        ...told(made),
        name: 'Anna B',
        timezone: 'Europe/Berlin',
        email: null,
        updatedAt: changed.updatedAt,
      })
      expect(typeof changed.updatedAt).toBe('number')
      expect(Object.values(changed.ids).every((id) => typeof id === 'string')).toBe(true)
      await administration.deleteUser(made.id)
      await expect(administration.deleteUser(made.id)).rejects.toMatchObject({ code: 'not_found', reason: 'no_such_user' })
    })

    test('[X14] what is refused is the same failure: code, reason and field', async () => {
      const { administration, groups } = office
      await administration.createUser({ username: 'bert' })
      const all = await groups.create('All', [])
      const refused = [
        [() => administration.createUser({ username: 'Bert' }), { code: 'conflict', reason: 'taken', field: 'username' }],
        [() => administration.createUser({ username: 'no spaces' }), { code: 'invalid', field: 'username' }],
        [() => administration.updateUser(office.userId, { roles: ['user'] }), { code: 'conflict', reason: 'last_administrator' }],
        [() => administration.deleteToken(office.userId, 'nothing'), { code: 'not_found', reason: 'no_such_token' }],
        [() => administration.changeSettings({ graceMs: -1 }), { code: 'invalid', field: 'graceMs' }],
        [() => groups.changeMembers(all.id, { add: ['nobody'] }), { code: 'not_found', reason: 'no_such_user' }],
        [() => groups.rename('nothing', 'something'), { code: 'not_found', reason: 'no_such_group' }],
      ] as const
      for (const [deed, parts] of refused) await expect(deed()).rejects.toMatchObject({ name: 'Failure', ...parts })
    })

    test('[X14] a token is made, opens the door as whose it is, is listed with its limits, and ended', async () => {
      const { administration } = office
      const carl = await administration.createUser({ username: 'carl' })
      const until = office.now() + 3_600_000
      const wanted = {
        kind: 'personal',
        name: 'laptop',
        userId: carl.id,
        scopes: ['presence:read'],
        users: [carl.id],
        until,
      } as const
      const { token, description } = await administration.createToken(wanted)
      expect(description).toMatchObject({ ...wanted, groups: null, origins: null, lastUsedAt: null, tail: token.slice(-6) })
      expect(await administration.tokens(carl.id)).toEqual([description])
      expect(await office.whoHas(token)).toBe(carl.id)
      await administration.deleteToken(carl.id, description.id)
      expect(await administration.tokens(carl.id)).toEqual([])
      expect(await office.whoHas(token)).toBeNull()
      const link = await administration.createPasswordLink(carl.id)
      expect(link.secret).toMatch(/^[\w-]{20,}$/)
      expect(link.until).toBeGreaterThan(office.now())
    })

    test('[X14] settings are read whole, and changed one by one', async () => {
      const before = await office.settings()
      const changed = await office.administration.changeSettings({ awayAfterMs: 60_000, allowedOrigins: ['https://example.org'] })
      expect(changed).toEqual({ ...before, awayAfterMs: 60_000, allowedOrigins: ['https://example.org'] })
      expect(await office.settings()).toEqual(changed)
    })

    test('[X14] [N48] what was changed since it was seen is not changed by who saw it before', async () => {
      const { administration } = office
      const { id } = await administration.createUser({ username: 'frida' })
      const seen = await office.user(id)
      expect(await office.updateUserAs(seen, { name: 'Frida' })).toMatchObject({ name: 'Frida' })
      const late = { code: 'conflict', reason: 'changed_meanwhile' }
      await expect(office.updateUserAs(seen, { name: 'Someone' })).rejects.toMatchObject(late)
      expect(await office.user(id)).toMatchObject({ name: 'Frida' })
      const settings = await office.settings()
      const { rateCallsMax } = await office.changeSettingsAs(settings, { rateCallsMax: settings.rateCallsMax + 1 })
      expect(rateCallsMax).toBe(settings.rateCallsMax + 1)
      await expect(office.changeSettingsAs(settings, { rateCallsMax: 700 })).rejects.toMatchObject(late)
      expect((await office.settings()).rateCallsMax).toBe(rateCallsMax)
    })

    test('[X14] [N53] permissions are given to exactly the roles that are named', async () => {
      const { administration } = office
      const before = await administration.rolePermissions()
      await administration.changeRolePermissions({ 'read-metrics': ['bot', 'admin'], 'read-audit': [] })
      expect(await administration.rolePermissions()).toEqual({ ...before, 'read-metrics': ['bot', 'admin'], 'read-audit': [] })
      await expect(administration.changeRolePermissions({ 'read-metrics': ['king' as never] })).rejects.toMatchObject({
        code: 'invalid',
      })
    })

    test('[X14] [N54] preferences are kept by category and name, and deleted', async () => {
      const { administration } = office
      const { id } = await administration.createUser({ username: 'gerd' })
      const [theme, zone] = [
        { category: 'display', name: 'theme', value: 'dark' },
        { category: 'display', name: 'zone', value: '' },
      ] as const
      expect(await administration.preferences(id)).toEqual([])
      await administration.putPreferences(id, [theme, zone])
      await administration.putPreferences(id, [{ ...theme, value: 'light' }])
      await administration.deletePreferences(id, [zone, { category: 'never', name: 'there' }])
      expect(await administration.preferences(id)).toEqual([{ ...theme, value: 'light' }])
      await expect(administration.putPreferences(id, [{ ...theme, name: '' }])).rejects.toMatchObject({ code: 'invalid' })
      await expect(administration.preferences('nobody')).rejects.toMatchObject({ code: 'not_found', reason: 'no_such_user' })
    })

    test('[X14] a group is made, filled, renamed and deleted', async () => {
      const { administration, groups } = office
      const [dora, emil] = [
        await administration.createUser({ username: 'dora' }),
        await administration.createUser({ username: 'emil' }),
      ]
      const group = await groups.create('Help desk', [dora.id])
      expect(group).toMatchObject({ name: 'Help desk', members: 1 })
      expect(await groups.changeMembers(group.id, { add: [dora.id, emil.id] })).toMatchObject({ added: 1, removed: 0 })
      expect(new Set((await office.members(group.id)).map(({ userId, availability }) => `${userId} ${availability}`))).toEqual(
        new Set([`${dora.id} offline`, `${emil.id} offline`]),
      )
      expect(await groups.rename(group.id, 'Support')).toMatchObject({ id: group.id, name: 'Support', members: 2 })
      expect(await office.groupsOf(emil.id)).toEqual(['Support'])
      await groups.remove(group.id)
      expect(await office.groupsOf(emil.id)).toEqual([])
    })
  })
}

/** Whether there is a password is not told. */
function told(user: ToldUser | User): ToldUser {
  const { hasPassword: _, ...rest } = { hasPassword: undefined, ...user }
  return rest
}
