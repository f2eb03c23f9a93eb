import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRepeats, REPEAT_RUNNING_MS } from '../../src/http/repeats.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { openNode } from '../groups/node.ts'
import { type Server, startServer } from '../server.ts'
import { ask } from './ask.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

let keys = 0
const newKey = (): string => `key-${++keys}`
const post = (path: string, key: string, body: object, token = server.adminToken, to = server) =>
  ask(to, `POST ${path}`, { token, body, headers: { 'Idempotency-Key': key } })

const MAKINGS: readonly (readonly [string, () => object])[] = [
  ['/v1/users', () => ({ username: `once${++keys}`, password: 'a password' })],
  ['/v1/tokens', () => ({ name: 'once' })],
  ['/v1/sessions', () => ({ app: 'door', platform: 'badge' })],
  ['/v1/groups', () => ({ name: `once${++keys}` })],
  ['/v1/webhooks', () => ({ url: 'https://example.org/hook' })],
]

test.each(MAKINGS)(
  '[N47] POST %s, sent again with its key, makes nothing twice and is answered the same',
  async (path, bodyOf) => {
    const [key, body] = [newKey(), bodyOf()]
    const [first, again] = [await post(path, key, body), await post(path, `"${key}"`, body)]
    expect([again.status, again.body]).toEqual([201, first.body])
    expect(again.headers.get('location')).toBe(first.headers.get('location'))
    expect((await post(path, newKey(), body)).body).not.toEqual(first.body)
  },
)

test('[N47] another body under the same key is 422, and the key is another caller’s to use too', async () => {
  const key = newKey()
  await post('/v1/tokens', key, { name: 'one' })
  const other = await post('/v1/tokens', key, { name: 'two' })
  expect([other.status, other.body.type, other.body.field]).toEqual([422, 'urn:rollcall:problem:key-reused', 'Idempotency-Key'])
  const elsewhere = await post('/v1/sessions', key, { app: 'door', platform: 'badge' })
  expect(elsewhere.status).toBe(422)
  const { token } = await server.createUser({ username: 'same.key', password: null })
  expect((await post('/v1/tokens', key, { name: 'two' }, token)).status).toBe(201)
  for (const bad of ['', 'a b', 'x'.repeat(256)])
    expect([bad, (await post('/v1/tokens', bad, { name: 'x' })).body]).toEqual([
      bad,
      expect.objectContaining({ status: 400, field: 'Idempotency-Key' }),
    ])
})

test('[N47] what was refused may be tried again under its key', async () => {
  const key = newKey()
  const body = { username: 'tried.again' }
  await ask(server, 'POST /v1/users', { body })
  expect((await post('/v1/users', key, body)).status).toBe(409)
  await ask(server, 'DELETE /v1/users/tried.again')
  expect((await post('/v1/users', key, body)).status).toBe(201)
})

test('[N47] while the first is being answered, one that is sent again is 409; nothing is made twice', async () => {
  const key = newKey()
  const body = { name: `many${keys}` }
  const answers = await Promise.all(Array.from({ length: 8 }, () => post('/v1/tokens', key, body)))
  const made = answers.filter(({ status }) => status === 201)
  expect(new Set(made.map((answer) => answer.body.token)).size).toBe(1)
  for (const { status, body: problem, headers } of answers.filter((answer) => answer.status !== 201))
    expect([status, problem.type, headers.get('retry-after')]).toEqual([409, 'urn:rollcall:problem:still-running', '1'])
  const { tokens } = (await ask(server, 'GET /v1/tokens?limit=1000')).body
  expect(tokens.filter(({ name }: { name: string }) => name === body.name)).toHaveLength(1)
})

