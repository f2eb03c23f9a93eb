import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { createTalk, credentials } from './talk.ts'

let server: Server
let talk: ReturnType<typeof createTalk>
let ann: Person
let admin: Person

beforeAll(async () => {
  server = await startServer()
  talk = createTalk(server)
  admin = await server.login('admin', 'correct horse battery staple')
  ann = await server.createUser({ username: 'ann' })
})
afterAll(() => server.stop())

/** A POST with a body as it is, whatever its type. */
const raw = (body: RequestInit['body'], type: string | null = 'application/json', endpoint = 'users.setStatus') =>
  talk.send(`/api/v1/${endpoint}`, {
    method: 'POST',
    headers: { ...credentials(ann), ...(type && { 'Content-Type': type }) },
    body: body ?? null,
  })
const message = async () => (await talk.get('users.getStatus', ann)).body.message

test('[RC-1.0-1] every answer has the product’s headers and no charset', async () => {
  const answers = [
    await talk.get('users.getStatus', ann),
    await talk.get('users.presence', ann),
    await talk.post('users.setStatus', ann, { status: 'away' }),
    await talk.post('users.setStatus', ann, {}),
    await talk.get('users.getStatus', ann, 'x=1'),
    await talk.get('users.getStatus', null),
    await talk.get('settings/x', ann),
    await talk.get('no.such', ann),
    await talk.post('login', null, {}),
    await talk.send('/api/info', {}),
  ]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 400, 400, 401, 403, 404, 401, 200])
  for (const { headers } of answers) {
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('pragma')).toBe('no-cache')
  }
})

test('[RC-1.0-21] HEAD is answered as GET is, without the body', async () => {
  const head = await server.request('/api/v1/users.getStatus', { method: 'HEAD', headers: credentials(ann) })
  const get = await talk.get('users.getStatus', ann)
  expect([head.status, head.headers.get('content-type')]).toEqual([200, 'application/json'])
  expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(get.text)))
  const asked = async (endpoint: string, headers = {}) =>
    (await server.request(`/api/v1/${endpoint}`, { method: 'HEAD', headers })).status
  expect([await asked('users.getStatus'), await asked('users.setStatus', credentials(ann))]).toEqual([401, 404])
})

test('[RC-1.0-3] a token that Rocket.Chat’s own login gave is good here, and elsewhere', async () => {
  const { data } = (await talk.post('login', null, { user: 'ann', password: 'a password for tests' })).body
  expect((await talk.get('me', { ...ann, token: data.authToken })).status).toBe(200)
  expect((await server.call('GET', '/v1/presence/me', data.authToken)).userId).toBe(ann.user.id)
})

test('[RC-1.0-6] a permission that a route demands', async () => {
  const { status, text } = await talk.get('presence.getConnections', ann)
  expect(status).toBe(403)
  expect(text).toBe(
    '{"success":false,"error":"User does not have the permissions required for this action [error-unauthorized]"}',
  )
})

test('[RC-1.0-7] login comes before permission, permission before query and body, those before the method’s own', async () => {
  expect((await talk.post('settings/Presence_broadcast_disabled', null, [])).status).toBe(401)
  expect((await talk.get('users.listByStatus', null, 'status=nonsense')).status).toBe(401)
  expect((await talk.post('users.setActiveStatus', ann, {})).status).toBe(403)
  expect((await talk.post('users.setActiveStatus', admin, {})).body.errorType).toBe('invalid-params')
  expect((await talk.post('users.setStatus', ann, { status: 'x', userId: 'nobody' })).body.errorType).toBe('invalid-params')
})

test('[RC-1.0-12] a form is read like JSON', async () => {
  expect((await raw('status=away&message=a+form%21', 'application/x-www-form-urlencoded')).status).toBe(200)
  expect(await message()).toBe('a form!')
  expect((await raw('{"message":"typed"}', 'application/json; charset=utf-8')).status).toBe(200)
  expect(await message()).toBe('typed')
  expect((await raw('{"message":"in capitals"}', 'Application/JSON')).status).toBe(200)
  expect(await message()).toBe('in capitals')
})

