import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Server, startServer } from '../server.ts'
import { ask } from './ask.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  expect((await server.request('/healthz')).status).toBe(200)
  await server.stop()
})

const PUT_NOTE = 'PUT /v1/presence/me/note'

test('[N22] a refusal is a problem document whose type stays the same', async () => {
  const { status, headers, body } = await ask(server, 'PUT /v1/presence/me/availability', { body: { availability: 'asleep' } })
  expect([status, headers.get('content-type')]).toEqual([400, expect.stringContaining('application/problem+json')])
  expect(body).toEqual({
    type: 'urn:rollcall:problem:malformed',
    title: 'The request is not right',
    status: 400,
    detail: '"availability" must be one of online, away, busy, dnd, offline.',
    field: 'availability',
  })
})

test('[N23] a field that there is not is named, with those there are', async () => {
  const { body } = await ask(server, PUT_NOTE, { body: { text: 'x', txet: 'y', '<b>': 1 } })
  expect(body).toMatchObject({ status: 400, detail: '"txet", "<b>" are no fields of this; there are: text, emoji, until.' })
  expect((await ask(server, 'GET /v1/presence?from=1')).body).toMatchObject({ status: 400, field: 'from' })
})

test.each([
  [PUT_NOTE, { text: 5 }, 'text', '"text" must be a string or null.'],
  [PUT_NOTE, [], undefined, 'The body must be an object.'],
  [PUT_NOTE, 'text', undefined, 'The body must be an object.'],
  [PUT_NOTE, null, undefined, 'The body must be an object.'],
  ['PUT /v1/presence/me/availability', {}, 'availability', '"availability" is missing.'],
  [
    'PUT /v1/presence/me/availability',
    { availability: ['busy'] },
    'availability',
    '"availability" must be one of online, away, busy, dnd, offline.',
  ],
  ['POST /v1/presence:batch', { users: 'admin' }, 'users', '"users" must be an array.'],
  ['POST /v1/presence:batch', { users: [{}] }, 'users.0', '"users.0" must be a string.'],
  [
    'POST /v1/users',
    { username: 'x', ids: { teams: '1' } },
    'ids.teams',
    '"teams" is no field of this; there are: rocketchat, mattermost, superoffice.',
  ],
  ['POST /v1/users', { username: 'x', roles: ['king'] }, 'roles.0', '"roles.0" must be one of admin, user, bot, guest.'],
  [
    'PUT /v1/presence/me/claims/app:1',
    { note: { words: 'x' } },
    'note.words',
    '"words" is no field of this; there are: text, emoji.',
  ],
])('[N23] %s with %j names %s', async (call, body, field, detail) => {
  const answer = await ask(server, call, { body })
  expect(answer.body).toMatchObject({ status: 400, detail, ...(field !== undefined && { field }) })
})

test('[N23] names of the language itself are fields like others', async () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    const { body } = await ask(server, PUT_NOTE, { raw: `{"text":"x","${name}":{"until":null}}` })
    expect([name, body]).toEqual([name, expect.objectContaining({ status: 400, field: name })])
  }
})

test.each([
  ['malformed JSON', '{"text":', 400],
  ['two documents', '{} {}', 400],
  ['a byte order of its own', new Uint8Array([0xff, 0xfe, 0x7b, 0x00]), 400],
  ['invalid UTF-8', new Uint8Array([...Buffer.from('{"text":"'), 0xc3, 0x28, 0x22, 0x7d]), 400],
  ['65 levels', '['.repeat(65) + ']'.repeat(65), 400],
  ['half a million levels', '{"text":'.repeat(60_000), 400],
  ['a body beyond the limit', `{"text":"${'x'.repeat(1_048_577)}"}`, 413],
])('[N24] %s is refused, and the server goes on', async (_, raw, status) => {
  const answer = await ask(server, PUT_NOTE, { raw })
  expect([answer.status, answer.body.status]).toEqual([status, status])
  expect((await ask(server, 'GET /v1/presence/me')).status).toBe(200)
})

