import { expect, test } from 'vitest'
import type { Settings } from '../../src/core/accounts.ts'
import { PERMISSIONS } from '../../src/core/principal.ts'
import { expectFailure, logIn, openDirectory, openHouse } from './house.ts'

const permissionMissing = { code: 'forbidden', reason: 'permission_missing' } as const
const scopeMissing = { code: 'forbidden', reason: 'scope_missing' } as const

test('[A23] an ordinary user changes name, time zone and password, and nothing else', async () => {
  const { directory, admin, root } = await openHouse()
  const { id } = await admin.createUser({ username: 'ada', password: 'p' })
  const own = directory.administration.as((await logIn(directory, 'ada', 'p')).principal)
  expect(await own.updateUser(id, { name: 'Ada', timezone: 'Europe/Oslo' })).toMatchObject({
    name: 'Ada',
    timezone: 'Europe/Oslo',
  })
  for (const change of [{ roles: ['admin'] as const }, { username: 'eda' }, { active: false }, { email: 'a@b.org' }])
    await expectFailure(own.updateUser(id, change), permissionMissing)
  await expectFailure(own.updateUser(root.user.id, { name: 'x' }), permissionMissing)
  await expectFailure(own.createUser({ username: 'x' }), permissionMissing)
  await expectFailure(own.deleteUser(id), permissionMissing)
  await expectFailure(own.changeSettings({ graceMs: 1 }), permissionMissing)
  await expectFailure(own.changeRolePermissions({ 'manage-users': ['user'] }), permissionMissing)
  await expectFailure(own.putPreset({ name: 'x', availability: 'away' }), permissionMissing)
  await expectFailure(own.deletePreset('x'), permissionMissing)
})

test('[A23] an administrator’s token without the scope administers nothing', async () => {
  const { directory, admin, root } = await openHouse()
  const { token } = await admin.createToken({ kind: 'personal', name: 'reader', scopes: ['presence:read'] })
  const reader = directory.administration.as(directory.authentication.byToken(token) ?? root.principal)
  await expectFailure(reader.createUser({ username: 'x' }), scopeMissing)
  await expectFailure(reader.updateUser(root.user.id, { name: 'x' }), scopeMissing)
  await expectFailure(reader.deleteUser(root.user.id), scopeMissing)
  await expectFailure(reader.changeSettings({ graceMs: 1 }), scopeMissing)
  await expectFailure(reader.putPreferences(root.user.id, []), scopeMissing)
  expect(await reader.preferences(root.user.id)).toEqual([])
})

test('[A23] who manages users without being an administrator makes and touches none', async () => {
  const { directory, admin, root } = await openHouse()
  await admin.changeRolePermissions({ 'manage-users': ['admin', 'guest'] })
  const { id } = await admin.createUser({ username: 'clerk', password: 'p', roles: ['guest'] })
  const clerk = directory.administration.as((await logIn(directory, 'clerk', 'p')).principal)
  expect((await clerk.createUser({ username: 'ada' })).username).toBe('ada')
  await expectFailure(clerk.createUser({ username: 'x', roles: ['admin'] }), permissionMissing)
  await expectFailure(clerk.updateUser(id, { roles: ['admin'] }), permissionMissing)
  await expectFailure(clerk.updateUser(root.user.id, { password: 'taken over' }), permissionMissing)
  await expectFailure(clerk.deleteUser(root.user.id), permissionMissing)
  await expectFailure(clerk.createToken({ kind: 'personal', name: 'x', userId: root.user.id }), permissionMissing)
})

test('[A24] a limited token changes nothing that concerns everybody, and nobody’s roles', async () => {
  const { directory, admin, root } = await openHouse()
  const { id } = await admin.createUser({ username: 'ada', password: 'p' })
  const { token } = await admin.createToken({ kind: 'personal', name: 'limited', users: [id, root.user.id] })
  const limited = directory.administration.as(directory.authentication.byToken(token) ?? root.principal)
  await expectFailure(limited.changeSettings({ graceMs: 1 }), scopeMissing)
  await expectFailure(limited.changeRolePermissions({ 'manage-users': ['user'] }), scopeMissing)
  await expectFailure(limited.putPreset({ name: 'x', availability: 'away' }), scopeMissing)
  await expectFailure(limited.deletePreset('x'), scopeMissing)
  await expectFailure(limited.updateUser(id, { roles: ['admin'] }), scopeMissing)
  expect(await limited.updateUser(id, { name: 'Ada' })).toMatchObject({ name: 'Ada', roles: ['user'] })
})

