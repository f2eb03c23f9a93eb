import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN, type Server, startServer } from '../server.ts'
import { ask } from './ask.ts'
import { talk } from './talk.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

test('[N1] a login answers a token and the user, by username in any case or by e-mail address', async () => {
  await server.createUser({ username: 'login.ann', email: 'ann@example.org', password: 'right' })
  for (const username of ['login.ann', 'LOGIN.ANN', 'ann@example.org']) {
    const { status, body } = await ask(server, 'POST /v1/login', { token: null, body: { username, password: 'right' } })
    expect(status).toBe(200)
    expect(body).toEqual({ token: expect.stringMatching(/^\S{43}$/), user: expect.objectContaining({ username: 'login.ann' }) })
    expect((await ask(server, 'GET /v1/users/me', { token: body.token })).body).toEqual(body.user)
  }
})

test('[N1] a wrong password and an unknown user are the same 401', async () => {
  const wrong = await ask(server, 'POST /v1/login', { token: null, body: { username: ADMIN.username, password: 'wrong' } })
  const unknown = await ask(server, 'POST /v1/login', { token: null, body: { username: 'nobody', password: 'wrong' } })
  expect([wrong.status, unknown.status]).toEqual([401, 401])
  expect(unknown.body).toEqual(wrong.body)
  expect(wrong.headers.get('www-authenticate')).toMatch(/^Bearer/)
})

test('[N2] a login with cookies sets the session, hidden from scripts, and the proof, open to them', async () => {
  const { headers, body } = await ask(server, 'POST /v1/login', { token: null, body: { ...ADMIN, cookie: true } })
  const [session = '', proof = ''] = headers.getSetCookie()
  expect(session).toBe(`rollcall_session=${body.token}; Path=/; HttpOnly; SameSite=Lax`)
  expect(proof).toMatch(/^XSRF-TOKEN=[\w-]{32}; Path=\/; SameSite=Lax$/)
})

test('[N2] behind https the cookies are Secure; without asking there are none', async () => {
  const trusting = await startServer({ env: { ROLLCALL_TRUSTED_PROXIES: 'loopback' } })
  try {
    const secure = await ask(trusting, 'POST /v1/login', {
      token: null,
      body: { ...ADMIN, cookie: true },
      headers: { 'X-Forwarded-Proto': 'https' },
    })
    expect(secure.headers.getSetCookie().every((cookie) => cookie.includes('; Secure'))).toBe(true)
    const plain = await ask(trusting, 'POST /v1/login', { token: null, body: ADMIN })
    expect(plain.headers.getSetCookie()).toEqual([])
  } finally {
    await trusting.stop()
  }
})

test('[N3] logging out ends this token, no other one, and takes the cookies away', async () => {
  const one = await server.login(ADMIN.username, ADMIN.password)
  const other = await server.login(ADMIN.username, ADMIN.password)
  const answer = await ask(server, 'POST /v1/logout', { token: one.token, headers: { Cookie: `rollcall_session=${one.token}` } })
  expect(answer.status).toBe(204)
  expect(answer.headers.getSetCookie()).toEqual([
    'rollcall_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
    'XSRF-TOKEN=; Max-Age=0; Path=/; SameSite=Lax',
  ])
  expect((await ask(server, 'GET /v1/users/me', { token: one.token })).status).toBe(401)
  expect((await ask(server, 'GET /v1/users/me', { token: other.token })).status).toBe(200)
})

test('[N4] without a valid token every address answers 401 and says how to ask', async () => {
  for (const call of ['GET /v1/users', 'GET /v1/presence/me', 'PUT /v1/presence/me/note', 'GET /v1/settings', 'GET /v1/export']) {
    const nobody = await ask(server, call, { token: null })
    expect([call, nobody.status, nobody.headers.get('www-authenticate')]).toEqual([call, 401, 'Bearer realm="rollcall"'])
    const stale = await ask(server, call, { token: 'stale' })
    expect([call, stale.status]).toEqual([call, 401])
    expect(stale.headers.get('www-authenticate')).toBe('Bearer realm="rollcall", error="invalid_token"')
  }
})

