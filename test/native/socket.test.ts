import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { ask } from './ask.ts'
import { mirrorOf, talk } from './talk.ts'

let server: Server
let names = 0
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

const person = (): Promise<Person> => server.createUser({ username: `person${++names}`, password: null })
const set = (token: string, availability: string) =>
  ask(server, 'PUT /v1/presence/me/availability', { token, body: { availability } })

test('[N33] a socket says hello to whoever comes with a token, in the header or as the first message, and to nobody else', async () => {
  const { user, token } = await person()
  const byHeader = await talk(server, token)
  expect(await byHeader.of('hello')).toMatchObject({
    userId: user.id,
    connectionId: expect.any(String),
    limits: { messageBytesMax: 65_536, usersPerMessageMax: 1_000, usersWatchedMax: 10_000 },
  })
  const byMessage = await talk(server, null)
  expect((await byMessage.say({ type: 'ping' })).type).toBe('pong')
  expect((await byMessage.say({ type: 'hello', token })).type).toBe('done')
  expect((await byMessage.of('hello')).userId).toBe(user.id)
  await expect(talk(server, 'wrong')).rejects.toThrow(/^401 .*urn:rollcall:problem:not-logged-in/)
  const wrong = await talk(server, null)
  expect((await wrong.say({ type: 'hello', token: 'wrong' })).problem).toMatchObject({ status: 401 })
  expect((await wrong.closed).code).toBe(1008)
  const early = await talk(server, null)
  expect((await early.say({ type: 'watch', everyone: true })).problem.status).toBe(401)
  for (const { socket } of [byHeader, byMessage]) socket.close()
})

test('[N34] a watcher gets a snapshot, then what changes, of those it watches and nobody else', async () => {
  const [ann, bob, eve] = [await person(), await person(), await person()]
  const watcher = await talk(server, eve.token)
  const users = [ann.user.id, bob.user.username, 'nobody']
  await watcher.say({ type: 'watch', users })
  const named = { [bob.user.username]: bob.user.id }
  const snapshot = { type: 'snapshot', users: [ann.user.id, bob.user.id], unknown: ['nobody'], named }
  expect(await watcher.of('snapshot')).toEqual(snapshot)
  const { cursor } = await watcher.of('cursor')
  expect(cursor).toEqual(expect.any(String))
  expect(new Set(mirrorOf(watcher.heard).keys())).toEqual(new Set([ann.user.id, bob.user.id]))
  await set(eve.token, 'dnd')
  await set(ann.token, 'busy')
  const told = await watcher.presenceOf(ann.user.id, 'busy')
  expect(told.presence).toEqual((await ask(server, `GET /v1/presence/${ann.user.id}`, { token: eve.token })).body)
  expect(mirrorOf(watcher.heard).has(eve.user.id)).toBe(false)
  await watcher.say({ type: 'unwatch', users: [ann.user.id] })
  const from = watcher.heard.length
  await set(ann.token, 'away')
  await set(bob.token, 'away')
  await watcher.presenceOf(bob.user.id, 'away', from)
  expect(watcher.heard.slice(from).some(({ presence }) => presence?.userId === ann.user.id)).toBe(false)
  await server.call('DELETE', `/v1/users/${bob.user.id}`, server.adminToken)
  expect(await watcher.of('removed')).toEqual({ type: 'removed', userId: bob.user.id })
  watcher.socket.close()
})

test('[N35] who watches everyone holds at any time what a snapshot would say, new and removed users too', async () => {
  const watcher = await talk(server, server.adminToken)
  await watcher.say({ type: 'watch', everyone: true })
  await watcher.of('cursor')
  const [ann, bob] = [await person(), await person()]
  await set(ann.token, 'busy')
  await watcher.presenceOf(ann.user.id, 'busy')
  await server.call('DELETE', `/v1/users/${bob.user.id}`, server.adminToken)
  await watcher.until(({ type, userId }) => type === 'removed' && userId === bob.user.id)
  const { presences } = (await ask(server, 'GET /v1/presence')).body
  expect(mirrorOf(watcher.heard)).toEqual(new Map(presences.map((presence: { userId: string }) => [presence.userId, presence])))
  watcher.socket.close()
})

test('[N35] a hidden user sees the own view among everyone, others see nothing', async () => {
  const ann = await person()
  const [own, other] = [await talk(server, ann.token), await talk(server, server.adminToken)]
  for (const watcher of [own, other]) {
    await watcher.say({ type: 'watch', everyone: true })
    await watcher.of('cursor')
  }
  await set(ann.token, 'busy')
  await other.presenceOf(ann.user.id, 'busy')
  const from = other.heard.length
  await set(ann.token, 'offline')
  expect((await other.presenceOf(ann.user.id, 'offline', from)).presence).toMatchObject({ source: 'none', manual: false })
  await own.until(
    ({ presence }) => presence?.userId === ann.user.id && presence.source === 'manual' && presence.availability === 'offline',
  )
  await other.of('cursor', from)
  const seen = other.heard.length
  await own.say({ type: 'attend', app: 'web', platform: 'test' })
  await ask(server, 'GET /v1/presence/me', { token: ann.token })
  await other.say({ type: 'ping' })
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(other.heard.slice(seen).filter(({ type }) => type !== 'pong')).toEqual([])
  expect(mirrorOf(own.heard).get(ann.user.id)).toMatchObject({ source: 'manual', availability: 'offline' })
  for (const { socket } of [own, other]) socket.close()
})

