import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fillFrom } from '../../src/bin/load.ts'
import { factsPartition } from '../../src/core/ports.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { openEmbeddedLedger } from '../../src/ledgers/embedded/ledger.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { openDirectory } from '../directory/house.ts'
import { type RedisServer, startRedis } from '../redis/server.ts'
import { type Person, type Server, startServer } from '../server.ts'
import { ADDED, makeNextVersion } from './nextVersion.ts'
import { play } from './scenarios.ts'
import { attend, availabilityAt, environmentOf, LEASE_MS, startNodes, until, untilAgreed } from './trio.ts'

const silent = { warn: () => {}, error: () => {} }
let redis: RedisServer
let next: Awaited<ReturnType<typeof makeNextVersion>>
beforeAll(async () => {
  ;[redis, next] = await Promise.all([startRedis(), makeNextVersion()])
}, 30_000)
afterAll(async () => {
  await redis.stop()
  await next.remove()
}, 30_000)

const storeOf = (prefix: string) => () => `redis://127.0.0.1:${redis.port}?prefix=${prefix}`
const inRedis = (...words: readonly string[]): string =>
  execFileSync('redis-cli', ['-p', String(redis.port), ...words], { encoding: 'utf8' })
const formatIn = (prefix: string) => inRedis('HGET', `${prefix}:{meta}`, 'format').trim()
const nextNode = (name: string) => ({ ...next.options, env: { ...environmentOf(name), ...next.options.env } })
const isReady = (node: Server, path = '/readyz') =>
  node.request(path).then(
    ({ status }) => status === 200,
    () => false,
  )

/** Everything of everybody that this version rewrites, as the next version has made it. */
async function sayAll(node: Server, { user, token }: Person, how: 'first' | 'again'): Promise<void> {
  const { call, adminToken } = node
  await call('PATCH', `/v1/users/${user.id}`, adminToken, { name: how })
  await call('PATCH', '/v1/settings', adminToken, { historyDays: how === 'first' ? 10 : 20 })
  const [preset] = (await call('GET', '/v1/presets', adminToken)).presets
  const words = { name: how, availability: 'busy' }
  if (preset === undefined) await call('POST', '/v1/presets', adminToken, words)
  else await call('PUT', `/v1/presets/${preset.id}`, adminToken, words)
  if (how === 'first') await call('PUT', '/v1/presence/me/availability', token, { availability: 'busy' })
  else await call('PUT', '/v1/presence/me/note', token, { text: how })
}

function missingIn(kept: string, words: readonly string[]): readonly string[] {
  return words.filter((word) => !kept.includes(word))
}

test('[UP1, UP2, L5, P1, F1] nodes of two versions share a store under writes and kills: nothing is lost, what the newer one adds is kept, and the format is raised once the last is upgraded', {
  timeout: 90_000,
}, async () => {
  const trio = await startNodes(storeOf('two'), ['b'], (name) => (name === 'b' ? nextNode(name) : {}))
  const [a, b = a] = trio.nodes
  const eve = await trio.person()
  await sayAll(b, eve, 'first')
  const { talk, sessionId } = await attend(b, eve)
  await untilAgreed(trio.nodes)
  await sayAll(a, eve, 'again')
  const count = await play(trio, 1, async () => {
    await a.kill()
    await a.restart()
    talk.socket.terminate()
    expect((await attend(a, eve, sessionId)).sessionId).toBe(sessionId)
    await b.restart()
  })
  expect(count).toBeGreaterThan(0)
  const { id } = eve.user
  const kept = (partition: string, key: string) => inRedis('--raw', 'HGET', `two:{${partition}}:entries`, key)
  const facts = kept(factsPartition(id, 16), id)
  expect(facts).toContain('"text":"again"')
  expect(missingIn(facts, [...ADDED.facts, ...ADDED.sessions])).toEqual([])
  expect(kept('directory', `user/${id}`)).toContain('again')
  expect(missingIn(kept('directory', `user/${id}`), ADDED.users)).toEqual([])
  expect(missingIn(kept('directory', 'settings'), [...ADDED.settings, '"historyDays":20'])).toEqual([])
  expect(missingIn(kept('directory', 'presets'), [...ADDED.presets, '"name":"again"'])).toEqual([])
  expect(missingIn(kept('directory', 'accounts'), ADDED.accounts)).toEqual([])
  expect(kept('directory', 'node/b')).toContain('"reads":2')
  await upgrade(a, b)
  expect((await b.call('GET', '/v1/presence/me', eve.token)).note.text).toBe('again')
  await b.stop()
})