test('[N47] of several nodes one answers; the others say so meanwhile, and the same afterwards', async () => {
  let clock = 1_000
  const ledger = createMemoryLedger({ clock: () => clock })
  const nodes = [await openNode(ledger), await openNode(ledger)]
  const [one, other] = nodes.map(({ directory: { keys: held } }) => createRepeats({ keys: held, now: ledger.now, shared: true }))
  if (one === undefined || other === undefined) throw new Error('two nodes')
  const running = { code: 'conflict', reason: 'still_running', retryAfterMs: 1_000 }
  const both = await Promise.allSettled([one.claim('made', 'ann'), other.claim('made', 'ann')])
  const claimed = both.map((claim) => (claim.status === 'fulfilled' ? claim.value : claim.reason))
  expect(claimed).toEqual(expect.arrayContaining([null, expect.objectContaining(running)]))
  await expect(other.claim('made', 'ann')).rejects.toMatchObject(running)
  await (claimed[0] === null ? one : other).keep('made', 'ann', 'what was made')
  expect([await one.claim('made', 'ann'), await other.claim('made', 'ann')]).toEqual(['what was made', 'what was made'])

  expect(await one.claim('refused', 'ann')).toBeNull()
  await one.release('refused')
  expect(await other.claim('refused', 'ann')).toBeNull()

  // A node that died while it was answering is not waited for any longer than that.
  expect(await one.claim('died', 'ann')).toBeNull()
  clock += REPEAT_RUNNING_MS - 1
  await expect(other.claim('died', 'ann')).rejects.toMatchObject(running)
  clock += 1
  expect(await other.claim('died', 'ann')).toBeNull()
  for (const node of nodes) await node.close()
})

test('[N47] an answer outlives kill -9, and nothing of it can be read in the store', async () => {
  await using own = await startServer()
  const key = newKey()
  const first = await post('/v1/tokens', key, { name: 'kept' }, own.adminToken, own)
  await own.kill()
  await own.restart()
  const again = await post('/v1/tokens', key, { name: 'kept' }, own.adminToken, own)
  expect([again.status, again.body]).toEqual([201, first.body])
  const headers = { Authorization: `Bearer ${own.adminToken}` }
  const everything = await (await own.request('/v1/export', { headers })).text()
  const held = everything
    .split('\n')
    .flatMap((line) => [
      line,
      ...Object.values(line === '' ? {} : JSON.parse(line)).map((value) => Buffer.from(String(value), 'base64').toString()),
    ])
    .join('\n')
  expect(held).toContain('repeat/')
  for (const secret of [first.body.token, key]) expect(held).not.toContain(secret)
})

test('[N48] a change with If-Match is made only of what its caller saw', async () => {
  const { user } = await server.createUser({ username: 'matched', password: null })
  const read = () => ask(server, `GET /v1/users/${user.id}`)
  const patch = (name: string, tag: string) =>
    ask(server, `PATCH /v1/users/${user.id}`, { body: { name }, headers: { 'If-Match': tag } })
  const seen = (await read()).headers.get('etag') ?? ''
  expect((await patch('First', seen)).body.name).toBe('First')
  const late = await patch('Second', seen)
  expect([late.status, late.body.type]).toEqual([412, 'urn:rollcall:problem:changed-meanwhile'])
  expect((await patch('Third', '*')).body.name).toBe('Third')
  const now = (await read()).headers.get('etag') ?? ''
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => patch(name, now)))
  expect(answers.map(({ status }) => String(status)).sort()).toEqual(['200', '412', '412', '412'])
})

test('[N48] [N9] settings are changed only as they were seen, and read with a tag', async () => {
  const read = (headers = {}) => ask(server, 'GET /v1/settings', { headers })
  const tag = (await read()).headers.get('etag') ?? ''
  expect((await read({ 'If-None-Match': tag })).status).toBe(304)
  const patch = (graceMs: number) => ask(server, 'PATCH /v1/settings', { body: { graceMs }, headers: { 'If-Match': tag } })
  expect((await patch(11_000)).status).toBe(200)
  expect((await patch(12_000)).status).toBe(412)
  expect((await read({ 'If-None-Match': tag })).body.graceMs).toBe(11_000)
})

test('[N8] [N11] tokens come in pages, each once, with a tag', async () => {
  const { token } = await server.createUser({ username: 'many.tokens', password: null })
  for (let i = 0; i < 7; i++) await ask(server, 'POST /v1/tokens', { token, body: { name: `t${i}` } })
  const names: string[] = []
  let cursor: string | null = null
  do {
    const { body, headers } = await ask(server, `GET /v1/tokens?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`, { token })
    expect(headers.get('etag')).toMatch(/^"\S+"$/)
    names.push(...body.tokens.map(({ name }: { name: string }) => name))
    cursor = body.cursor
  } while (cursor !== null)
  expect(names.filter((name) => /^t\d$/.test(name))).toEqual(['t0', 't1', 't2', 't3', 't4', 't5', 't6'])
  expect((await ask(server, 'GET /v1/tokens?cursor=x', { token })).body).toMatchObject({ status: 400, field: 'cursor' })
})