test('[N36] with its cursor a reader goes on where it was, whether it polled, streamed or watched before', async () => {
  const [ann, bob] = [await person(), await person()]
  const first = await talk(server, server.adminToken)
  await first.say({ type: 'watch', everyone: true })
  const { cursor } = await first.of('cursor')
  first.socket.terminate()
  await set(ann.token, 'busy')
  const again = await talk(server, server.adminToken)
  await again.say({ type: 'watch', everyone: true, since: cursor })
  await again.of('cursor')
  expect(again.heard.filter(({ type }) => type === 'snapshot')).toEqual([])
  expect(mirrorOf(again.heard).get(ann.user.id)).toMatchObject({ availability: 'busy' })
  expect(mirrorOf(again.heard).size).toBeLessThan(4)
  const set2 = await talk(server, server.adminToken)
  await set2.say({ type: 'watch', users: [ann.user.id, bob.user.id], since: cursor })
  await set2.of('cursor')
  expect([...mirrorOf(set2.heard).keys()]).toEqual([ann.user.id])
  const polled = (await ask(server, `GET /v1/presence?since=${cursor}`)).body
  expect(polled.full).toBe(false)
  for (const { socket } of [again, set2]) socket.close()
})

test('[N36] a cursor of another store is answered with a reset and a snapshot', async () => {
  await using elsewhere = await startServer({ store: 'memory:' })
  const { cursor } = (await ask(elsewhere, 'GET /v1/presence')).body
  const watcher = await talk(server, server.adminToken)
  await watcher.say({ type: 'watch', everyone: true, since: cursor })
  await watcher.of('cursor')
  expect(watcher.heard.map(({ type }) => type).slice(1, 4)).toEqual(['reset', 'snapshot', 'presence'])
  watcher.socket.close()
})

test('[N37] attending makes its user present, and idle when it says so; a goodbye ends it, a cut does not', async () => {
  const [ann, bob] = [await person(), await person()]
  const watcher = await talk(server, bob.token)
  await watcher.say({ type: 'watch', users: [ann.user.id] })
  await watcher.of('cursor')
  const client = await talk(server, ann.token)
  const { connectionId } = await client.of('hello')
  const { sessionId } = await client.say({ type: 'attend', app: 'web', platform: 'test' })
  expect((await client.say({ type: 'attend', app: 'web', platform: 'test' })).problem.status).toBe(409)
  await watcher.presenceOf(ann.user.id, 'online')
  await client.say({ type: 'idle' })
  await watcher.presenceOf(ann.user.id, 'away')
  const from = watcher.heard.length
  await client.say({ type: 'active' })
  await watcher.presenceOf(ann.user.id, 'online', from)
  client.socket.terminate()
  const back = await talk(server, ann.token)
  const resumed = await back.say({ type: 'attend', app: 'web', platform: 'test', resumes: connectionId })
  expect(resumed.sessionId).toBe(sessionId)
  const seen = watcher.heard.length
  const next = await talk(server, ann.token)
  expect((await next.say({ type: 'attend', app: 'web', platform: 'test', resumes: sessionId })).sessionId).toBe(sessionId)
  expect((await back.say({ type: 'leave' })).type).toBe('done')
  back.socket.close(1000)
  next.socket.close(1000)
  await watcher.presenceOf(ann.user.id, 'offline', seen)
  expect(watcher.heard.filter(({ presence }) => presence?.availability === 'offline')).toHaveLength(2)
  watcher.socket.close()
})

test('[N38] what is said wrongly is answered with the problem and the message it was about; the socket goes on', async () => {
  const client = await talk(server, server.adminToken)
  const wrong: [object, string][] = [
    [{ type: 'nonsense' }, 'type'],
    [{ type: 'watch' }, 'users'],
    [{ type: 'watch', users: ['a'], everyone: true }, 'users'],
    [{ type: 'watch', users: Array.from({ length: 1_001 }, () => 'a') }, 'users'],
    [{ type: 'watch', users: ['admin'], since: 'nonsense!' }, 'since'],
    [{ type: 'attend', app: 'x' }, 'platform'],
    [{ type: 'ping', more: 1 }, 'more'],
  ]
  for (const [message, field] of wrong) expect((await client.say(message)).problem).toMatchObject({ status: 400, field })
  client.socket.send('{')
  expect((await client.until(({ type, problem }) => type === 'error' && /JSON/.test(problem.detail))).problem.status).toBe(400)
  expect((await client.say({ type: 'ping' })).type).toBe('pong')
  client.socket.send(Buffer.from([1]))
  expect((await client.closed).code).toBe(1003)
})

