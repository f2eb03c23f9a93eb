import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { readRedisAddress } from '../../src/ledgers/redis/address.ts'
import { openRedisLedger } from '../../src/ledgers/redis/ledger.ts'
import { commandLine } from '../cli/command.ts'
import { environmentOf, LEASE_MS, until } from '../nodes/trio.ts'
import { ADMIN, startServer } from '../server.ts'
import { type RedisServer, startRedis } from './server.ts'

let redis: RedisServer

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(() => void say('CONFIG SET maxmemory 0 min-replicas-to-write 0', 'REPLICAOF NO ONE'))

const say = (...commands: readonly string[]): readonly string[] =>
  commands.map((command) => execFileSync('redis-cli', ['-p', String(redis.port), ...command.split(' ')], { encoding: 'utf8' }))

const storeAt = (options = '', login = ''): string => `redis://${login}127.0.0.1:${redis.port}?prefix=${randomUUID()}${options}`

async function openAt(store: string, log: { warn(words: string): void } = { warn: () => {} }) {
  const ledger = await openRedisLedger({ address: readRedisAddress(store), factsPartitions: 1, log })
  onTestFinished(() => ledger.close())
  const commit = () => ledger.commit('facts/0', [{ key: randomUUID(), value: Buffer.from('x'), expects: 0 }])
  return { ledger, commit }
}

test.each([
  ['has no memory left', 'CONFIG SET maxmemory 1', 'CONFIG SET maxmemory 0', /raise its maxmemory \(OOM\)/],
  ['lacks replicas', 'CONFIG SET min-replicas-to-write 1', 'CONFIG SET min-replicas-to-write 0', /\(NOREPLICAS\)/],
  ['became a replica', 'REPLICAOF 127.0.0.1 1', 'REPLICAOF NO ONE', /name its primary, or the sentinels.* \(READONLY\)/],
])('[F15] a Redis that %s is said to take nothing, with words, until it does again', async (_, spoil, mend, words) => {
  const heard: string[] = []
  const { ledger, commit } = await openAt(storeAt(), { warn: (line) => heard.push(line) })
  await commit()
  say(spoil)
  await expect(commit()).rejects.toThrow(words)
  expect(ledger.away()).toMatch(words)
  await expect(commit()).rejects.toThrow(words)
  // All that is known is right: only nothing can be added to it.
  expect(ledger.staleSince?.()).toBe(null)
  say(mend)
  await until(() => ledger.away() === null)
  expect(await commit()).toMatchObject({ committed: true })
  expect(heard).toEqual([expect.stringMatching(words), 'the ledger is back'])
})

test('[F15] without the replica that has to confirm, nothing is asked for until there is one', async () => {
  const { ledger, commit } = await openAt(storeAt('&replicas=1'))
  await expect(commit()).rejects.toThrow('only 0 of 1 replicas have confirmed it')
  expect(ledger.away()).toBe('only 0 of 1 replicas have confirmed it')
  say('CONFIG SET repl-diskless-sync-delay 0')
  const replica = await startRedis(['--replicaof', '127.0.0.1', String(redis.port)])
  onTestFinished(() => replica.stop())
  await until(() => ledger.away() === null)
  expect(await commit()).toMatchObject({ committed: true })
})

test('[F15, F8] a node whose store takes nothing says so and goes on answering, for longer than its lease', {
  timeout: 60_000,
}, async () => {
  await using node = await startServer({ store: storeAt(), env: environmentOf('full') })
  const set = () => node.call('PUT', '/v1/presence/me/note', node.adminToken, { text: 'here' })
  const readiness = async (path: string) => {
    const response = await node.request(path)
    const { degraded: why } = (await response.json()) as { degraded?: string }
    return { status: response.status, degraded: why }
  }
  const degraded = expect.stringMatching('raise its maxmemory')
  await set()
  say('CONFIG SET maxmemory 1')
  await until(async () => (await readiness('/readyz')).degraded !== undefined)
  const since = performance.now()
  await expect(set()).rejects.toThrow(/503/)
  expect(node.logs.stderr).toContain('raise its maxmemory')
  await until(() => performance.now() - since > 2 * LEASE_MS)
  expect(await readiness('/readyz')).toEqual({ status: 200, degraded })
  expect(await readiness('/readyz?writable')).toEqual({ status: 503, degraded })
  const measured = await (await node.request('/metrics')).text()
  expect(measured.match(/^rollcall_(ready|ledger_away) \d$/gm)?.toSorted()).toEqual([
    'rollcall_ledger_away 1',
    'rollcall_ready 1',
  ])
  expect(await node.call('GET', '/v1/presence/me', node.adminToken)).toMatchObject({ note: { text: 'here' } })
  say('CONFIG SET maxmemory 0')
  await until(async () => {
    const { status, degraded: why } = await readiness('/readyz?writable')
    return status === 200 && why === undefined
  })
  await set()
})