test.each([
  ['malformed', '{"status":"away"'],
  ['empty', ''],
  ['a text', '"away"'],
  ['a number', '5'],
  ['null', 'null'],
  ['nested deep', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
  ['nested lists', '['.repeat(100_000)],
])('[RC-1.0-12] JSON that is %s says nothing', async (_what, body) => {
  const { status, body: answer } = await raw(body)
  expect([status, answer.error]).toEqual([400, 'Match error: Failed Match.OneOf, Match.Maybe or Match.Optional validation'])
})

test('[RC-1.0-12] [RC-1.3-4] no UTF-8, another type, or no body at all, says nothing', async () => {
  const bytes = Buffer.concat([Buffer.from('{"message":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
  for (const answer of [await raw(bytes), await raw('{"status":"away"}', 'text/plain'), await raw(null, null)])
    expect([answer.status, answer.body.error.slice(0, 12)]).toEqual([400, 'Match error:'])
  const form = new FormData()
  form.set('status', 'away')
  expect((await raw(form, null)).status).toBe(400)
})

test('[RC-1.0-10] [RC-1.0-12] a list is no object', async () => {
  expect((await raw('[]')).body).toEqual({ success: false, errorType: 'invalid-params', error: 'must be object' })
})

test('[RC-1.0-18] a body over the limit is refused in this dialect’s form', async () => {
  const { status, body } = await raw(`{"message":"${'x'.repeat(1_100_000)}"}`)
  expect([status, body.success]).toEqual([413, false])
  expect((await raw('x', 'no type at all')).status).toBeGreaterThanOrEqual(400)
})

test('[RC-1.0-12] [RC-1.3-3] names that objects have by nature are names like any other', async () => {
  expect((await raw('{"message":"x","__proto__":{"admin":true}}')).body.error).toBe('must NOT have additional properties')
  expect((await raw('{"message":"x","constructor":1}')).body.error).toBe('must NOT have additional properties')
  expect((await talk.get('users.getStatus', ann, '__proto__[x]=1')).status).toBe(200)
})

test('[RC-1.0-20] a token does no more than its scopes allow', async () => {
  const made = await server.call('POST', '/v1/tokens', admin.token, {
    kind: 'personal',
    name: 'reader',
    scopes: ['presence:read'],
  })
  const reader = { ...admin, token: made.token }
  const refused = { status: 403, text: '{"success":false,"error":"unauthorized"}' }
  expect((await talk.get('users.getStatus', reader, { username: 'ann' })).status).toBe(200)
  expect(await talk.post('users.setStatus', reader, { status: 'away' })).toMatchObject(refused)
  expect(await talk.get('settings/Presence_broadcast_disabled', reader)).toMatchObject(refused)
  expect(await talk.post('settings/Presence_broadcast_disabled', reader, { value: true })).toMatchObject(refused)
  expect(await talk.get('presence.getConnections', reader)).toMatchObject(refused)
  expect((await talk.get('users.info', reader, { username: 'ann' })).body.user.roles).toBeUndefined()
  const writer = await server.call('POST', '/v1/tokens', ann.token, {
    kind: 'personal',
    name: 'w',
    scopes: ['presence:write-own'],
  })
  expect(await talk.get('users.presence', { ...ann, token: writer.token })).toMatchObject(refused)
})

test('[RC-1.1-3] [RC-1.3-5] only blank names name nobody, whatever else is said', async () => {
  const { status, body } = await talk.post('users.setStatus', admin, { status: 'busy', message: 'x', userId: ' ' })
  expect([status, body.errorType]).toEqual([400, 'error-user-param-not-provided'])
})

test('[RC-1.0-16] unknown endpoints and methods', async () => {
  const unknown = '{"success":false,"error":"Resource not found"}'
  const headers = credentials(ann)
  for (const [method, path] of [
    ['GET', '/api/v1/no.such'],
    ['POST', '/api/v1/users.getStatus'],
    ['GET', '/api/v1/users.setStatus'],
    ['PUT', '/api/v1/users.setStatus'],
    ['DELETE', '/api/v1/me'],
    ['GET', '/api/v1/users.getStatus/more'],
    ['GET', '/api/v1/settings'],
    ['POST', '/api/info'],
    ['GET', '/api/v1/users.get%zz'],
  ] as const)
    expect(await talk.send(path, { method, headers })).toMatchObject({ status: 404, text: unknown })
  expect(await talk.send('/api/v1/users.getStatus', { method: 'OPTIONS' })).toMatchObject({ status: 200, text: 'OK' })
})

test('[RC-1.0-17] the neighbours below /api/v1 are others’', async () => {
  const { status, text } = await talk.send('/api/v1/User/1/UserPresenceStatus', {})
  expect([status, text.includes('"success"')]).toEqual([401, false])
})

test('[RC-1.0-12] the server has survived all of it', async () => {
  expect((await talk.get('users.getStatus', ann)).status).toBe(200)
  expect(server.logs.stderr).not.toContain('a bug of ours')
  expect(server.logs.stdout).not.toContain('a bug of ours')
})
