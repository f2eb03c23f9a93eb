import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { ask, associateId, type Body, bearer, presencePath, statusBody } from './asking.ts'

let server: Server
let anna: Person

const BYTES_MAX = 65_536
const AWAY = { Status: 'StatusNotAvailable', Message: 'Lunch & more' }
const INVALID = 'The request is invalid.'

beforeAll(async () => {
  server = await startServer({ store: 'memory:' })
  anna = await server.createUser({ username: 'anna' })
})
afterAll(async () => {
  expect((await server.request('/healthz')).status).toBe(200)
  await server.stop()
})

const put = (body: Body, headers: Record<string, string> = {}) =>
  ask(server, presencePath(anna), { method: 'PUT', headers: { ...bearer(anna.token), ...headers }, body })
const agent = (call: string, body: Body, headers: Record<string, string> = {}) =>
  ask(server, `/api/v1/Agents/User/${call}`, { method: 'POST', headers: { ...bearer(anna.token), ...headers }, body })
const typed = (type: string) => ({ 'Content-Type': type })

test.each([
  'application/json',
  'text/json',
  'application/json; charset=utf-8',
  'application/json;charset="UTF-8"',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/vnd.api+json',
])('[SO-2.2-3] %s is read as JSON', async (type) => {
  expect((await put(JSON.stringify(AWAY), typed(type))).json).toEqual(AWAY)
})

test('[SO-2.2-3] a body without a type, and one with a byte order mark, is JSON', async () => {
  const untyped = { method: 'PUT', headers: bearer(anna.token), body: Buffer.from(JSON.stringify(AWAY)) }
  expect(await (await server.request(presencePath(anna), untyped)).json()).toEqual(AWAY)
  expect((await put(`\ufeff${JSON.stringify(AWAY)}`)).json).toEqual(AWAY)
})

test.each(['application/xml', 'text/xml', 'text/xml; charset=utf-8', 'application/soap+xml'])(
  '[SO-2.2-3] %s is read as XML',
  async (type) => {
    const inner = '<Status>StatusNotAvailable</Status><Message>Lunch &amp; more</Message>'
    expect((await put(`<UserPresenceStatus>${inner}</UserPresenceStatus>`, typed(type))).json).toEqual(AWAY)
    const call = `<Call><associateId>${associateId(anna)}</associateId><UserPresenceStatus>${inner}</UserPresenceStatus></Call>`
    expect((await agent('SetUserPresenceStatus', call, typed(type))).json).toEqual(AWAY)
  },
)

test('[SO-2.2-8] half a surrogate pair is U+FFFD', async () => {
  expect((await put('{"Status":"StatusNotAvailable","Message":"a\\ud800b"}')).json.Message).toBe('a\ufffdb')
})

test('[SO-2.2-3] [SO-2.2-7] forms are read, also with inner objects', async () => {
  const form = typed('application/x-www-form-urlencoded')
  expect((await put('status=StatusNotAvailable&message=Lunch+%26+more', form)).json).toEqual(AWAY)
  const id = associateId(anna)
  for (const [open, close] of [
    ['.', ''],
    ['[', ']'],
  ]) {
    const inner = `UserPresenceStatus${open}Status${close}=StatusNotAvailable&UserPresenceStatus${open}Message${close}=Lunch+%26+more`
    expect((await agent('SetUserPresenceStatus', `AssociateId=${id}&${inner}`, form)).json).toEqual(AWAY)
  }
  expect((await agent('GetUserPresenceStatus', `associateid=${id}`, form)).json).toEqual(AWAY)
})

test('[SO-2.2-4] a document type declaration is refused, with entities or without', async () => {
  const bomb =
    '<!DOCTYPE b [<!ENTITY a "aaaaaaaa"><!ENTITY c "&a;&a;&a;">]><b><Status>StatusNormal</Status><Message>&c;</Message></b>'
  const { status, json } = await put(bomb, typed('application/xml'))
  expect([status, json.Message]).toEqual([400, INVALID])
})

test('[SO-2.2-5] gzipped bodies are read', async () => {
  for (const encoding of ['gzip', 'GZIP', 'x-gzip'])
    expect((await put(gzipSync(JSON.stringify(AWAY)), { 'Content-Encoding': encoding })).json).toEqual(AWAY)
})

