import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { createTalk, inMs, type Query } from './talk.ts'

let server: Server
let talk: ReturnType<typeof createTalk>
let [ann, bob, cat, dan]: Person[] = []
let admin: Person

beforeAll(async () => {
  server = await startServer()
  talk = createTalk(server)
  admin = await server.login('admin', 'correct horse battery staple')
  const made = (username: string, more: object = {}) => server.createUser({ username, ...more })
  ;[ann, bob, cat, dan] = await Promise.all([
    made('ann', { name: 'Ann A', utcOffset: -2, avatarETag: '5BB9B5ny5DkKdrwkq' }),
    made('bob', { utcOffset: 5.5 }),
    made('rocket.cat', { ids: { rocketchat: 'rocket.cat' }, roles: ['bot'], bot: true, name: 'Rocket.Cat' }),
    made('dan'),
  ])
  for (const person of [ann, bob, cat]) await talk.post('users.setStatus', person ?? null, { status: 'online' })
})
afterAll(() => server.stop())

const list = (query: Query = '', reader: Person | null = ann ?? null) => talk.get('users.presence', reader, query)
const idOf = (person: Person | undefined): string => person?.user.ids.rocketchat
const idsIn = (answer: { body: { users: { _id: string }[] } }): string[] => answer.body.users.map(({ _id }) => _id).sort()
const set = (person: Person | undefined, body: object) => talk.post('users.setStatus', person ?? null, body)
const both = (): string[] => [idOf(ann), idOf(bob)].sort()

test('[RC-1.4-1] seed 003 · 200 · users', async () => {
  const answer = await list()
  expect(answer.status).toBe(200)
  expect(Object.keys(answer.body)).toEqual(['users', 'full', 'success'])
  const seen = answer.body.users.find(({ _id }: { _id: string }) => _id === 'rocket.cat')
  expect(Object.keys(seen).sort()).toEqual(['_id', 'avatarETag', 'name', 'status', 'username', 'utcOffset'])
})

test('seed 003 · users[]._id', async () => expect((await list({ ids: idOf(ann) })).body.users[0]._id).toBe(idOf(ann)))

test('seed 003 · users[].name', async () => expect((await list({ ids: 'rocket.cat' })).body.users[0].name).toBe('Rocket.Cat'))

test('seed 003 · users[].username', async () => expect((await list({ ids: idOf(bob) })).body.users[0].username).toBe('bob'))

test.each(['online', 'away', 'busy'])('seed 003 · users[].status · %s', async (status) => {
  await set(bob, { status })
  expect((await list({ ids: idOf(bob) })).body.users[0].status).toBe(status)
})

test('[RC-1.4-9] seed 003 · users[].utcOffset', async () => {
  expect((await list({ ids: idOf(ann) })).body.users[0].utcOffset).toBe(-2)
  expect((await list({ ids: idOf(bob) })).body.users[0].utcOffset).toBe(5.5)
  expect((await list({ ids: 'rocket.cat' })).body.users[0].utcOffset).toBe(0)
})

test('[RC-1.4-9] seed 003 · users[].avatarETag', async () => {
  expect((await list({ ids: idOf(ann) })).body.users[0].avatarETag).toBe('5BB9B5ny5DkKdrwkq')
  expect((await list({ ids: idOf(bob) })).body.users[0].avatarETag).toMatch(/^[A-Za-z0-9]+$/)
})

test('[RC-1.4-1] seed 003 · users · a changed profile shows at once', async () => {
  await server.call('PATCH', `/v1/users/${dan?.user.id}`, server.adminToken, { name: 'Dan D', avatarETag: 'other' })
  await set(dan, { status: 'away' })
  expect((await list({ ids: idOf(dan) })).body.users[0]).toMatchObject({ name: 'Dan D', avatarETag: 'other' })
  await server.call('PATCH', `/v1/users/${dan?.user.id}`, server.adminToken, { name: 'Dan E' })
  expect((await list({ ids: idOf(dan) })).body.users[0].name).toBe('Dan E')
})

test('[RC-1.4-1] seed 003 · users · text, source and end only when there are', async () => {
  const end = inMs(60_000)
  await set(bob, { status: 'busy', message: ':coffee: break', expiresAt: end })
  expect((await list({ ids: idOf(bob) })).body.users[0]).toMatchObject({
    status: 'busy',
    statusText: ':coffee: break',
    statusSource: 'manual',
    statusExpiresAt: end,
  })
  await set(bob, { status: 'online', message: '' })
  const keys = Object.keys((await list({ ids: idOf(bob) })).body.users[0]).sort()
  expect(keys).toEqual(['_id', 'avatarETag', 'name', 'status', 'username', 'utcOffset'])
})