test('[N24] brackets within texts are no levels, and another content type is 415', async () => {
  const text = '[{"'.repeat(100)
  expect((await ask(server, PUT_NOTE, { body: { text } })).body.note?.text ?? 'too long').toMatch(/^(\[\{"|too long)/)
  const xml = await ask(server, PUT_NOTE, { raw: '<note/>', headers: { 'Content-Type': 'application/xml' } })
  expect([xml.status, xml.body.type]).toEqual([415, 'urn:rollcall:problem:unsupported-media'])
})

test.each<[why: string, headers: Record<string, string>, status: number]>([
  ['a gzipped body', { 'Content-Encoding': 'gzip' }, 415],
  ['two codings', { 'Content-Encoding': 'identity, br' }, 415],
  ['Latin 1', { 'Content-Type': 'application/json; charset=ISO-8859-1' }, 415],
  ['nearly UTF-8', { 'Content-Type': 'application/json;charset="utf-80"' }, 415],
  ['no coding', { 'Content-Encoding': 'Identity' }, 200],
  ['UTF-8', { 'Content-Type': 'application/json; charset="UTF-8"; v=1' }, 200],
  ['utf8', { 'Content-Type': 'application/json;charset=utf8' }, 200],
])('[N24] %s in a body is answered %$', async (_, headers, status) => {
  expect((await ask(server, PUT_NOTE, { raw: '{"text":"as it is"}', headers })).status).toBe(status)
  const lines = { 'Content-Type': 'application/x-ndjson', 'Content-Encoding': 'gzip' }
  expect((await ask(server, 'POST /v1/users:import', { raw: '{"username":"packed"}\n', headers: lines })).status).toBe(415)
})

test('[N52] HEAD is answered as GET is, without the body', async () => {
  for (const path of ['/healthz', '/readyz', '/v1/presence/me', '/v1/users', '/v1/presence/nobody', '/', '/openapi.json']) {
    const got = await server.request(path, { headers: { Authorization: `Bearer ${server.adminToken}` } })
    await got.arrayBuffer()
    const asked = await server.request(path, { method: 'HEAD', headers: { Authorization: `Bearer ${server.adminToken}` } })
    const of = ({ status, headers }: Response) => [
      status,
      ...['content-type', 'content-length', 'etag'].map((name) => headers.get(name)),
    ]
    expect(of(asked)).toEqual(of(got))
    expect(await asked.text()).toBe('')
  }
  const etag = (await ask(server, 'HEAD /v1/presence/me')).headers.get('etag') ?? ''
  expect((await ask(server, 'HEAD /v1/presence/me', { headers: { 'If-None-Match': etag } })).status).toBe(304)
  expect((await ask(server, 'HEAD /v1/presence/me', { token: null })).status).toBe(401)
  const bodyless = await ask(server, 'HEAD /v1/presence:batch')
  expect([bodyless.status, bodyless.headers.get('allow')]).toEqual([405, 'POST'])
  const endless = await ask(server, 'HEAD /v1/stream')
  expect([endless.status, endless.headers.get('allow')]).toEqual([405, 'GET'])
})

test('[N25] an unknown address is 404, a known one with another method 405', async () => {
  for (const call of [
    'GET /nothing',
    'GET /v1',
    'GET /v1/nothing',
    'POST /v1/users/me/nothing',
    'GET /v1/presence/me/',
    'GET /V1/users',
  ]) {
    const answer = await ask(server, call, { token: null })
    expect([call, answer.status, answer.body.type]).toEqual([call, 404, 'urn:rollcall:problem:no-such-route'])
  }
  const wrong = await ask(server, 'PATCH /v1/presence/me/availability', { body: {} })
  expect([wrong.status, wrong.headers.get('allow'), wrong.body.status]).toEqual([405, 'PUT, DELETE', 405])
  expect((await ask(server, 'GET /v1/presence:batch')).headers.get('allow')).toBe('POST')
  expect((await ask(server, 'PUT /v1/presence', { body: {} })).headers.get('allow')).toBe('GET, HEAD')
  expect((await ask(server, 'GET /v1/presence/%E0%A4%A')).status).toBe(400)
  expect((await ask(server, `GET /v1/presence/${'x'.repeat(600)}`)).status).toBe(404)
})

test('[N25] what is no HTTP gets 400, headers beyond the limit 431, both as problem documents', async () => {
  for (const [sent, status] of [
    ['HELLO\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nno colon\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(80_000)}\r\n\r\n`, 431],
    ['POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ] as const) {
    const answer = await speak(sent)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer).toContain('application/problem+json')
  }
  const unencoded = await speak('GET /v1/presence/j\u00f6rg HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(unencoded).toMatch(/^HTTP\/1\.1 400 /)
  expect(unencoded).toMatch(/percent-encoded, as %C3%B6 for an ö\."}$/)
})

test('[N25] an address with scheme and host, as for proxies, is its path in every dialect', async () => {
  const to = (path: string) =>
    speak(
      `GET http://a:80${path} HTTP/1.1\r\nHost: a:80\r\nAuthorization: Bearer ${server.adminToken}\r\nConnection: close\r\n\r\n`,
    )
  for (const path of ['/v1/presence/me', '/api/v4/users/me/status', '/Cust1/API/v1/User/currentPrincipal', '/api/info', '?x', ''])
    expect([path, (await to(path)).slice(0, 15)]).toEqual([path, 'HTTP/1.1 200 OK'])
  expect(await to('/api/v4/nothing')).toContain("for the url='/api/v4/nothing'")
  expect(await to('/api/v1/users.nothing')).toContain('{"success":false,"error":"Resource not found"}')
  expect(await to('/api/v1/User/1/Nothing')).toContain("the request URI 'http://a:80/api/v1/User/1/Nothing'")
  expect(await to('/nothing')).toContain('There is nothing at /nothing.')
  expect(await to('/api/v4//users/me')).toContain('ocation: /api/v4/users/me\r\n')
})

test('[N26] beyond the limit a route answers 429 to that user only, and says when to come back', async () => {
  const limited = await startServer({ env: { ROLLCALL_RATE_LIMIT: 'on' } })
  try {
    const [ann, bob] = [await limited.createUser({ username: 'ann' }), await limited.createUser({ username: 'bob' })]
    await ask(limited, 'PATCH /v1/settings', { body: { rateCallsMax: 60 } })
    const note = (token: string) => ask(limited, PUT_NOTE, { token, body: { text: 'x' } })
    const statuses = []
    for (let i = 0; i < 7; i++) statuses.push((await note(ann.token)).status)
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429])
    const refused = await note(ann.token)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused.body).toMatchObject({ status: 429, type: 'urn:rollcall:problem:too-many-requests' })
    expect((await note(bob.token)).status).toBe(200)
    expect((await ask(limited, 'GET /v1/presence/me', { token: ann.token })).status).toBe(200)
    for (let i = 0; i < 10; i++) expect((await note(limited.adminToken)).status).toBe(200)
  } finally {
    await limited.stop()
  }
})

test('[N26, A19] a token in a page is limited, whosever it is, and takes nothing from its owner', async () => {
  await using limited = await startServer({ env: { ROLLCALL_RATE_LIMIT: 'on' } })
  await ask(limited, 'PATCH /v1/settings', { body: { rateCallsMax: 60 } })
  const { user, token } = await limited.createUser({ username: 'ann' })
  const origin = 'https://page.example.org'
  const wanted = { name: 'page', kind: 'publishable', users: [user.id], origins: [origin] }
  for (const owner of [limited.adminToken, token]) {
    const page = await limited.call('POST', '/v1/tokens', owner, wanted)
    const read = async (secret: string) =>
      (await limited.request('/v1/presence/ann', { headers: { Authorization: `Bearer ${secret}`, Origin: origin } })).status
    for (let i = 0; i < 60; i++) expect(await read(page.token)).toBe(200)
    expect(await read(page.token)).toBe(429)
    expect(await read(owner)).toBe(200)
  }
})

test('[N27] a client that stops in the middle of its headers is answered 408, and nobody waits for it', async () => {
  const slow = await open()
  slow.write('PUT /v1/presence/me/note HTTP/1.1\r\nHost: a\r\n')
  const began = Date.now()
  const answer = wholeAnswer(slow)
  expect((await ask(server, 'GET /v1/presence/me')).status).toBe(200)
  expect(await answer).toMatch(/^HTTP\/1.1 408 [\s\S]*application\/problem\+json/)
  expect(Date.now() - began).toBeGreaterThan(5_000)
}, 20_000)

test('[N27] a client that goes away in the middle of its body harms nobody', async () => {
  const leaving = await open()
  leaving.write(`PUT /v1/presence/me/note HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${server.adminToken}\r\n`)
  leaving.write('Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"text":')
  await new Promise((resolve) => setTimeout(resolve, 50))
  leaving.destroy()
  expect((await ask(server, 'GET /v1/presence/me')).status).toBe(200)
})

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  return socket
}

async function speak(text: string): Promise<string> {
  const socket = await open()
  const answer = wholeAnswer(socket)
  socket.write(text)
  return answer
}

async function wholeAnswer(socket: Socket): Promise<string> {
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  await once(socket, 'close')
  return answer
}