test('[SO-2.2-5] [SO-1.4-12] a small body that inflates beyond the limit is 413', async () => {
  const bomb = gzipSync(Buffer.alloc(900 * BYTES_MAX, ' '))
  expect(bomb.length).toBeLessThan(BYTES_MAX)
  const { status, json } = await put(bomb, { 'Content-Encoding': 'gzip' })
  expect([status, Object.keys(json)]).toEqual([413, ['Message']])
})

test('[SO-1.4-12] a body that is too large is 413, with its length told before or not', async () => {
  const { status, json } = await put(statusBody('StatusNormal', 'x'.repeat(BYTES_MAX)))
  expect([status, Object.keys(json)]).toEqual([413, ['Message']])
  const streamed = await server.request(presencePath(anna), {
    method: 'PUT',
    headers: { ...bearer(anna.token), ...typed('application/json') },
    body: new Blob(['x'.repeat(BYTES_MAX + 1)]).stream(),
    duplex: 'half',
  })
  expect(streamed.status).toBe(413)
})

test('[SO-1.4-3] XML made to be slow is read in no time', async () => {
  const startedAt = performance.now()
  for (const part of ['<a/>', 'a<b/>', '&amp;', '<b a="1"/>', '<![CDATA[x]]>'])
    await put(`<r>${part.repeat(60_000 / part.length)}</r>`, typed('text/xml'))
  expect(performance.now() - startedAt).toBeLessThan(3000)
})

test.each([
  ['application/pdf', 'identity'],
  ['text/plain', 'identity'],
  ['application/json; charset=utf-16', 'identity'],
  ['application/json', 'br'],
])('[SO-1.4-12] %s encoded as %s is 415', async (type, encoding) => {
  const { status, json } = await put(JSON.stringify(AWAY), { ...typed(type), 'Content-Encoding': encoding })
  expect([status, Object.keys(json)]).toEqual([415, ['Message']])
})

test.each([
  ['malformed JSON', '{"Status":'],
  ['deep JSON', `{"Status":"StatusNormal","x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
  ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ['a list', '[[[[]]]]'],
  ['a number', '5'],
  ['true', 'true'],
])('[SO-1.4-3] %s is 400', async (_name, body) => {
  const { status, json } = await put(body)
  expect([status, Object.keys(json), json.Message]).toEqual([400, ['Message', 'MessageDetail'], INVALID])
})

test('[SO-1.4-3] malformed XML, deep XML and what is no gzip are 400', async () => {
  expect((await put('<a><b></a>', typed('text/xml'))).json.Message).toBe(INVALID)
  expect((await put(`${'<a>'.repeat(9000)}${'</a>'.repeat(9000)}`, typed('text/xml'))).status).toBe(400)
  expect((await put('not gzip', { 'Content-Encoding': 'gzip' })).json.Message).toBe(INVALID)
})

test('[SO-1.4-3] names that objects have by nature are no fields', async () => {
  const body = '{"__proto__":{"Status":"StatusNormal"},"constructor":{"prototype":{"Status":"StatusNormal"}}}'
  expect((await put(body)).status).toBe(400)
  const form = '__proto__[Status]=StatusNormal&constructor[prototype][Status]=StatusNormal'
  expect((await put(form, typed('application/x-www-form-urlencoded'))).status).toBe(400)
  expect((await put(JSON.stringify(AWAY))).json).toEqual(AWAY)
})

test.each(['null', '', ' '])('[SO-2.2-6] the body %j is taken where none is needed', async (body) => {
  const path = `/api/v1/Agents/User/GetUser?userId=${associateId(anna)}`
  const headers = { ...bearer(anna.token), ...typed('application/json') }
  const { status, json } = await ask(server, path, { method: 'POST', headers, body })
  expect([status, json?.AssociateId ?? json?.Message]).toEqual([
    body === ' ' ? 400 : 200,
    body === ' ' ? INVALID : associateId(anna),
  ])
})

test('[SO-2.2-7] of a key in several cases the last counts', async () => {
  expect((await put('{"status":"StatusNormal","Status":"StatusNotAvailable","MESSAGE":"Lunch & more"}')).json).toEqual(AWAY)
})
