import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { createTalk } from './talk.ts'

let server: Server
let talk: ReturnType<typeof createTalk>
let ann: Person
let bob: Person
let admin: Person

beforeAll(async () => {
  server = await startServer()
  talk = createTalk(server)
  admin = await server.login('admin', 'correct horse battery staple')
  ann = await server.createUser({ username: 'ann', name: 'Ann', email: 'ann@example.org' })
  bob = await server.createUser({ username: 'bob', name: 'Bob', roles: ['user', 'bot'], bot: true })
})
afterAll(() => server.stop())

const idOf = (person: Person): string => person.user.ids.rocketchat
const names = (answer: { body: { users: { username: string }[] } }) => answer.body.users.map(({ username }) => username)
const create = (body: object) =>
  talk.post('users.create', admin, { email: 'x@example.org', name: 'X', username: 'x', password: 'a password', ...body })

test('[RC-1.5-1] users.getPresence tells the presence, for oneself the connections too', async () => {
  await talk.post('users.setStatus', ann, { status: 'busy' })
  expect((await talk.get('users.getPresence', ann)).text).toBe('{"presence":"busy","connectionStatus":"offline","success":true}')
  expect((await talk.get('users.getPresence', bob, { userId: idOf(ann) })).text).toBe('{"presence":"busy","success":true}')
  expect((await talk.get('users.getPresence', bob, { userId: 'nobody' })).body.errorType).toBe('error-invalid-user')
  expect((await talk.get('users.getPresence', bob, { userId: ' ' })).body.errorType).toBe('error-user-param-not-provided')
  expect((await talk.get('users.getPresence', bob, { x: '1' })).body.errorType).toBe('error-invalid-params')
})

test('[RC-1.5-3] users.listByStatus lists accounts', async () => {
  const list = (query = '') => talk.get('users.listByStatus', ann, query)
  const all = await list()
  expect(Object.keys(all.body)).toEqual(['users', 'count', 'offset', 'total', 'success'])
  expect(names(all)).toEqual(['admin', 'ann', 'bob'])
  expect(all.body.users[1]).toMatchObject({
    _id: idOf(ann),
    name: 'Ann',
    status: 'busy',
    active: true,
    roles: ['user'],
    type: 'user',
  })
  expect(names(await list('status=deactivated'))).toEqual([])
  expect(names(await list('status=active&type=bot'))).toEqual(['bob'])
  expect(names(await list('roles=bot'))).toEqual(['bob'])
  expect(names(await list('roles[]=bot&roles[]=admin'))).toEqual(['admin', 'bob'])
  expect(names(await list('searchTerm=AN'))).toEqual(['ann'])
  expect(names(await list('inactiveReason[]=pending_approval'))).toEqual([])
  expect(names(await list('hasLoggedIn=true'))).toContain('ann')
})

test('[RC-1.5-16] users.list tells who is there, as the libraries of bots ask for it', async () => {
  const list = (query: object = {}, fields?: object, more = '') => {
    const asked = new URLSearchParams({ query: JSON.stringify(query), ...(fields && { fields: JSON.stringify(fields) }) })
    return talk.get('users.list', ann, asked.toString() + more)
  }
  const all = await talk.get('users.list', ann)
  expect(Object.keys(all.body)).toEqual(['users', 'count', 'offset', 'total', 'success'])
  expect(all.body.users.find(({ _id }: { _id: string }) => _id === idOf(ann))).toMatchObject({
    username: 'ann',
    name: 'Ann',
    status: 'busy',
    statusSource: 'manual',
    active: true,
    roles: ['user'],
    type: 'user',
  })
  expect(names(await list({ status: { $ne: 'offline' } }))).toEqual(['ann'])
  expect(names(await list({ status: { $in: ['offline', 'away'] } }))).toEqual(['admin', 'bob'])
  expect(names(await list({ status: { $nin: ['busy'] }, roles: 'bot' }))).toEqual(['bob'])
  expect(names(await list({ username: { $eq: 'bob' }, active: true }))).toEqual(['bob'])
  expect((await list({ status: 'busy' }, { status: 1 })).body.users).toEqual([{ _id: idOf(ann), status: 'busy' }])
  expect(Object.keys((await list({ status: 'busy' }, { emails: 0, name: 0 })).body.users[0])).not.toContain('name')
  expect((await list({}, {}, '&count=1&offset=1')).body).toMatchObject({ count: 1, offset: 1, total: 3 })
  for (const query of [{ $where: '1' }, { status: { $regex: 'o' } }, { status: { $in: 'busy' } }, { status: ['busy'] }, []])
    expect((await list(query)).body.errorType).toBe('error-invalid-query')
  for (const fields of [{ status: 'yes' }, []]) expect((await list({}, fields)).body.errorType).toBe('error-invalid-fields')
  expect((await talk.get('users.list', ann, 'sort=upwards')).body.errorType).toBe('error-invalid-sort')
})

