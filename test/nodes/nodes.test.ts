import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { listen } from '../mattermost/listener.ts'
import { play } from './scenarios.ts'
import { attend, availabilityAt, GRACE_MS, LEASE_MS, startTrio, type Trio, toldOf, until, untilAgreed } from './trio.ts'

let trio: Trio
beforeAll(async () => {
  trio = await startTrio()
}, 90_000)
afterAll(() => trio.stop(), 60_000)
afterEach(async () => {
  for (const node of trio.nodes) if (node.ended() !== null) await node.restart()
  await untilAgreed(trio.nodes)
}, 60_000)

test('[F1] what is said on one node is seen on the others, and all tell the same of everyone', async () => {
  const [a, b, c] = trio.nodes
  const anna = await trio.person()
  await a.call('PUT', '/v1/presence/me/availability', anna.token, { availability: 'busy' })
  await b.call('PUT', '/v1/presence/me/note', anna.token, { text: 'from b' })
  await until(async () => (await availabilityAt(c, anna)) === 'busy')
})

test('[F14] a token made on one node, and whoever got an account there, are known on the node that is asked next, also one that hears late', async () => {
  const [a, , c] = trio.nodes
  const ida = await trio.person()
  trio.wire.slow(100)
  onTestFinished(() => {
    trio.wire.slow(0)
    trio.wire.heal()
  })
  const token = async (): Promise<string> =>
    (await a.call('POST', '/v1/tokens', a.adminToken, { name: 'new', kind: 'personal', user: ida.user.id })).token
  const statusOf = async (path: string, headers: (token: string) => Record<string, string>): Promise<number> =>
    (await c.request(path, { headers: headers(await token()) })).status
  const id = ida.user.ids['rocketchat'] ?? ida.user.id
  expect([
    await statusOf('/v1/presence/me', (own) => ({ Authorization: `Bearer ${own}` })),
    await statusOf('/api/v4/users/me/status', (own) => ({ Authorization: `Bearer ${own}` })),
    await statusOf('/api/v1/me', (own) => ({ 'X-Auth-Token': own, 'X-User-Id': id })),
    await statusOf('/api/v1/User/currentPrincipal', (own) => ({ Authorization: `SOTicket ${own}` })),
  ]).toEqual([200, 200, 200, 200])
  const resumed = { method: 'POST', body: JSON.stringify({ resume: await token() }) }
  const login = await c.request('/api/v1/login', { ...resumed, headers: { 'Content-Type': 'application/json' } })
  expect(login.status).toBe(200)
  await using socket = await listen(c, { token: await token() })
  await socket.hello()
  await a.call('POST', '/v1/users', a.adminToken, { username: 'jon', password: 'a long password' })
  expect((await c.login('jon', 'a long password')).user.username).toBe('jon')
})

test('[F3, F4, F5] a node is killed: who comes back to another was never gone, the others are ended once, after the grace', {
  timeout: 40_000,
}, async () => {
  const [a, b, c] = trio.nodes
  const [anna, bob, carl] = [await trio.person(), await trio.person(), await trio.person()]
  const [before, other] = [await attend(b, anna), await attend(b, bob), await attend(b, carl)]
  await until(async () => (await availabilityAt(a, carl)) === 'online' && (await availabilityAt(c, bob)) === 'online')
  const told = [await toldOf(a, anna), await toldOf(c, bob), await toldOf(a, carl), await toldOf(c, carl)]
  const began = performance.now()
  await b.kill()
  // One by the name of the connection, while nobody knows yet; one without, once all know that the node is gone.
  expect((await attend(a, anna, before.sessionId)).sessionId).toBe(before.sessionId)
  await until(() => c.logs.stderr.includes('is given up') || a.logs.stderr.includes('is given up'))
  await until(async () => (await attend(c, bob)).sessionId === other.sessionId)
  await until(async () => (await availabilityAt(a, carl)) === 'offline' && (await availabilityAt(c, carl)) === 'offline')
  expect(performance.now() - began).toBeGreaterThan(GRACE_MS)
  await b.restart()
  expect([await availabilityAt(b, anna), await availabilityAt(b, carl)]).toEqual(['online', 'offline'])
  expect(told.map((one) => one.told())).toEqual([[], [], ['offline'], ['offline']])
})

