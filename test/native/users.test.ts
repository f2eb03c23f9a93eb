import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN, type Server, startServer } from '../server.ts'
import { ask } from './ask.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

test('[N5] a new user is answered whole, with the ids of all products filled in', async () => {
  const { status, headers, body } = await ask(server, 'POST /v1/users', { body: { username: 'plain' } })
  expect(status).toBe(201)
  expect(headers.get('location')).toBe(`/v1/users/${body.id}`)
  expect(body).toEqual({
    id: expect.stringMatching(/^[a-z0-9]{26}$/),
    username: 'plain',
    name: expect.any(String),
    email: null,
    roles: ['user'],
    ids: { rocketchat: body.id, mattermost: body.id, superoffice: expect.any(Number) },
    bot: false,
    active: true,
    utcOffset: 0,
    timezone: null,
    avatarETag: expect.any(String),
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    updatedAt: body.createdAt,
  })
})

test('[N5] everything about a user can be given, so that existing ids keep working', async () => {
  const given = {
    username: 'given',
    name: 'Given Name',
    email: 'given@example.org',
    roles: ['user', 'guest'],
    id: 'existing.id-1',
    ids: { rocketchat: 'rocketUser1', mattermost: 'abcdefghijklmnopqrstuvwxyz', superoffice: 4711 },
    bot: true,
    utcOffset: 5.5,
    timezone: 'Europe/Paris',
    avatarETag: 'etag1',
  }
  const { status, body } = await ask(server, 'POST /v1/users', { body: { ...given, password: 'x' } })
  expect([status, body]).toEqual([201, expect.objectContaining(given)])
  expect((await ask(server, 'GET /v1/users/existing.id-1')).body).toEqual(body)
  const text = await ask(server, 'POST /v1/users', { body: { username: 'given2', ids: { superoffice: '4712' } } })
  expect(text.body.ids.superoffice).toBe(4712)
})

test('[N5] a taken username, address or id is 409, and only administrators make users', async () => {
  await ask(server, 'POST /v1/users', {
    body: { username: 'taken', id: 'takenid', email: 'taken@example.org', ids: { superoffice: 77 } },
  })
  for (const body of [
    { username: 'TAKEN' },
    { username: 'takenid' },
    { username: 'me' },
    { username: 'other', id: 'takenid' },
    { username: 'other', email: 'Taken@example.org' },
    { username: 'other', ids: { superoffice: 77 } },
  ]) {
    const refused = await ask(server, 'POST /v1/users', { body })
    expect([body, refused.status, refused.headers.get('content-type')]).toEqual([
      body,
      409,
      expect.stringContaining('application/problem+json'),
    ])
  }
  const { token } = await server.createUser({ username: 'nobody.special' })
  expect((await ask(server, 'POST /v1/users', { token, body: { username: 'other' } })).status).toBe(403)
})

test('[N6] a user is found by id, by username in any case, and as me', async () => {
  const { user, token } = await server.createUser({ username: 'Found' })
  for (const word of ['me', user.id, 'found', 'FOUND']) {
    expect((await ask(server, `GET /v1/users/${word}`, { token })).body).toEqual(user)
  }
  expect((await ask(server, 'GET /v1/users/nobody')).status).toBe(404)
})

test('[N6] every field of a user can be changed, and active', async () => {
  const { user, token } = await server.createUser({ username: 'before', email: 'before@example.org' })
  const change = {
    username: 'after',
    name: 'After',
    email: null,
    roles: ['guest'],
    utcOffset: -3,
    timezone: 'UTC',
    avatarETag: 'e2',
    active: false,
  }
  const { status, body } = await ask(server, `PATCH /v1/users/${user.id}`, { body: change })
  expect([status, body]).toEqual([200, { ...user, ...change, updatedAt: expect.any(String) }])
  expect((await ask(server, 'GET /v1/users/me', { token })).status).toBe(401)
  expect((await ask(server, 'GET /v1/users/before')).status).toBe(404)
  const ids = await ask(server, `PATCH /v1/users/${user.id}`, { body: { ids: { superoffice: 991 } } })
  expect(ids.body.ids).toEqual({ ...user.ids, superoffice: 991 })
})

test('[N6] people change their own name, time zone and password, the last with the current one, and nothing else', async () => {
  const { token } = await server.createUser({ username: 'self', password: 'old password' })
  const named = await ask(server, 'PATCH /v1/users/me', { token, body: { name: 'My Self', timezone: 'Asia/Tokyo' } })
  expect([named.status, named.body.name, named.body.timezone]).toEqual([200, 'My Self', 'Asia/Tokyo'])
  expect((await ask(server, 'PATCH /v1/users/me', { token, body: { roles: ['admin'] } })).status).toBe(403)
  const other = await server.login('self', 'old password')
  const wrong = await ask(server, 'PATCH /v1/users/me', { token, body: { password: 'new password', currentPassword: 'wrong' } })
  expect(wrong.status).toBeGreaterThanOrEqual(400)
  expect((await ask(server, 'PATCH /v1/users/me', { token, body: { password: 'new password' } })).status).toBeGreaterThanOrEqual(
    400,
  )
  const right = await ask(server, 'PATCH /v1/users/me', {
    token,
    body: { password: 'new password', currentPassword: 'old password' },
  })
  expect(right.status).toBe(200)
  expect((await ask(server, 'GET /v1/users/me', { token })).status).toBe(200)
  expect((await ask(server, 'GET /v1/users/me', { token: other.token })).status).toBe(401)
  expect((await server.login('self', 'new password')).user.username).toBe('self')
})