test('[N4] a token in the URL, in a cookie or under another scheme is not read', async () => {
  const token = server.adminToken
  for (const path of [`?token=${token}`, `?access_token=${token}`, `?authToken=${token}`]) {
    expect((await ask(server, `GET /v1/users/me${path}`, { token: null })).status).toBe(401)
  }
  const Cookie = `rollcall_session=${token}`
  expect((await ask(server, 'GET /v1/users/me', { token: null, headers: { Cookie } })).status).toBe(401)
  expect((await ask(server, 'GET /v1/users/me', { token: null, headers: { Authorization: `Token ${token}` } })).status).toBe(401)
  expect((await ask(server, 'GET /v1/users/me', { token: null, headers: { Authorization: `bearer  ${token}` } })).status).toBe(
    200,
  )
})

test('[N8] a token is shown once, described ever after, and ends when it is deleted', async () => {
  const { user, token: login } = await server.createUser({ username: 'token.owner' })
  const made = await ask(server, 'POST /v1/tokens', { token: login, body: { name: 'script', scopes: ['presence:read'] } })
  expect(made.status).toBe(201)
  const { token, ...description } = made.body
  expect(token).toMatch(/^\S{43}$/)
  expect(description).toMatchObject({ kind: 'personal', name: 'script', userId: user.id, scopes: ['presence:read'], until: null })
  const listed = await ask(server, 'GET /v1/tokens', { token: login })
  expect(listed.body.tokens).toContainEqual(expect.objectContaining({ id: description.id, name: 'script' }))
  expect(JSON.stringify(listed.body)).not.toContain(token)
  expect((await ask(server, 'GET /v1/presence/me', { token })).status).toBe(200)
  expect((await ask(server, `DELETE /v1/tokens/${description.id}`, { token: login })).status).toBe(204)
  expect((await ask(server, 'GET /v1/presence/me', { token })).status).toBe(401)
  expect((await ask(server, `DELETE /v1/tokens/${description.id}`, { token: login })).status).toBe(404)
})

test('[N8] a token ends at its end, and one that would have ended already is refused', async () => {
  const until = new Date(Date.now() + 700).toISOString()
  const { body } = await ask(server, 'POST /v1/tokens', { body: { name: 'short', until } })
  expect(body.until).toBe(until)
  expect((await ask(server, 'GET /v1/users/me', { token: body.token })).status).toBe(200)
  await expect.poll(async () => (await ask(server, 'GET /v1/users/me', { token: body.token })).status).toBe(401)
  const past = await ask(server, 'POST /v1/tokens', { body: { name: 'past', until: '2020-01-01T00:00:00Z' } })
  expect([past.status, past.body.field]).toEqual([400, 'until'])
})

test('[N8] tokens of others are the administrators’ business', async () => {
  const ann = await server.createUser({ username: 'token.ann' })
  const bob = await server.createUser({ username: 'token.bob' })
  expect((await ask(server, 'GET /v1/tokens?user=token.bob', { token: ann.token })).status).toBe(403)
  const tokens = (await ask(server, 'GET /v1/tokens?user=token.bob')).body.tokens
  expect(tokens).toHaveLength(1)
  expect((await ask(server, `DELETE /v1/tokens/${tokens[0].id}?user=token.bob`, { token: ann.token })).status).toBe(403)
  expect((await ask(server, `DELETE /v1/tokens/${tokens[0].id}?user=token.bob`)).status).toBe(204)
  expect((await ask(server, 'GET /v1/users/me', { token: bob.token })).status).toBe(401)
})

test('[N18] what a token may do is what its scopes say', async () => {
  const { body } = await ask(server, 'POST /v1/tokens', { body: { name: 'writer', scopes: ['presence:write-own'] } })
  const { token } = body
  expect((await ask(server, 'PUT /v1/presence/me/note', { token, body: { text: 'written' } })).status).toBe(200)
  expect((await ask(server, 'POST /v1/users', { token, body: { username: 'never' } })).status).toBe(403)
  for (const call of ['GET /v1/presence/me', 'GET /v1/presence', 'GET /v1/export', 'PATCH /v1/settings']) {
    const refused = await ask(server, call, { token, ...(call.startsWith('PATCH') && { body: {} }) })
    expect([call, refused.status]).toEqual([call, 403])
  }
  const batch = await ask(server, 'POST /v1/presence:batch', { token, body: { users: ['admin'] } })
  expect(batch.status).toBe(403)
})