test('[F6] all nodes are restarted one after another, and nothing false is told', { timeout: 60_000 }, async () => {
  const [a, b, c] = trio.nodes
  const eve = await trio.person()
  let { talk, sessionId } = await attend(a, eve)
  await until(async () => (await availabilityAt(b, eve)) === 'online')
  const seen = new Set<string>()
  const rounds = [
    [a, b],
    [b, c],
    [c, a],
  ] as const
  for (const [leaving, next] of rounds) {
    const told = await toldOf(next, eve)
    const restarted = leaving.restart()
    await talk.closed
    const came = await attend(next, eve, sessionId)
    expect(came.sessionId).toBe(sessionId)
    ;({ talk, sessionId } = came)
    await restarted
    for (const availability of [...told.told(), await availabilityAt(leaving, eve)]) seen.add(availability)
    told.close()
  }
  expect([...seen]).toEqual(['online'])
})

test('[F7] a node that stood still is given up; back as a zombie it says nothing old, and goes on anew with who is there', {
  timeout: 40_000,
}, async () => {
  const [a, b, c] = trio.nodes
  const [gina, hugo] = [await trio.person(), await trio.person()]
  const there = await attend(a, gina)
  const gone = await attend(a, hugo)
  await until(async () => (await availabilityAt(b, hugo)) === 'online')
  const [ofGina, ofHugo] = [await toldOf(b, gina), await toldOf(c, hugo)]
  process.kill(a.pid ?? 0, 'SIGSTOP')
  gone.talk.socket.terminate()
  await until(async () => (await availabilityAt(b, gina)) === 'offline' && (await availabilityAt(c, hugo)) === 'offline')
  process.kill(a.pid ?? 0, 'SIGCONT')
  await until(async () => (await availabilityAt(b, gina)) === 'online' && (await availabilityAt(a, hugo)) === 'offline')
  expect(a.logs.stderr).toContain('goes on in a new incarnation')
  await wait(2 * LEASE_MS)
  expect([ofGina.told(), ofHugo.told()]).toEqual([['offline', 'online'], ['offline']])
  there.talk.socket.close(1000)
  await until(async () => (await availabilityAt(c, gina)) === 'offline')
})

test('[F8, F14] a node that is cut off answers as of when it last knew all, refuses to write and to judge tokens that it does not know, and catches up', {
  timeout: 40_000,
}, async () => {
  const [a, , c] = trio.nodes
  const ines = await trio.person()
  await attend(c, ines)
  await until(async () => (await availabilityAt(a, ines)) === 'online')
  const asOf = async () =>
    (await c.request('/v1/presence/me', { headers: { Authorization: `Bearer ${c.adminToken}` } })).headers.get('rollcall-as-of')
  expect(await asOf()).toBeNull()
  trio.wire.split()
  await until(async () => (await asOf()) !== null)
  expect(Date.now() - Date.parse((await asOf()) ?? '')).toBeLessThan(60_000)
  await expect(c.call('PUT', '/v1/presence/me/note', ines.token, { text: 'lost' })).rejects.toThrow(/503/)
  await a.call('PUT', '/v1/presence/me/note', ines.token, { text: 'meanwhile' })
  const unknown = { headers: { Authorization: 'Bearer made-elsewhere-meanwhile' } }
  for (const path of ['/v1/presence/me', '/api/v4/users/me/status']) expect((await c.request(path, unknown)).status).toBe(503)
  expect((await c.request('/readyz')).status).toBe(200)
  expect((await c.request('/readyz?writable')).status).toBe(503)
  trio.wire.heal()
  await until(async () => (await asOf()) === null)
  await until(async () => (await availabilityAt(a, ines)) === 'online')
  await c.call('PUT', '/v1/presence/me/note', ines.token, { text: 'again' })
})

test('[P1, F8] Redis is killed under writes and comes back: reads go on meanwhile, and nothing acknowledged is lost', {
  timeout: 40_000,
}, async () => {
  const [a] = trio.nodes
  const jan = await trio.person()
  const count = await play(trio, 1, async () => {
    await trio.redis.kill()
    await expect(a.call('PUT', '/v1/presence/me/note', jan.token, { text: 'no' })).rejects.toThrow(/503/)
    expect(await availabilityAt(a, jan)).toBe('offline')
    await trio.redis.start()
  })
  expect(count).toBeGreaterThan(0)
})

test('[F8] a Redis that is empty all of a sudden is refused with words; what is known is still told', async () => {
  const [a] = trio.nodes
  const kim = await trio.person()
  await untilAgreed(trio.nodes)
  execFileSync('redis-cli', ['-p', String(trio.redis.port), 'FLUSHALL'])
  await until(async () => /the store is empty, though it was not/.test(await (await a.request('/readyz')).text()))
  await expect(a.call('PUT', '/v1/presence/me/note', kim.token, { text: 'no' })).rejects.toThrow(/503/)
  expect(await availabilityAt(a, kim)).toBe('offline')
})