test('[RC-1.4-1] seed 003 · users · letters of every script', async () => {
  await set(bob, { status: 'busy', message: 'überall 日本 🌴' })
  const answer = await list(`ids=${idOf(ann)},${idOf(bob)}`)
  expect(answer.body.users.map(({ statusText }: { statusText?: string }) => statusText).sort()).toEqual([
    'überall 日本 🌴',
    undefined,
  ])
  expect(Buffer.byteLength(answer.text)).toBe(Number(answer.headers.get('content-length')))
  await set(bob, { status: 'online', message: '' })
})

test('[RC-1.4-7] seed 003 · full · everybody who is not offline, the caller too', async () => {
  await set(dan, { status: 'offline' })
  const answer = await list()
  expect(answer.body.full).toBe(true)
  expect(idsIn(answer)).toEqual([...both(), 'rocket.cat'].sort())
})

test('seed 003 · success', async () => expect((await list()).body.success).toBe(true))

test('[RC-1.4-3] seed 003 · ids · one', async () => {
  const { body } = await list(`ids=${idOf(bob)}`)
  expect([body.users.length, body.full, body.success]).toEqual([1, false, true])
})

test('[RC-1.4-3] seed 003 · ids · comma-separated', async () => {
  expect(idsIn(await list(`ids=${idOf(ann)},${idOf(bob)}`))).toEqual(both())
  expect(idsIn(await list(`ids=${idOf(ann)}, ${idOf(bob)}`))).toEqual([idOf(ann)])
})

test('[RC-1.4-3] [RC-1.0-8] seed 003 · ids · repeated', async () =>
  expect(idsIn(await list(`ids=${idOf(ann)}&ids=${idOf(bob)}`))).toEqual(both()))

test('[RC-1.4-3] [RC-1.0-8] seed 003 · ids · with brackets', async () => {
  expect(idsIn(await list(`ids[]=${idOf(ann)}&ids[]=${idOf(bob)}`))).toEqual(both())
  expect(idsIn(await list(`ids%5B%5D=${idOf(ann)}&ids%5B%5D=${idOf(bob)}`))).toEqual(both())
  expect(idsIn(await list(`ids[0]=${idOf(ann)}&ids[1]=${idOf(bob)}`))).toEqual(both())
  expect(idsIn(await list(`ids[]=${idOf(ann)}`))).toEqual([idOf(ann)])
})

test('[RC-1.4-3] seed 003 · ids · repeated, unknown and strange ones', async () => {
  expect(idsIn(await list(`ids=${idOf(ann)},${idOf(ann)},nobody,,%00,${'x'.repeat(900)}`))).toEqual([idOf(ann)])
  expect((await list('ids=nobody')).text).toBe('{"users":[],"full":false,"success":true}')
})

test('[RC-1.4-8] seed 003 · ids · empty is none', async () => expect((await list('ids=')).body.full).toBe(true))

test('[RC-1.0-10] seed 003 · ids · an object is refused', async () => {
  const { status, body } = await list('ids[a]=b')
  expect([status, body.errorType]).toEqual([400, 'error-invalid-params'])
})

test('[RC-1.0-9] [RC-1.0-8] seed 003 · ids · 500 values are read, 501 refused, commas are not counted', async () => {
  const values = (count: number, text: string) => Array.from({ length: count }, () => `ids${text}=${idOf(ann)}`).join('&')
  for (const form of ['', '[]']) {
    const most = await list(values(500, form))
    expect([most.status, most.body.users?.length]).toEqual([200, 1])
    const more = await list(values(501, form))
    expect([more.status, more.text]).toEqual([400, '{"success":false,"error":"Invalid query parameters"}'])
  }
  const many = `${'nobody,'.repeat(1_000)}${idOf(ann)}`
  expect((await list(`ids=${many}`)).body.users.length).toBe(1)
})

test('[RC-1.4-4] seed 003 · ids · offline ones only with a text', async () => {
  await set(dan, { status: 'offline', message: '' })
  expect(idsIn(await list({ ids: idOf(dan) }))).toEqual([])
  await set(dan, { message: 'back on Monday' })
  expect((await list({ ids: idOf(dan) })).body.users[0]).toMatchObject({ status: 'offline', statusText: 'back on Monday' })
  await set(dan, { message: '' })
})