test('[RC-1.5-5] lists are paged and sorted', async () => {
  const list = (query: string) => talk.get('users.listByStatus', ann, query)
  expect(names(await list(`sort=${encodeURIComponent('{"username":-1}')}`))).toEqual(['bob', 'ann', 'admin'])
  const second = await list('count=1&offset=1')
  expect([names(second), second.body.count, second.body.offset, second.body.total]).toEqual([['ann'], 1, 1, 3])
  expect(names(await list('count=0'))).toHaveLength(3)
  expect((await list('sort=upwards')).body.errorType).toBe('error-invalid-sort')
  expect((await list('count=many')).body.errorType).toBe('error-invalid-params')
})

test('[RC-1.5-4] [RC-1.5-3] [RC-1.5-16] a bad status, and no permission', async () => {
  const bad = await talk.get('users.listByStatus', ann, 'status=away')
  expect(bad.body).toEqual({
    success: false,
    errorType: 'error-invalid-params',
    error: 'must be equal to one of the allowed values',
  })
  const roles = (roles: string[]) => talk.post('permissions.update', admin, { permissions: [{ _id: 'view-d-room', roles }] })
  await roles(['admin'])
  for (const list of ['users.listByStatus', 'users.list']) expect((await talk.get(list, ann)).status).toBe(403)
  await roles(['admin', 'user'])
  expect((await talk.get('users.listByStatus', ann)).status).toBe(200)
})

test('[RC-1.5-6] [RC-1.5-8] [RC-1.7-7] [RC-1.7-8] presets are made, listed, changed and deleted', async () => {
  const made = await talk.post('custom-user-status.create', admin, { name: 'Lunch', statusType: 'away' })
  const preset = made.body.customUserStatus
  expect(preset).toEqual({ _id: expect.any(String), name: 'Lunch', statusType: 'away', _updatedAt: expect.any(String) })
  await talk.post('custom-user-status.create', admin, { name: 'Deep work', statusType: 'busy' })
  const list = async (query: Record<string, string> = {}) =>
    (await talk.get('custom-user-status.list', ann, query)).body.statuses.map(({ name }: { name: string }) => name)
  expect(await list()).toEqual(['Deep work', 'Lunch'])
  expect(await list({ name: 'LUN' })).toEqual(['Lunch'])
  expect(await list({ _id: preset._id })).toEqual(['Lunch'])
  expect(await list({ sort: '{"name":-1}', count: '1' })).toEqual(['Lunch'])
  const { body } = await talk.get('custom-user-status.list', ann)
  expect(Object.keys(body)).toEqual(['statuses', 'count', 'offset', 'total', 'success'])
  const changed = await talk.post('custom-user-status.update', admin, { _id: preset._id, name: 'Brunch', statusType: 'busy' })
  expect(changed.body.customUserStatus).toMatchObject({ _id: preset._id, name: 'Brunch', statusType: 'busy' })
  expect((await talk.post('custom-user-status.update', admin, { _id: 'none', name: 'x' })).body.error).toBe(
    'No custom user status found with the id of "none".',
  )
  expect((await talk.post('custom-user-status.delete', admin, { customUserStatusId: preset._id })).text).toBe('{"success":true}')
  expect((await talk.post('custom-user-status.delete', admin, { customUserStatusId: preset._id })).body).toMatchObject({
    error: 'Invalid user status [Custom_User_Status_Error_Invalid_User_Status]',
  })
  expect(await list()).toEqual(['Deep work'])
})