test('[N6] a deleted user is gone with tokens and presence; the last administrator stays', async () => {
  const { user, token } = await server.createUser({ username: 'leaving' })
  expect((await ask(server, 'DELETE /v1/users/leaving')).status).toBe(204)
  expect((await ask(server, 'GET /v1/users/me', { token })).status).toBe(401)
  expect((await ask(server, `GET /v1/presence/${user.id}`)).status).toBe(404)
  expect((await ask(server, `DELETE /v1/users/${ADMIN.username}`)).status).toBe(409)
})

test('[N6] whoever gets the id of a deleted user gets nothing else of theirs, also after a crash', async () => {
  await using own = await startServer()
  const present = async () => (await own.call('GET', '/v1/presence/again', own.adminToken)) as object
  await own.call('POST', '/v1/users', own.adminToken, { username: 'former', id: 'again' })
  await own.call('PUT', '/v1/presence/again/availability', own.adminToken, { availability: 'busy' })
  await own.call('PUT', '/v1/presence/again/note', own.adminToken, { text: 'theirs' })
  await own.call('DELETE', '/v1/users/again', own.adminToken)
  await own.call('POST', '/v1/users', own.adminToken, { username: 'later', id: 'again' })
  const fresh = await present()
  expect(fresh).toMatchObject({ availability: 'offline', source: 'none' })
  await own.kill()
  await own.restart()
  expect(await present()).toEqual(fresh)
  await own.call('PUT', '/v1/presence/again/availability', own.adminToken, { availability: 'away' })
  await own.kill()
  await own.restart()
  expect(await present()).not.toHaveProperty('note')
})

test('[N7] pages list everybody exactly once, though users come and go between them', async () => {
  for (let i = 0; i < 25; i++) await ask(server, 'POST /v1/users', { body: { username: `page${i}` } })
  const stay = (await everybody()).filter((username) => username !== 'page3' && username !== 'page20')
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const { body } = await ask(server, `GET /v1/users?limit=4${cursor === null ? '' : `&cursor=${cursor}`}`)
    expect(body.users.length).toBeLessThanOrEqual(4)
    seen.push(...body.users.map(({ username }: { username: string }) => username))
    if (cursor === null) for (const gone of ['page3', 'page20']) await ask(server, `DELETE /v1/users/${gone}`)
    cursor = body.cursor
  } while (cursor !== null)
  expect(new Set(seen).size).toBe(seen.length)
  expect(seen).toEqual(expect.arrayContaining(stay))
  for (const bad of ['cursor=x', 'limit=0', 'limit=1001', 'limit=many', 'page=2']) {
    expect([bad, (await ask(server, `GET /v1/users?${bad}`)).status]).toEqual([bad, 400])
  }
})

test('[N7] a token that may not read knows its own user alone', async () => {
  const { user, token: all } = await server.createUser({ username: 'unread', password: null })
  const { token } = await server.call('POST', '/v1/tokens', all, { name: 'writes', scopes: ['presence:write-own'] })
  expect((await server.call('GET', '/v1/users', token)).users).toEqual([expect.objectContaining({ id: user.id })])
  expect(await server.call('GET', '/v1/users/me', token)).toMatchObject({ id: user.id })
  expect((await ask(server, 'GET /v1/users/admin', { token })).status).toBe(404)
})

async function everybody(): Promise<string[]> {
  const { body } = await ask(server, 'GET /v1/users?limit=1000')
  expect(body.cursor).toBeNull()
  return body.users.map(({ username }: { username: string }) => username)
}

test('[N9] settings are read by all, changed by administrators, and hold at once', async () => {
  const { token } = await server.createUser({ username: 'reader' })
  const before = (await ask(server, 'GET /v1/settings', { token })).body
  expect(before).toEqual({
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
  expect((await ask(server, 'PATCH /v1/settings', { token, body: { notesAllowed: false } })).status).toBe(403)
  const changed = await ask(server, 'PATCH /v1/settings', { body: { notesAllowed: false } })
  expect([changed.status, changed.body]).toEqual([200, { ...before, notesAllowed: false }])
  const note = await ask(server, 'PUT /v1/presence/me/note', { token, body: { text: 'hello' } })
  expect([note.status, note.body.type]).toEqual([403, 'urn:rollcall:problem:notes-not-allowed'])
  await ask(server, 'PATCH /v1/settings', { body: { notesAllowed: true } })
  expect((await ask(server, 'PUT /v1/presence/me/note', { token, body: { text: 'hello' } })).status).toBe(200)
  for (const body of [
    { awayAfterMs: 5 },
    { awayAfterMs: '300000' },
    { notesAllowed: 1 },
    { allowedOrigins: ['not an origin'] },
    { webhookHosts: ['10.0.0.0/33'] },
    { webhookHosts: ['http://a.example'] },
    { unknown: 1 },
  ]) {
    expect([body, (await ask(server, 'PATCH /v1/settings', { body })).status]).toEqual([body, 400])
  }
})