test('[N18] a publishable token sees the users it names and nobody else, and no e-mail address', async () => {
  const shown = await server.createUser({ username: 'shown', email: 'shown@example.org' })
  await server.createUser({ username: 'unshown', email: 'unshown@example.org' })
  const origins = ['https://www.example.org']
  const { body } = await ask(server, 'POST /v1/tokens', {
    body: { kind: 'publishable', name: 'page', users: ['shown'], origins },
  })
  const from = { token: body.token, headers: { Origin: 'https://www.example.org' } }
  expect((await ask(server, 'GET /v1/presence/shown', from)).status).toBe(200)
  expect((await ask(server, 'GET /v1/presence/unshown', from)).status).toBeGreaterThanOrEqual(403)
  expect((await ask(server, 'GET /v1/users/unshown', from)).status).toBe(404)
  const { users } = (await ask(server, 'GET /v1/users', from)).body
  expect(users.map(({ id }: { id: string }) => id)).toContain(shown.user.id)
  expect(JSON.stringify(users)).not.toMatch(/unshown|shown@example/)
  expect(
    (await ask(server, 'GET /v1/presence/shown', { token: body.token, headers: { Origin: 'https://evil.example' } })).status,
  ).toBe(401)
})

test('[N9] settings, which name hosts of the workspace, are not for whoever visits a page', async () => {
  const limits = { kind: 'publishable', name: 'page', users: ['admin'], origins: ['https://www.example.org'] }
  const { body } = await ask(server, 'POST /v1/tokens', { body: limits })
  const from = { token: body.token, headers: { Origin: 'https://www.example.org' } }
  expect(await ask(server, 'GET /v1/settings', from)).toMatchObject({
    status: 403,
    body: { type: 'urn:rollcall:problem:scope-missing' },
  })
})

const BUSY = { availability: 'busy' }
/** Every way to name a user. */
const NAMING: readonly (readonly [call: string, body?: object])[] = [
  ['GET /v1/users/WORD'],
  ['PATCH /v1/users/WORD', { name: 'Another' }],
  ['DELETE /v1/users/WORD'],
  ['POST /v1/users/WORD/password-link'],
  ['GET /v1/presence/WORD'],
  ['GET /v1/presence/WORD/explain'],
  ['GET /v1/presence/WORD/history'],
  ['DELETE /v1/presence/WORD/history'],
  ['PUT /v1/presence/WORD/availability', BUSY],
  ['DELETE /v1/presence/WORD/note'],
  ['GET /v1/presence/WORD/claims'],
  ['PUT /v1/presence/WORD/claims/app:1', BUSY],
  ['POST /v1/presence/WORD/badge'],
  ['GET /v1/tokens?user=WORD'],
  ['POST /v1/tokens', { name: 'made', user: 'WORD' }],
  ['POST /v1/tokens', { name: 'made', users: ['WORD'] }],
  ['POST /v1/groups', { name: 'Made', members: ['WORD'] }],
  ['POST /v1/webhooks', { url: 'https://example.org', users: ['WORD'] }],
  ['POST /v1/presence:batch', { users: ['WORD'] }],
]

test('[N18] whom a limited token may not see is nobody, in the same words, whatever it asks', async () => {
  const named = await server.createUser({ username: 'oracle.named' })
  const other = await server.createUser({ username: 'oracle.other' })
  const limited = { name: 'limited', users: [named.user.id] }
  const { body: whole } = await ask(server, 'POST /v1/tokens', { body: limited })
  const { body: reading } = await ask(server, 'POST /v1/tokens', { body: { ...limited, scopes: ['presence:read'] } })
  for (const { token } of [whole, reading])
    for (const [call, body] of NAMING) {
      const answerFor = async (word: string) => {
        const raw = body === undefined ? {} : { raw: JSON.stringify(body).replace('WORD', word) }
        const { status, body: text } = await ask(server, call.replace('WORD', word), { token, ...raw })
        return [call, status, JSON.stringify(text).replaceAll(word, 'WORD')]
      }
      const nobody = await answerFor('oracle.nobody')
      expect(await answerFor(other.user.username)).toEqual(nobody)
      expect(await answerFor(other.user.id)).toEqual(nobody)
    }
  const line = await talk(server, reading.token)
  await line.say({ type: 'watch', users: [named.user.id, 'oracle.other', other.user.id] })
  const { users, unknown } = await line.of('snapshot')
  expect([users, unknown]).toEqual([[named.user.id], ['oracle.other', other.user.id]])
  line.socket.close()
})
