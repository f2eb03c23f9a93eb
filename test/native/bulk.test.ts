import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Server, startServer } from '../server.ts'
import { ask } from './ask.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

const LINES = { 'Content-Type': 'application/x-ndjson' }

/** Sends lines, and reads the report as it comes. */
async function* importing(lines: AsyncIterable<string> | Iterable<string>, token = server.adminToken) {
  const headers = { ...LINES, Authorization: `Bearer ${token}` }
  const response = await server.request('/v1/users:import', {
    method: 'POST',
    headers,
    body: Readable.toWeb(Readable.from(lines)) as ReadableStream,
    duplex: 'half',
  } as RequestInit)
  expect(response.status).toBe(200)
  let rest = ''
  for await (const text of (response.body as ReadableStream).pipeThrough(new TextDecoderStream())) {
    const whole = (rest + text).split('\n')
    rest = whole.pop() ?? ''
    for (const line of whole) yield JSON.parse(line)
  }
}

const line = (user: object): string => `${JSON.stringify(user)}\n`
const userOf = async (word: string) => (await ask(server, `GET /v1/users/${word}`)).body

test('[N44] a line makes a user or changes the one it names, and the report keeps the order', async () => {
  await ask(server, 'POST /v1/users', { body: { username: 'here', id: 'here.id', email: 'here@example.org' } })
  const report = await arrayOf(
    importing([
      line({ username: 'new', name: 'New One', ids: { superoffice: 4_711 } }),
      '\n',
      line({ username: 'HERE', name: 'By Name' }),
      line({ id: 'here.id', username: 'moved', timezone: 'Asia/Tokyo' }),
      line({ username: 'moved', timezone: 'Asia/Tokyo' }),
      line({ username: 'here', email: 'here@example.org' }),
      '{"username":\n',
      line({ username: 'x', nmae: 'typo' }),
      line({ name: 'nobody' }),
      line({ username: 'with.password', password: 'their password' }),
      JSON.stringify({ username: 'last' }),
    ]),
  )
  const problem = (more: object = {}) => expect.objectContaining({ status: 400, ...more })
  const id = expect.any(String)
  expect(report).toEqual([
    { line: 1, result: 'created', id },
    { line: 3, result: 'updated', id: 'here.id' },
    { line: 4, result: 'updated', id: 'here.id' },
    { line: 5, result: 'unchanged', id: 'here.id' },
    { line: 6, result: 'refused', problem: expect.objectContaining({ status: 409, field: 'email' }) },
    { line: 7, result: 'refused', problem: problem() },
    { line: 8, result: 'refused', problem: problem({ field: 'nmae' }) },
    { line: 9, result: 'refused', problem: problem({ field: 'username' }) },
    { line: 10, result: 'created', id },
    { line: 11, result: 'created', id },
    { done: true, created: 3, updated: 2, unchanged: 1, refused: 4 },
  ])
  expect(await userOf('here.id')).toMatchObject({ username: 'moved', name: 'By Name', timezone: 'Asia/Tokyo' })
  expect((await server.login('with.password', 'their password')).user.username).toBe('with.password')
})

test('[N44] [N23] a line is as strict about types as a body: nothing is read from text', async () => {
  const report = await arrayOf(
    importing([line({ username: 7 }), line({ username: 'typed', active: 'false' }), line({ username: 'typed', name: null })]),
  )
  expect(report.slice(0, -1).map(({ result, problem }) => [result, problem?.field])).toEqual([
    ['refused', 'username'],
    ['refused', 'active'],
    ['refused', 'name'],
  ])
})

test('[N44] what is sent is answered while more is to come', async () => {
  const { promise: seen, resolve } = Promise.withResolvers<void>()
  const lines = async function* () {
    yield line({ username: 'first.of.two' })
    await seen
    yield line({ username: 'second.of.two' })
  }
  const results: string[] = []
  for await (const { result } of importing(lines())) {
    if (result !== undefined) results.push(result)
    resolve()
  }
  expect(results).toEqual(['created', 'created'])
})

test('[N44] lines about one user hold in their order, however many are on their way', async () => {
  const names = Array.from({ length: 150 }, (_, i) => line({ username: 'often', name: `name ${i}` }))
  const others = Array.from({ length: 150 }, (_, i) => line({ username: `other${i}` }))
  const mixed = names.flatMap((name, i) => [name, others[i] ?? ''])
  const report = await arrayOf(importing(mixed))
  expect(report.map((told) => told.line ?? 'done')).toEqual([...mixed.map((_, i) => i + 1), 'done'])
  expect(report.at(-1)).toEqual({ done: true, created: 151, updated: 149, unchanged: 0, refused: 0 })
  expect((await userOf('often')).name).toBe('name 149')
})