test('[A24] what roles may do holds at once, on every node, and only administrators change it', async () => {
  const { ledger, directory, admin, root } = await openHouse()
  const elsewhere = await openDirectory(ledger)
  const { id } = await admin.createUser({ username: 'ada', password: 'p' })
  const { token, principal } = await logIn(directory, 'ada', 'p')
  expect([...principal.permissions]).toEqual(['list-users'])
  expect(elsewhere.authentication.byToken(token)?.permissions.has('read-explain')).toBe(false)
  await admin.changeRolePermissions({ 'read-explain': ['admin', 'user'], 'manage-settings': ['admin', 'user'] })
  await new Promise(setImmediate)
  for (const node of [directory, elsewhere])
    expect(node.authentication.byToken(token)?.permissions.has('read-explain')).toBe(true)
  const own = directory.administration.as(directory.authentication.byToken(token) ?? root.principal)
  await own.changeSettings({ graceMs: 1 })
  await expectFailure(own.changeRolePermissions({ 'manage-users': ['user'] }), permissionMissing)
  expect((await own.rolePermissions())['read-explain']).toEqual(['admin', 'user'])
  await admin.updateUser(id, { roles: ['admin'] })
  expect(directory.authentication.byToken(token)?.permissions.size).toBe(PERMISSIONS.length)
})

test('[A25] settings start as documented, change at once on every node, and tell who listens since when', async () => {
  const { ledger, directory, admin } = await openHouse()
  expect(directory.settings.current).toEqual({
    notesAllowed: true,
    invisibleAllowed: true,
    broadcastDisabled: false,
    broadcastOthers: true,
    statusesEnabled: true,
    awayAfterMs: 300_000,
    graceMs: 10_000,
    declaredOnlineMaxMs: 28_800_000,
    allowedOrigins: [],
    webhookHosts: [],
    rateCallsMax: 600,
    rateWindowMs: 60_000,
    history: 'off',
    historyDays: 30,
    auditDays: 365,
  })
  const elsewhere = await openDirectory(ledger)
  const told: (readonly [Settings, number])[] = []
  for (const node of [directory, elsewhere]) node.settings.onChange((settings, at) => told.push([settings, at]))
  const change = { notesAllowed: false, allowedOrigins: ['https://app.example.org'], declaredOnlineMaxMs: 0 }
  const changed = await admin.changeSettings(change)
  await new Promise(setImmediate)
  expect(changed).toEqual({ ...changed, ...change })
  expect([elsewhere.settings.current, (await openDirectory(ledger)).settings.current]).toEqual([changed, changed])
  expect(told).toEqual([
    [changed, expect.any(Number)],
    [changed, told[0]?.[1]],
  ])
  await admin.changeSettings(change)
  expect(told).toHaveLength(2)
})

test('[A25] two nodes that change different settings at once both succeed', async () => {
  const { ledger, admin, root } = await openHouse()
  const other = (await openDirectory(ledger)).administration.as(root.principal)
  await Promise.all([admin.changeSettings({ graceMs: 1 }), other.changeSettings({ awayAfterMs: 2_000 })])
  expect((await openDirectory(ledger)).settings.current).toMatchObject({ graceMs: 1, awayAfterMs: 2_000 })
})

test.for([
  { awayAfterMs: 999 },
  { awayAfterMs: 86_400_001 },
  { graceMs: 1.5 },
  { declaredOnlineMaxMs: -1 },
  { rateCallsMax: 0 },
  { rateWindowMs: 0 },
  { allowedOrigins: ['https://app.example.org/path'] },
  { allowedOrigins: ['*'] },
])('[A25] a setting out of bounds is refused by name: %j', async (change) => {
  const { admin } = await openHouse()
  await expectFailure(admin.changeSettings(change), { code: 'invalid', field: Object.keys(change)[0] ?? '' })
})

