import { hash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { createTalk, credentials, inMs } from './talk.ts'

const PASSWORD = 'a password for tests'
const digest = hash('sha256', PASSWORD)
let server: Server
let talk: ReturnType<typeof createTalk>
let ann: Person
let admin: Person

beforeAll(async () => {
  server = await startServer()
  talk = createTalk(server)
  admin = await server.login('admin', 'correct horse battery staple')
  ann = await server.createUser({ username: 'ann', name: 'Ann', email: 'ann@example.org', ids: { rocketchat: 'ann.rc' } })
})
afterAll(() => server.stop())

const login = (body: unknown) => talk.post('login', null, body)
const withToken = (token: string): Person => ({ ...ann, token })

test('[RC-2.1-1] a login answers who one is and a token', async () => {
  const { status, body, headers } = await login({ user: 'ann', password: PASSWORD })
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('application/json')
  expect(Object.keys(body)).toEqual(['status', 'data', 'success'])
  expect(body).toMatchObject({ status: 'success', success: true })
  expect(Object.keys(body.data)).toEqual(['userId', 'authToken', 'me'])
  expect(body.data.userId).toBe('ann.rc')
  expect(body.data.authToken).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(body.data.me).toMatchObject({ _id: 'ann.rc', username: 'ann', email: 'ann@example.org' })
  expect(body.data.me.success).toBeUndefined()
  expect((await talk.get('me', withToken(body.data.authToken))).status).toBe(200)
})

test.each([
  { user: 'ann', password: PASSWORD },
  { user: 'ANN', password: PASSWORD },
  { user: 'ann@example.org', password: PASSWORD },
  { username: 'ann', password: PASSWORD },
  { email: 'ann@example.org', password: PASSWORD },
  { user: { username: 'ann' }, password: PASSWORD },
  { user: { email: 'ann@example.org' }, password: PASSWORD },
  { user: 'ann', password: PASSWORD, code: '123456' },
  { user: 'ann', password: { digest, algorithm: 'sha-256' } },
  { user: { username: 'ann' }, password: { digest: digest.toUpperCase(), algorithm: 'sha-256' } },
  { user: 'ann', password: { hashed: digest } },
])('[RC-2.1-2] [RC-2.1-3] it takes %j', async (body) => {
  expect((await login(body)).body.data?.userId).toBe('ann.rc')
})

test('[RC-2.1-2] [RC-1.0-12] it takes a form', async () => {
  const body = new URLSearchParams({ user: 'ann', password: PASSWORD })
  expect((await talk.send('/api/v1/login', { method: 'POST', body })).status).toBe(200)
})

test('[RC-2.1-4] resume goes on with a token', async () => {
  const { data } = (await login({ resume: ann.token })).body
  expect(data).toMatchObject({ userId: 'ann.rc', authToken: ann.token })
  expect(await login({ resume: 'ended' })).toMatchObject({
    status: 401,
    text: '{"success":false,"error":403,"status":"error","message":"You\'ve been logged out by the server. Please log in again."}',
  })
})

test('[RC-2.1-5] an unknown user and a wrong password are one answer', async () => {
  const refused = { status: 401, text: '{"success":false,"error":"Unauthorized","status":"error","message":"Unauthorized"}' }
  expect(await login({ user: 'nobody', password: PASSWORD })).toMatchObject(refused)
  expect(await login({ user: 'ann', password: 'wrong' })).toMatchObject(refused)
  expect(await login({ user: 'ann', password: { digest: hash('sha256', 'wrong') } })).toMatchObject(refused)
  expect(await login({ user: 'nobody@example.org', password: PASSWORD })).toMatchObject(refused)
})

test.each([{}, { user: 'ann' }, { password: PASSWORD }, { user: {}, password: PASSWORD }, { user: 'ann', password: 5 }, []])(
  '[RC-2.1-7] %j names nothing to log in with',
  async (body) => {
    const answer = '{"success":false,"error":400,"status":"error","message":"Unrecognized options for login request"}'
    expect(await login(body)).toMatchObject({ status: 401, text: answer })
  },
)

test('[RC-2.1-6] a login makes nobody online', async () => {
  const eve = await server.createUser({ username: 'eve' })
  await login({ user: 'eve', password: PASSWORD })
  await login({ resume: eve.token })
  expect((await talk.get('users.getPresence', eve)).body).toEqual({
    presence: 'offline',
    connectionStatus: 'offline',
    success: true,
  })
})

test.each(['POST', 'GET'])('[RC-2.1-8] logout by %s ends the token', async (method) => {
  const { authToken } = (await login({ user: 'ann', password: PASSWORD })).body.data
  const headers = credentials(withToken(authToken))
  const { status, text } = await talk.send('/api/v1/logout', { method, headers })
  expect([status, text]).toEqual([200, '{"status":"success","data":{"message":"You\'ve been logged out!"}}'])
  expect((await talk.get('me', withToken(authToken))).status).toBe(401)
  expect((await talk.get('me', ann)).status).toBe(200)
})

test('[RC-2.1-10] me tells one’s own account', async () => {
  const end = inMs(60_000)
  await talk.post('users.setStatus', ann, { status: 'busy', message: 'writing' })
  await talk.post('users.setStatus', ann, { status: 'away', expiresAt: end })
  const { body } = await talk.get('me', ann)
  expect(body).toEqual({
    _id: 'ann.rc',
    name: 'Ann',
    username: 'ann',
    emails: [{ address: 'ann@example.org', verified: true }],
    email: 'ann@example.org',
    status: 'away',
    statusDefault: 'busy',
    statusText: 'writing',
    statusSource: 'manual',
    statusExpiresAt: end,
    statusConnection: 'offline',
    utcOffset: 0,
    roles: ['user'],
    active: true,
    avatarETag: expect.any(String),
    avatarUrl: `${server.url}/avatar/ann`,
    settings: { preferences: { enableAutoAway: true, idleTimeLimit: 300 } },
    services: { password: { exists: true } },
    isOAuthUser: false,
    success: true,
  })
  await talk.post('users.setStatus', ann, { status: 'online', message: '' })
  const plain = (await talk.get('me', ann)).body
  expect(plain).toMatchObject({ status: 'online', statusDefault: 'online' })
  expect(Object.keys(plain).filter((key) => key === 'statusText' || key === 'statusSource')).toEqual([])
})

test('[RC-2.1-11] everybody may ask for the version', async () => {
  expect((await talk.send('/api/info', {})).text).toBe('{"version":"8.8","success":true}')
})

test('[RC-2.1-12] [RC-2.1-13] [RC-1.7-9] a personal access token is made, used, listed and removed', async () => {
  const make = () => talk.post('users.generatePersonalAccessToken', ann, { tokenName: 'bot', bypassTwoFactor: true })
  const made = await make()
  expect(Object.keys(made.body)).toEqual(['token', 'success'])
  expect(made.body.token).toMatch(/^[A-Za-z0-9_-]{43}$/)
  const token = withToken(made.body.token)
  expect((await talk.post('users.setStatus', token, { status: 'away' })).status).toBe(200)
  expect((await talk.get('users.getStatus', { ...admin, token: token.token })).status).toBe(401)
  expect((await make()).body).toMatchObject({
    error: 'A token with this name already exists [error-token-already-exists]',
    errorType: 'error-token-already-exists',
  })
  const { tokens } = (await talk.get('users.getPersonalAccessTokens', ann)).body
  expect(tokens).toEqual([
    { name: 'bot', createdAt: expect.any(String), lastTokenPart: expect.any(String), bypassTwoFactor: false },
  ])
  expect(made.body.token.endsWith(tokens[0].lastTokenPart)).toBe(true)
  expect((await talk.post('users.removePersonalAccessToken', ann, { tokenName: 'bot' })).text).toBe('{"success":true}')
  expect((await talk.get('me', token)).status).toBe(401)
  expect((await talk.post('users.removePersonalAccessToken', ann, { tokenName: 'bot' })).body.errorType).toBe(
    'error-token-does-not-exists',
  )
})

test('[RC-2.1-15] a personal access token is replaced by name', async () => {
  const first = (await talk.post('users.generatePersonalAccessToken', ann, { tokenName: 'again' })).body.token
  const second = (await talk.post('users.regeneratePersonalAccessToken', ann, { tokenName: 'again' })).body.token
  expect((await talk.get('me', withToken(first))).status).toBe(401)
  expect((await talk.get('me', withToken(second))).status).toBe(200)
  const unknown = await talk.post('users.regeneratePersonalAccessToken', ann, { tokenName: 'none' })
  expect(unknown.body.errorType).toBe('error-token-does-not-exists')
})

test('[RC-1.7-4] who is not active cannot log in', async () => {
  const bob = await server.createUser({ username: 'bob' })
  await talk.post('users.setActiveStatus', admin, { userId: bob.user.ids.rocketchat, activeStatus: false })
  expect((await login({ user: 'bob', password: PASSWORD })).status).toBe(401)
  expect((await login({ resume: bob.token })).status).toBe(401)
})