test('[N38] a watch that is refused changes nothing of what is watched', async () => {
  const [anna, other] = [await person(), await person()]
  const watcher = await talk(server, server.adminToken)
  await watcher.say({ type: 'watch', users: [anna.user.id] })
  const refused = [
    { everyone: true, since: 'no-cursor' },
    { users: [other.user.id], since: 'no-cursor' },
    { users: [other.user.id], groups: ['no-group'] },
  ]
  for (const watch of refused) expect(await watcher.say({ type: 'watch', ...watch })).toMatchObject({ type: 'error' })
  for (const { token } of [other, anna])
    await ask(server, 'PUT /v1/presence/me/availability', { token, body: { availability: 'busy' } })
  await watcher.until(({ presence }) => presence?.userId === anna.user.id && presence.availability === 'busy')
  expect(watcher.heard.filter(({ presence }) => presence?.userId === other.user.id)).toEqual([])
  watcher.socket.close()
})

test('[N38] [N23] a type is no other: numbers, truth and nothing are not read from text', async () => {
  const line = await talk(server, server.adminToken)
  for (const said of [
    { type: 'watch', everyone: 'true' },
    { type: 'watch', users: [7] },
    { type: 'attend', app: 1, platform: 'web' },
  ])
    expect(await line.say(said)).toMatchObject({ type: 'error', problem: { status: 400 } })
  line.socket.close()
})

test('[N39] a token that ends ends its connections', async () => {
  const { user, token } = await person()
  const client = await talk(server, token)
  await client.say({ type: 'attend', app: 'web', platform: 'test' })
  const other = await talk(server, server.adminToken)
  await other.say({ type: 'watch', users: [user.id] })
  await other.presenceOf(user.id, 'online')
  const [{ id }] = (await ask(server, `GET /v1/tokens?user=${user.id}`)).body.tokens
  await server.call('DELETE', `/v1/tokens/${id}?user=${user.id}`, server.adminToken)
  expect(await client.closed).toEqual({ code: 1008, reason: 'the token has ended' })
  await other.presenceOf(user.id, 'offline')
  other.socket.close()
})

test.each<[what: string, end: (id: string) => Promise<unknown>]>([
  ['deactivated', (id) => server.call('PATCH', `/v1/users/${id}`, server.adminToken, { active: false })],
  ['deleted', (id) => server.call('DELETE', `/v1/users/${id}`, server.adminToken)],
])('[N39] [Q8] whoever is %s is told of nobody from then on, by socket or stream', async (_, end) => {
  const { user, token } = await person()
  const client = await talk(server, token)
  await client.say({ type: 'watch', everyone: true })
  const stream = await server.request('/v1/stream', { headers: { Authorization: `Bearer ${token}` } })
  await end(user.id)
  expect(await client.closed).toEqual({ code: 1008, reason: 'the token has ended' })
  expect(await stream.text()).toContain('event: goodbye')
  expect((await ask(server, 'GET /v1/presence/me', { token })).status).toBe(401)
})

test('[N39] [Q8] a token that ends by time ends its connections and sessions within a second of it', async () => {
  const { user } = await person()
  const until = Date.now() + 700
  const wanted = { name: 'short', kind: 'personal', user: user.id, until: new Date(until).toISOString() }
  const { token } = await server.call('POST', '/v1/tokens', server.adminToken, wanted)
  const client = await talk(server, token)
  await client.say({ type: 'attend', app: 'web', platform: 'test' })
  const other = await talk(server, server.adminToken)
  await other.say({ type: 'watch', users: [user.id] })
  await other.presenceOf(user.id, 'online')
  expect(await client.closed).toEqual({ code: 1008, reason: 'the token has ended' })
  await other.presenceOf(user.id, 'offline')
  expect(Date.now() - until).toBeGreaterThanOrEqual(0)
  expect(Date.now() - until).toBeLessThan(1_000)
  other.socket.close()
})

test('[N30] [N31] sessions kept by heartbeats make their user present until they are ended', async () => {
  const { user, token } = await person()
  const made = await ask(server, 'POST /v1/sessions', { token, body: { app: 'badge', platform: 'door' } })
  expect([made.status, Date.parse(made.body.leaseUntil) - Date.now()]).toEqual([201, expect.any(Number)])
  const seen = async () => (await ask(server, `GET /v1/presence/${user.id}`)).body.availability
  expect(await seen()).toBe('online')
  const beat = await ask(server, `POST /v1/sessions/${made.body.sessionId}/heartbeat`, { token, body: { idle: true } })
  expect(beat.body).toEqual(made.body)
  expect(await seen()).toBe('away')
  expect((await ask(server, `POST /v1/sessions/${made.body.sessionId}/heartbeat`, { token })).body).toEqual(made.body)
  expect(await seen()).toBe('away')
  expect((await ask(server, `DELETE /v1/sessions/${made.body.sessionId}`, { token })).status).toBe(204)
  expect(await seen()).toBe('offline')
  const gone = await ask(server, `POST /v1/sessions/${made.body.sessionId}/heartbeat`, { token, body: {} })
  expect([gone.status, gone.body.type]).toEqual([404, 'urn:rollcall:problem:no-such-session'])
})
