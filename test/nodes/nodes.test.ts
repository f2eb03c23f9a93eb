import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startServer } from '../server.ts'
import {
  attend,
  availabilityAt,
  environmentOf,
  GRACE_MS,
  LEASE_MS,
  startTrio,
  type Trio,
  toldOf,
  until,
  untilAgreed,
} from './trio.ts'

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

test('[F2] a second process under the name of a live one refuses to start, with words', async () => {
  const store = `redis://127.0.0.1:${trio.redis.port}`
  await expect(startServer({ store, env: environmentOf('b') })).rejects.toThrow(/another process is the node "b".*ROLLCALL_NODE/)
})

test('[F3, F4] a node is killed: nobody is told anything until the grace is over, and then once', {
  timeout: 40_000,
}, async () => {
  const [a, b, c] = trio.nodes
  const bob = await trio.person()
  await attend(c, bob)
  await until(async () => (await availabilityAt(a, bob)) === 'online')
  const [atA, atB] = [await toldOf(a, bob), await toldOf(b, bob)]
  const began = performance.now()
  await c.kill()
  await until(async () => (await availabilityAt(a, bob)) === 'offline')
  expect(performance.now() - began).toBeGreaterThan(GRACE_MS)
  await until(() => atB.told().length > 0)
  await wait(LEASE_MS)
  expect([atA.told(), atB.told()]).toEqual([['offline'], ['offline']])
  await c.restart()
})

test('[F5] whoever comes back to another node within the grace was never gone', { timeout: 40_000 }, async () => {
  const [a, b, c] = trio.nodes
  const [carl, dora] = [await trio.person(), await trio.person()]
  const [before, other] = [await attend(b, carl), await attend(b, dora)]
  await until(async () => (await availabilityAt(c, dora)) === 'online')
  const told = [await toldOf(a, carl), await toldOf(c, dora)]
  await b.kill()
  // One by the name of the connection, while nobody knows yet; one without, when all know that the node is gone.
  const taken = await attend(a, carl, before.sessionId)
  expect(taken.sessionId).toBe(before.sessionId)
  await until(() => c.logs.stderr.includes('is given up') || a.logs.stderr.includes('is given up'))
  await until(async () => (await attend(c, dora)).sessionId === other.sessionId)
  await wait(GRACE_MS + LEASE_MS)
  expect(told.map((one) => one.told())).toEqual([[], []])
  await b.restart()
  expect(await availabilityAt(b, carl)).toBe('online')
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

test('[F6] a restarted node waits for its own sessions, and ends those to which nobody comes back', {
  timeout: 40_000,
}, async () => {
  const [a, b] = trio.nodes
  const finn = await trio.person()
  const { talk } = await attend(b, finn)
  await until(async () => (await availabilityAt(a, finn)) === 'online')
  const told = await toldOf(a, finn)
  await b.kill()
  talk.socket.terminate()
  await b.restart()
  expect(await availabilityAt(b, finn)).toBe('online')
  await until(async () => (await availabilityAt(a, finn)) === 'offline')
  await until(() => told.told().length > 0)
  expect(told.told()).toEqual(['offline'])
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

test('[F8] a node that is cut off answers as of when it last knew all, refuses to write, and catches up', {
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
  expect((await c.request('/readyz')).status).toBe(200)
  expect((await c.request('/readyz?writable')).status).toBe(503)
  trio.wire.heal()
  await until(async () => (await asOf()) === null)
  await until(async () => (await availabilityAt(a, ines)) === 'online')
  await c.call('PUT', '/v1/presence/me/note', ines.token, { text: 'again' })
})