test('[N44] [N24] only holders of manage-users import, and only lines', async () => {
  const { token } = await server.createUser({ username: 'bulk.nobody', password: null })
  const post = (headers: object, body = line({ username: 'never' })) =>
    server.request('/v1/users:import', { method: 'POST', headers: { ...headers }, body })
  expect((await post({ ...LINES, Authorization: `Bearer ${token}` })).status).toBe(403)
  expect((await post(LINES)).status).toBe(401)
  expect((await post({ Authorization: `Bearer ${server.adminToken}`, 'Content-Type': 'text/csv' })).status).toBe(415)
  expect((await ask(server, 'POST /v1/users', { raw: line({ username: 'x' }), headers: LINES })).status).toBe(415)
  expect((await ask(server, 'GET /v1/users:export', { token })).status).toBe(403)
  expect((await ask(server, 'GET /v1/users/never')).status).toBe(404)
})

test('[N45] a line that is too long, or no UTF-8, is refused alone', async () => {
  const body = Buffer.concat([
    Buffer.from(line({ username: 'before.long' })),
    Buffer.from(line({ username: 'long', name: 'x'.repeat(70_000) })),
    Buffer.from([0x7b, 0xff, 0x7d, 0x0a]),
    Buffer.from(line({ username: 'after.long' })),
  ])
  const headers = { ...LINES, Authorization: `Bearer ${server.adminToken}` }
  const text = await (await server.request('/v1/users:import', { method: 'POST', headers, body })).text()
  const report = text
    .trim()
    .split('\n')
    .map((told) => JSON.parse(told))
  expect(report.map(({ result, problem }) => problem?.status ?? result)).toEqual(['created', 413, 400, 'created', undefined])
})

test('[N45] who does not read the report is not read from, and the server holds no more for it', async () => {
  const socket = await openImport()
  let sent = 0
  const chunk = line({ username: 'not.read', name: 'x'.repeat(200) }).repeat(64)
  const fed = (): Promise<boolean> =>
    new Promise((resolve) => void socket.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`, () => resolve(true)))
  while ((await Promise.race([fed(), wait(1_500, false)])) && sent < 64_000_000) sent += chunk.length
  expect(sent).toBeLessThan(64_000_000)
  expect((await ask(server, 'GET /v1/users/not.read')).status).toBe(200)
  socket.destroy()
}, 30_000)

test('[N45] a client that goes away in the middle harms nobody, and sending it all again does no harm', async () => {
  const lines = Array.from({ length: 500 }, (_, i) => line({ username: `again${i}` }))
  const socket = await openImport()
  const part = lines.slice(0, 300).join('')
  socket.write(`${part.length.toString(16)}\r\n${part}\r\n`)
  await once(socket, 'data')
  socket.resetAndDestroy()
  const report = await arrayOf(importing(lines))
  const { refused, created, unchanged } = report.at(-1)
  expect([refused, created + unchanged]).toEqual([0, 500])
  expect(unchanged).toBeGreaterThan(0)
  expect(server.logs.stdout + server.logs.stderr).not.toContain('a bug of ours')
})

test('[N46] what is exported is imported as it is, and has no secrets', async () => {
  await server.createUser({ username: 'exported', name: 'Ünïcode', roles: ['user', 'guest'], ids: { superoffice: 99_001 } })
  const headers = { Authorization: `Bearer ${server.adminToken}` }
  const response = await server.request('/v1/users:export', { headers })
  expect(response.headers.get('content-type')).toContain('application/x-ndjson')
  const text = await response.text()
  expect(text).not.toMatch(/argon2|"password|"token/i)
  const users = text
    .trim()
    .split('\n')
    .map((told) => JSON.parse(told))
  const { createdAt: _at, updatedAt: _then, ...exported } = await userOf('exported')
  expect(users.find(({ username }) => username === 'exported')).toEqual(exported)
  await using other = await startServer({ store: 'memory:' })
  const sent = users
    .filter(({ username }) => username !== 'admin')
    .map(line)
    .join('')
  const report = await other.request('/v1/users:import', {
    method: 'POST',
    headers: { ...LINES, Authorization: `Bearer ${other.adminToken}` },
    body: sent,
  })
  expect(JSON.parse((await report.text()).trim().split('\n').at(-1) ?? '')).toMatchObject({
    refused: 0,
    created: users.length - 1,
  })
  expect(
    await (await other.request('/v1/users/exported', { headers: { Authorization: `Bearer ${other.adminToken}` } })).json(),
  ).toMatchObject(exported)
})

/** An import whose lines are written by hand, and whose report nobody reads unless asked. */
async function openImport() {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.write(`POST /v1/users:import HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${server.adminToken}\r\n`)
  socket.write('Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n')
  return socket
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the report has
async function arrayOf(told: AsyncIterable<any>): Promise<any[]> {
  const all = []
  for await (const one of told) all.push(one)
  return all
}