test.each([
  ['a replica', 'REPLICAOF 127.0.0.1 1', '', /^Redis refuses: it is a replica: name its primary/],
  [
    'a user that may not',
    'ACL SETUSER reader on >pw ~* &* -@all +@read +@connection +info',
    'reader:pw@',
    /docs\/scale\.md lists \(NOPERM\)$/,
  ],
  [
    'a password that is wrong',
    'PING',
    ':no@',
    /^Redis cannot be used at 127\.0\.0\.1:\d+: it does not know this user .* \(WRONGPASS\)$/,
  ],
])('%s is refused with words', async (_, prepare, login, words) => {
  say(prepare, 'ACL SETUSER default on >right')
  onTestFinished(
    () =>
      void execFileSync('redis-cli', ['-p', String(redis.port), '-a', 'right', 'ACL', 'SETUSER', 'default', 'nopass'], {
        stdio: 'ignore',
      }),
  )
  const store = storeAt('', login || ':right@')
  await expect(openAt(store)).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(words) })
})

test('a user who may do what docs/scale.md lists is enough, and may not empty the store', async () => {
  const [, words = ''] = /^ACL SETUSER rollcall on >PASSWORD (.*)$/m.exec(await readFile('docs/scale.md', 'utf8')) ?? []
  say(`ACL SETUSER rollcall on >pw ${words}`, 'ACL LOG RESET')
  const { ledger, commit } = await openAt(`redis://rollcall:pw@127.0.0.1:${redis.port}?replicas=0`)
  expect(await commit()).toMatchObject({ committed: true })
  let lines = 0
  for await (const _ of ledger.exportLines()) lines++
  expect(lines).toBeGreaterThan(1)
  await ledger.archive?.erase('facts/0', 'none')
  expect(say('ACL LOG')).toEqual(['\n'])
  expect(say('--user rollcall --pass pw --no-auth-warning FLUSHALL')).toEqual([expect.stringContaining('NOPERM')])
})

test('a Redis that may lose what it acknowledged is named at the start, with what to set', async () => {
  say('CONFIG SET maxmemory-policy allkeys-lru appendfsync everysec')
  onTestFinished(() => void say('CONFIG SET maxmemory-policy noeviction appendfsync always'))
  const heard: string[] = []
  const store = storeAt()
  await openAt(store, { warn: (line) => heard.push(line) })
  expect(heard).toEqual([
    expect.stringMatching(/allkeys-lru.*noeviction/),
    expect.stringMatching(/appendfsync everysec.*appendfsync always/),
  ])
  expect(await doctorOf(store)).toEqual(['fine', 'doubtful', 'doubtful'])
  expect(await doctorOf(store.replace('//', '//:no@'))).toEqual(['fine', 'wrong'])
})

/** What `rollcall doctor` thinks of a store, before there is a server. */
async function doctorOf(store: string): Promise<readonly string[]> {
  const rollcall = commandLine({ url: 'http://127.0.0.1:1', home: tmpdir() })
  const { stdout } = await rollcall(['doctor', '--json', '--no-server'], { env: { ROLLCALL_STORE: store } })
  const found: readonly { readonly about: string; readonly state: string }[] = JSON.parse(stdout)
  return found.filter(({ about }) => about === 'store').map(({ state }) => state)
}

test('an administrator of a store in Redis gets a new password, which servers on it know at once', {
  timeout: 60_000,
}, async () => {
  const store = storeAt()
  await using node = await startServer({ store })
  const rollcall = commandLine({ url: node.url, home: node.folder })
  const { code, stdout } = await rollcall(['admin', 'reset', '--json', '--store', store])
  expect(code).toBe(0)
  const { password } = JSON.parse(stdout)
  await until(() =>
    node.login(ADMIN.username, password).then(
      () => true,
      () => false,
    ),
  )
  const other = await rollcall(['admin', 'reset', '--store', storeAt()])
  expect([other.code, other.stderr]).toEqual([1, 'rollcall: there is no store in this Redis under this prefix\n'])
})