test('[RC-1.5-9] presets that may not be', async () => {
  const errorOf = async (body: object, person = admin) => (await talk.post('custom-user-status.create', person, body)).body.error
  const taken = await talk.post('custom-user-status.create', admin, { name: 'Taken' })
  expect(taken.body.customUserStatus.statusType).toBe('')
  expect(await errorOf({ name: ' ' })).toBe('The field Name is required [error-the-field-is-required]')
  expect(await errorOf({ name: '<b>' })).toBe('<b> is not a valid name [error-input-is-not-a-valid-field]')
  expect(await errorOf({ name: 'x', statusType: 'gone' })).toBe(
    'gone is not a valid status type [error-input-is-not-a-valid-field]',
  )
  expect(await errorOf({ name: 'Taken' })).toBe(
    'The custom user status name is already in use [Custom_User_Status_Error_Name_Already_In_Use]',
  )
  expect(await errorOf({ name: 'x' }, ann)).toBe('[not_authorized]')
  expect(await errorOf({})).toBe("must have required property 'name'")
})

test('[RC-1.5-10] [RC-1.5-11] preferences are kept, with their defaults', async () => {
  const set = (person: Person, body: object) => talk.post('users.setPreferences', person, body)
  expect((await set(ann, { data: {} })).body.user).toEqual({
    _id: idOf(ann),
    settings: { preferences: { enableAutoAway: true, idleTimeLimit: 300 } },
  })
  const chosen = { enableAutoAway: false, idleTimeLimit: 60, language: 'de', highlights: ['a'] }
  expect((await set(ann, { data: chosen })).body.user.settings.preferences).toEqual(chosen)
  expect((await talk.get('me', ann)).body.settings.preferences).toEqual(chosen)
  expect((await set(ann, { data: { idleTimeLimit: 'soon' } })).body.error).toBe('must be number')
  expect((await set(ann, { data: { nonsense: 1 } })).body.error).toBe('must NOT have additional properties')
  expect((await set(ann, { userId: idOf(bob), data: {} })).body.errorType).toBe('error-action-not-allowed')
  expect((await set(admin, { userId: 'nobody', data: {} })).body.errorType).toBe('error-invalid-user')
  expect((await set(admin, { userId: idOf(bob), data: { idleTimeLimit: 9 } })).body.user._id).toBe(idOf(bob))
})

test('[RC-1.5-12] [RC-1.5-13] connections are counted, broadcasting is switched on', async () => {
  expect((await talk.get('presence.getConnections', admin)).text).toBe('{"current":0,"max":200,"success":true}')
  await talk.setting(admin, 'Presence_broadcast_disabled', true)
  expect((await talk.post('presence.enableBroadcast', ann)).status).toBe(403)
  expect((await talk.post('presence.enableBroadcast', admin)).text).toBe('{"success":true}')
  expect((await talk.get('settings/Presence_broadcast_disabled', admin)).body.value).toBe(false)
})