test('[RC-1.4-5] seed 003 · from · who changed since, offline ones too, not the caller', async () => {
  await new Promise((resolve) => setTimeout(resolve, 20))
  const from = new Date().toISOString()
  expect((await list({ from })).text).toBe('{"users":[],"full":false,"success":true}')
  await set(ann, { status: 'away' })
  await set(bob, { status: 'busy' })
  await set(cat, { status: 'offline' })
  const { body } = await list({ from })
  expect(body.full).toBe(false)
  expect(Object.fromEntries(body.users.map((user: { _id: string; status: string }) => [user._id, user.status]))).toEqual({
    [idOf(bob)]: 'busy',
    'rocket.cat': 'offline',
  })
  await set(cat, { status: 'online' })
})

test('[RC-1.4-5] seed 003 · from · a time to come lists nobody', async () => {
  expect((await list({ from: inMs(60_000) })).text).toBe('{"users":[],"full":false,"success":true}')
})

test('[RC-1.4-6] seed 003 · from · seconds, milliseconds and zone are optional', async () => {
  const now = new Date(Date.now() - 60_000).toISOString()
  for (const from of [now, now.slice(0, 23), now.slice(0, 19), now.slice(0, 16), now.replace('Z', '+00:00')])
    expect((await list({ from })).body.full).toBe(false)
})

test('[RC-1.4-6] seed 003 · from · longer ago, or no date', async () => {
  for (const from of ['2019-05-22T12:11:45.392Z', inMs(-601_000), 'yesterday', ''])
    expect((await list({ from })).body.full).toBe(true)
  expect((await list({ from: inMs(-590_000) })).body.full).toBe(false)
})

test('[RC-1.4-3] seed 003 · ids · beats from', async () => {
  const { body } = await list({ ids: idOf(bob), from: inMs(60_000) })
  expect([body.users.length, body.full]).toEqual([1, false])
})

test('[RC-1.2-7] [RC-1.4-4] seed 003 · ids · a hidden user is absent for others and for themselves', async () => {
  await set(dan, { status: 'busy' })
  await set(dan, { status: 'offline' })
  expect(idsIn(await list({ ids: idOf(dan) }))).toEqual([])
  expect(idsIn(await list({ ids: idOf(dan) }, dan))).toEqual([])
})

test('seed 003 · X-User-Id', async () => {
  const send = (id: string) =>
    talk.send('/api/v1/users.presence', { headers: { 'X-Auth-Token': ann?.token ?? '', 'X-User-Id': id } })
  expect((await send(idOf(bob))).status).toBe(401)
  expect((await send(idOf(ann))).status).toBe(200)
})

test('seed 003 · X-Auth-Token', async () => {
  const send = (token: string) =>
    talk.send('/api/v1/users.presence', { headers: { 'X-Auth-Token': token, 'X-User-Id': idOf(ann) } })
  expect((await send(bob?.token ?? '')).status).toBe(401)
  expect((await send(ann?.token ?? '')).status).toBe(200)
})

test('[RC-1.0-4] seed 003 · 401', async () => {
  const { status, body } = await list('', null)
  expect([status, Object.keys(body)]).toEqual([401, ['success', 'error', 'status', 'message']])
})

test('seed 003 · 401 · status', async () => expect((await list('', null)).body.status).toBe('error'))

test('seed 003 · 401 · message', async () =>
  expect((await list('', null)).body.message).toBe('You must be logged in to do this.'))

test('[RC-1.0-10] [RC-1.2-3] seed 003 · ids · another key is refused', async () =>
  expect((await list('id=5')).body).toMatchObject({
    errorType: 'error-invalid-params',
    error: 'must NOT have additional properties',
  }))

test('[RC-1.4-2] [RC-1.0-19] seed 003 · 200 · while Presence_broadcast_disabled', async () => {
  await talk.setting(admin, 'Presence_broadcast_disabled', true)
  for (const query of ['', `ids=${idOf(ann)}`, `from=${new Date().toISOString()}`])
    expect((await list(query)).text).toBe('{"users":[],"full":true,"success":true}')
  await talk.setting(admin, 'Presence_broadcast_disabled', false)
  expect((await list()).body.users.length).toBeGreaterThan(0)
})

test('[RC-1.4-1] seed 003 · users · a thousand of them in one answer', async () => {
  const lines = Array.from({ length: 1_000 }, (_, at) => ({ username: `many${at}` }))
  const made = await Promise.all(lines.map((user) => server.call('POST', '/v1/users', server.adminToken, user)))
  const ids = made.map((user) => user.ids.rocketchat)
  await Promise.all(ids.map((userId) => talk.post('users.setStatus', admin, { userId, status: 'busy' })))
  expect((await list()).body.users.length).toBeGreaterThanOrEqual(1_000)
  expect((await list(`ids=${ids.join(',')}`)).body.users.length).toBe(1_000)
})
