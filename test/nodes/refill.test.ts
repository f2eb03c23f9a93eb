import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attend, availabilityAt, startTrio, type Trio, until, untilAgreed } from './trio.ts'

let trio: Trio
beforeAll(async () => {
  trio = await startTrio()
}, 90_000)
afterAll(() => trio.stop(), 60_000)

const inRedis = (...words: readonly string[]): string =>
  execFileSync('redis-cli', ['-p', String(trio.redis.port), ...words], { encoding: 'utf8' })
const forAll = (pattern: string, what: string): string =>
  inRedis('EVAL', `for _, key in ipairs(redis.call('KEYS', '${pattern}')) do ${what} end`, '0')
const changesAt = ({ call, adminToken }: Trio['nodes'][number], since?: string) =>
  call('GET', since === undefined ? '/v1/presence' : `/v1/presence?since=${encodeURIComponent(since)}`, adminToken)

test('[F10] what a node missed is not in the log any more: the same process loads again, and old cursors go on', {
  timeout: 60_000,
}, async () => {
  const [a, , c] = trio.nodes
  const [anna, bob] = [await trio.person(), await trio.person()]
  const there = await attend(c, bob)
  await until(async () => (await availabilityAt(a, bob)) === 'online')
  const [{ cursor }, { pid }] = [await changesAt(c), c]
  trio.wire.split()
  await a.call('PUT', '/v1/presence/me/availability', anna.token, { availability: 'busy' })
  forAll('*:log', "redis.call('XTRIM', key, 'MAXLEN', 0)")
  trio.wire.heal()
  await there.talk.closed
  await until(async () => (await c.request('/readyz').catch(() => null))?.status === 200, 20_000)
  await untilAgreed(trio.nodes)
  expect([c.pid, c.ended(), await availabilityAt(c, anna)]).toEqual([pid, null, 'busy'])
  expect(c.logs.stderr).toContain('everything is loaded again')
  const { full, presences } = await changesAt(c, cursor)
  expect([full, presences.map((presence: { userId: string }) => presence.userId)]).toEqual([
    false,
    expect.arrayContaining([anna.user.id]),
  ])
})

test('[F10, F11] a store that lost its last commits is another epoch: all nodes load again, agree, and tell old cursors everything', {
  timeout: 60_000,
}, async () => {
  const [a, b, c] = trio.nodes
  const kim = await trio.person()
  await a.call('PUT', '/v1/presence/me/note', kim.token, { text: 'kept' })
  forAll('rollcall:*', "redis.call('COPY', key, 'old:' .. key)")
  await a.call('PUT', '/v1/presence/me/note', kim.token, { text: 'lost' })
  await untilAgreed(trio.nodes)
  const [{ cursor }, pids] = [await changesAt(b), trio.nodes.map((node) => node.pid)]
  forAll('old:*', "redis.call('RENAME', key, string.sub(key, 5))")
  for (const node of trio.nodes) await until(() => node.logs.stderr.split('is not the one it was').length > 1)
  for (const node of trio.nodes)
    await until(async () => (await node.request('/readyz?writable').catch(() => null))?.status === 200, 20_000)
  await untilAgreed(trio.nodes)
  expect([
    trio.nodes.map((node) => node.pid),
    (await c.call('GET', `/v1/presence/${kim.user.id}`, c.adminToken)).note.text,
  ]).toEqual([pids, 'kept'])
  expect((await changesAt(b, cursor)).full).toBe(true)
  await b.call('PUT', '/v1/presence/me/note', kim.token, { text: 'on' })
})