test('[RC-1.5-15] one’s own basics', async () => {
  const set = (data: object) => talk.post('users.updateOwnBasicInfo', ann, { data })
  const { user } = (await set({ name: 'Ann B', statusText: 'reading', statusType: 'away' })).body
  expect(user).toMatchObject({ _id: idOf(ann), name: 'Ann B', statusText: 'reading', status: 'away' })
  expect((await talk.get('users.getStatus', bob, { username: 'ann' })).body).toMatchObject({ status: 'away', message: 'reading' })
  expect((await set({ statusType: 'gone' })).status).toBe(400)
  expect((await set({ newPassword: 'x' })).status).toBe(400)
})

test('[RC-1.7-1] an account is made', async () => {
  const { status, body } = await create({ roles: ['user'], verified: true })
  expect(status).toBe(200)
  expect(body.user).toMatchObject({
    username: 'x',
    emails: [{ address: 'x@example.org', verified: true }],
    name: 'X',
    status: 'offline',
    roles: ['user'],
    active: true,
  })
  expect((await talk.post('login', null, { user: 'x', password: 'a password' })).status).toBe(200)
  expect((await create({ email: 'y@example.org' })).body.errorType).toBe('error-field-unavailable')
  expect((await create({ username: 'y', email: 'y@example.org', roles: ['king'] })).body.errorType).toBe(
    'error-action-not-allowed',
  )
  expect((await talk.post('users.create', admin, { username: 'y' })).body.errorType).toBe('invalid-params')
  const mine = { email: 'y@example.org', name: 'Y', username: 'y', password: 'a password' }
  expect((await talk.post('users.create', ann, mine)).body).toEqual({
    success: false,
    error: 'Adding user is not allowed [error-action-not-allowed]',
    errorType: 'error-action-not-allowed',
    details: { method: 'insertOrUpdateUser', action: 'Adding_user' },
  })
})

test('[RC-1.7-1] [RC-1.5-15] what may not be said is refused before anything is changed', async () => {
  await talk.setting(admin, 'Accounts_AllowUserStatusMessageChange', false)
  const made = await create({ username: 'texted', email: 'texted@example.org', statusText: 'hello' })
  expect(made.body.errorType).toBe('error-not-allowed')
  expect((await talk.get('users.info', admin, { username: 'texted' })).status).toBe(400)
  const named = await talk.post('users.updateOwnBasicInfo', bob, { data: { name: 'Renamed', statusText: 'hello' } })
  expect(named.body.errorType).toBe('error-not-allowed')
  expect((await talk.get('me', bob)).body.name).not.toBe('Renamed')
  await talk.setting(admin, 'Accounts_AllowUserStatusMessageChange', true)
})

test('[RC-1.7-3] a user is found', async () => {
  const info = (person: Person, query: Record<string, string>) => talk.get('users.info', person, query)
  const seen = (await info(bob, { username: 'ann' })).body.user
  expect(seen).toMatchObject({ _id: idOf(ann), username: 'ann', statusText: 'reading', status: 'away' })
  expect(seen.emails).toBeUndefined()
  expect((await info(bob, { userId: idOf(ann) })).body.user._id).toBe(idOf(ann))
  expect((await info(bob, { email: 'ann@example.org' })).body.user._id).toBe(idOf(ann))
  expect((await info(ann, { username: 'ann' })).body.user.emails).toEqual([{ address: 'ann@example.org', verified: true }])
  expect((await info(admin, { username: 'ann' })).body.user.roles).toEqual(['user'])
  expect((await info(bob, { username: 'nobody' })).text).toBe('{"success":false,"error":"User not found."}')
  expect((await info(bob, {})).body.errorType).toBe('error-invalid-params')
})

test('[RC-1.7-4] an account is switched off and on', async () => {
  const set = (userId: string, activeStatus: boolean) => talk.post('users.setActiveStatus', admin, { userId, activeStatus })
  expect((await set(idOf(bob), false)).text).toBe(`{"user":{"_id":"${idOf(bob)}","active":false},"success":true}`)
  expect((await talk.get('users.getStatus', ann, { userId: idOf(bob) })).body.status).toBe('offline')
  expect((await talk.get('me', bob)).status).toBe(401)
  expect(names(await talk.get('users.listByStatus', ann, 'status=deactivated'))).toEqual(['bob'])
  expect((await set(idOf(bob), true)).body.user.active).toBe(true)
  expect((await set('nobody', true)).text).toBe('{"success":false,"error":"User not found"}')
  expect((await set(idOf(admin), false)).body.errorType).toBe('error-action-not-allowed')
})