test('[A25] an unknown setting is refused by name', async () => {
  const { admin } = await openHouse()
  const change: object = { unknown: true }
  await expectFailure(admin.changeSettings(change), { code: 'invalid', reason: 'no_such_setting', field: 'unknown' })
})

test('[A26] preset names are unique in any case and not empty, at one node and two', async () => {
  const { ledger, admin, root } = await openHouse()
  const other = (await openDirectory(ledger)).administration.as(root.principal)
  const lunch = await admin.putPreset({ name: 'Lunch', availability: 'away' })
  await expectFailure(admin.putPreset({ name: 'LUNCH', availability: 'busy' }), {
    code: 'conflict',
    reason: 'taken',
    field: 'name',
  })
  await expectFailure(admin.putPreset({ name: ' ', availability: 'busy' }), { code: 'invalid', field: 'name' })
  const unknown = { code: 'not_found', reason: 'no_such_preset' } as const
  await expectFailure(admin.putPreset({ id: 'unknown', name: 'x', availability: 'busy' }), unknown)
  expect(await admin.putPreset({ id: lunch.id, name: 'lunch', availability: 'busy' })).toMatchObject({
    id: lunch.id,
    name: 'lunch',
  })
  const both = await Promise.allSettled([
    admin.putPreset({ name: 'Focus', availability: 'dnd' }),
    other.putPreset({ name: 'focus', availability: 'dnd' }),
  ])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  await admin.deletePreset(lunch.id)
  await expectFailure(admin.deletePreset(lunch.id), unknown)
  expect(await admin.presets()).toHaveLength(1)
})

test('[A27] preferences are put, replaced and deleted by category and name, within their bounds', async () => {
  const { admin, root } = await openHouse()
  const { id } = root.user
  await admin.putPreferences(id, [
    { category: 'a', name: 'b', value: '1' },
    { category: 'a', name: 'c/d', value: '{"x":"é"}' },
    { category: 'a', name: 'b', value: '2' },
  ])
  const all = [
    { category: 'a', name: 'b', value: '2' },
    { category: 'a', name: 'c/d', value: '{"x":"é"}' },
  ]
  expect(await admin.preferences(id)).toEqual(all)
  await admin.deletePreferences(id, [all[1] ?? { category: '', name: '' }, { category: 'no', name: 'such' }])
  expect(await admin.preferences(id)).toEqual(all.slice(0, 1))
  const many = Array.from({ length: 1_000 }, (_, i) => ({ category: 'many', name: `${i}`, value: '' }))
  await expectFailure(admin.putPreferences(id, many), { code: 'invalid' })
  await expectFailure(admin.putPreferences(id, [{ category: 'a', name: 'b', value: 'x'.repeat(32_769) }]), { field: 'value' })
  await expectFailure(admin.putPreferences(id, [{ category: '', name: 'b', value: '' }]), { code: 'invalid', field: 'name' })
})

test('[A27] others’ preferences are for those who may set their presence; an administrator’s only for administrators', async () => {
  const { directory, admin, root } = await openHouse()
  const ada = await admin.createUser({ username: 'ada', password: 'p' })
  await admin.createUser({ username: 'bea', password: 'p', roles: ['guest'] })
  const preference = { category: 'a', name: 'b', value: '1' }
  await admin.putPreferences(ada.id, [preference])
  const { principal } = await logIn(directory, 'bea', 'p')
  await expectFailure(directory.administration.as(principal).preferences(ada.id), permissionMissing)
  await admin.changeRolePermissions({ 'set-others-presence': ['admin', 'guest'] })
  const bea = directory.administration.as((await logIn(directory, 'bea', 'p')).principal)
  expect(await bea.preferences(ada.id)).toEqual([preference])
  await expectFailure(bea.putPreferences(root.user.id, [preference]), permissionMissing)
  await expectFailure(bea.preferences('nobody'), { code: 'not_found', reason: 'no_such_user' })
})