/** The old node is replaced, too; its users are there afterwards. */
async function upgrade(old: Server, other: Server): Promise<void> {
  await old.stop()
  await wait(2 * LEASE_MS)
  expect([formatIn('two'), await isReady(other, '/readyz?writable')]).toEqual(['1', true])
  const anew = await startServer({ store: storeOf('two')(), ...nextNode('a') })
  await until(() => formatIn('two') === '2')
  await expect(startServer({ store: storeOf('two')(), env: environmentOf('c') })).rejects.toThrow(
    /this store has format 2.*use a newer one/,
  )
  await untilAgreed([anew, other])
  await anew.stop()
}

test('[UP3] a store that is raised while an old node serves: it tells nothing any more, says why, and goes on once it can', {
  timeout: 30_000,
}, async () => {
  const node = await startServer({ store: storeOf('raised')(), env: environmentOf('a') })
  const ann = await node.createUser({ username: 'ann', password: null })
  const { talk } = await attend(node, ann)
  const { pid } = node
  inRedis('HSET', 'raised:{meta}', 'format', '2')
  await talk.closed
  await until(async () => !(await isReady(node)))
  await until(() => /this store has format 2[^"]*use a newer one/.test(node.logs.stderr))
  expect((await node.request('/v1/presence')).status).toBe(503)
  inRedis('HSET', 'raised:{meta}', 'format', '1')
  await until(() => isReady(node, '/readyz?writable'))
  expect([node.pid, await availabilityAt(node, ann)]).toEqual([pid, 'online'])
  await node.stop()
})

test('[UP3] a commit in a newer form is not passed over: what is known is given up, and loading it is refused with words', async () => {
  const ledger = createMemoryLedger({ factsPartitions: 1 })
  const log = silent
  const fill = async (onGap: () => void) => {
    const directory = await openDirectory(ledger)
    const { subjects, settings } = directory
    const engine = createEngine({ ledger, subjects, settings, log })
    const ending = { asked: new Promise<never>(() => {}), isAsked: false, ask: () => {} }
    return fillFrom(ledger, { directory, engine }, { ending, onGap, log })
  }
  let gaps = 0
  await fill(() => gaps++)
  const value = Buffer.from(JSON.stringify({ format: 2 }))
  await ledger.commit('facts/0', [{ key: 'ann', value, expects: 0 }])
  await until(() => gaps === 1)
  await expect(fill(() => {})).rejects.toThrow(/facts\/0 ann in this store: the record has format 2.*a newer one/)
})

test('[UP1] one folder goes to the next version and back, and again: nothing is lost, and what was added is kept', {
  timeout: 60_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-versions-'))
  const store = `file:${folder}`
  let dan: Person | null = null
  for (const options of [next.options, null, next.options]) {
    const server = await startServer({ store, ...options })
    dan ??= await server.createUser({ username: 'dan', password: null })
    await sayAll(server, dan, options === null ? 'again' : 'first')
    if (options !== null) expect(await availabilityAt(server, dan)).toBe('busy')
    await server.stop()
  }
  const kept: string[] = []
  const ledger = await openEmbeddedLedger({ folder })
  await ledger.load(({ value }) => kept.push(Buffer.from(value).toString()))
  await ledger.close()
  const all = kept.join('\n')
  expect(missingIn(all, [...ADDED.facts, ...ADDED.users, ...ADDED.settings, ...ADDED.presets])).toEqual([])
  expect(missingIn(all, ['"text":"again"', '"name":"first"'])).toEqual([])
  await rm(folder, { recursive: true, force: true })
})