test('[RC-1.7-2] an account is deleted', async () => {
  const { user } = (await create({ username: 'gone', email: 'gone@example.org' })).body
  expect((await talk.post('users.delete', admin, { userId: user._id })).text).toBe('{"deletedRooms":[],"success":true}')
  expect((await talk.get('users.getStatus', ann, { userId: user._id })).body.errorType).toBe('error-invalid-user')
  expect((await talk.post('users.delete', admin, { userId: user._id })).body.errorType).toBe('error-invalid-user')
  expect((await talk.post('users.delete', admin, {})).body.errorType).toBe('invalid-params')
  expect((await talk.post('users.delete', ann, { userId: idOf(bob) })).status).toBe(403)
})

test.each([
  ['Accounts_AllowUserStatusMessageChange', true],
  ['Accounts_AllowInvisibleStatusOption', true],
  ['Presence_broadcast_disabled', false],
  ['API_Enable_Rate_Limiter_Limit_Calls_Default', 600],
  ['API_Enable_Rate_Limiter_Limit_Time_Default', 60_000],
])('[RC-1.7-5] [RC-1.7-6] the setting %s', async (id, value) => {
  expect((await talk.get(`settings/${id}`, admin)).text).toBe(`{"_id":"${id}","value":${value},"success":true}`)
  expect((await talk.post(`settings/${id}`, admin, { value })).text).toBe('{"success":true}')
  for (const wrong of ['x', null, {}, undefined])
    expect((await talk.post(`settings/${id}`, admin, { value: wrong })).body).toEqual({ success: false })
  expect((await talk.get(`settings/${id}`, ann)).status).toBe(403)
})

test('[RC-1.7-5] [RC-1.7-6] settings that presence does not know', async () => {
  expect(await talk.get('settings/Site_Url', admin)).toMatchObject({ status: 400, text: '{"success":false}' })
  expect(await talk.post('settings/Site_Url', admin, { value: 'x' })).toMatchObject({ status: 400, text: '{"success":false}' })
  expect((await talk.post('settings/API_Enable_Rate_Limiter_Limit_Calls_Default', admin, { value: -1 })).status).toBe(400)
})

test('[RC-1.7-10] [RC-1.0-19] permissions go to the roles named', async () => {
  const update = (_id: string, roles: string[]) => talk.post('permissions.update', admin, { permissions: [{ _id, roles }] })
  const { body } = await update('edit-other-user-info', ['admin', 'user'])
  expect(body.permissions).toContainEqual({ _id: 'edit-other-user-info', roles: ['admin', 'user'] })
  expect((await talk.post('users.setStatus', ann, { userId: idOf(bob), status: 'busy' })).status).toBe(200)
  expect((await talk.post('users.setStatus', ann, { userId: idOf(admin), status: 'busy' })).status).toBe(403)
  await update('edit-other-user-info', ['admin'])
  expect((await talk.post('users.setStatus', ann, { userId: idOf(bob), status: 'busy' })).status).toBe(403)
  expect((await update('fly', ['admin'])).body).toEqual({
    success: false,
    error: 'Invalid permission',
    errorType: 'error-invalid-permission',
  })
  expect((await update('view-d-room', ['king'])).body).toEqual({
    success: false,
    error: 'Invalid role',
    errorType: 'error-invalid-role',
  })
  expect((await update('view-d-room', ['user', 'user'])).body.errorType).toBe('invalid-params')
  expect((await talk.post('permissions.update', ann, { permissions: [] })).status).toBe(403)
})
