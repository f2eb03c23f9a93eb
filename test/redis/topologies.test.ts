import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ledger } from '../../src/core/ports.ts'
import { readRedisAddress } from '../../src/ledgers/redis/address.ts'
import { openRedisLedger } from '../../src/ledgers/redis/ledger.ts'
import { archiveContract } from '../contracts/archive.ts'
import { ledgerContract } from '../contracts/ledger.ts'
import { until } from '../nodes/trio.ts'
import { type RedisCluster, startCluster, startSentinels, type WatchedRedis } from './server.ts'

let [cluster, watched]: [RedisCluster?, WatchedRedis?] = []

beforeAll(async () => {
  ;[cluster, watched] = await Promise.all([startCluster(), startSentinels()])
}, 60_000)
afterAll(async () => {
  await Promise.all([cluster?.stop(), watched?.stop()])
})

async function openAt(hosts: string | undefined, options = '', factsPartitions = 2) {
  const address = readRedisAddress(`redis://${hosts}?prefix=${randomUUID()}${options}`)
  const ledger = await openRedisLedger({ address, factsPartitions })
  async function reopen(): Promise<Ledger> {
    await ledger.close()
    return openRedisLedger({ address })
  }
  return { ledger, reopen, faulty: false }
}

for (const contract of [ledgerContract, archiveContract]) {
  contract('redis cluster', () => openAt(cluster?.hosts))
  contract('redis behind sentinels, each commit on a replica too', () => openAt(watched?.hosts, '&replicas=1'))
}

test('[F15] where one primary of a cluster takes nothing, the others do', async () => {
  const { ledger } = await openAt(cluster?.hosts, '', 16)
  const full = String(cluster?.servers[0]?.port)
  const stored = async (): Promise<number> => {
    const write = { key: randomUUID(), value: Buffer.from('x'), expects: 0 }
    const commits = Array.from({ length: 16 }, (_, i) => ledger.commit(`facts/${i}`, [write]))
    return (await Promise.allSettled(commits)).filter(({ status }) => status === 'fulfilled').length
  }
  say(full, ['CONFIG', 'SET', 'maxmemory', '1'])
  const some = await stored()
  expect([some > 0, some < 16]).toEqual([true, true])
  expect(ledger.away()).toMatch('raise its maxmemory')
  expect(await stored()).toBe(some)
  say(full, ['CONFIG', 'SET', 'maxmemory', '0'])
  await until(() => ledger.away() === null)
  expect(await stored()).toBe(16)
  await ledger.close()
})

test('a database of a cluster is refused with words: it has none', async () => {
  const opened = openRedisLedger({ address: readRedisAddress(`redis://${cluster?.hosts}/2`) })
  await expect(opened).rejects.toThrow('a cluster has no databases')
})

test('servers that want a password are found through sentinels that want none, and through those that want the same', async () => {
  const sentinels = watched?.hosts.split(',').map((host) => host.split(':')[1] ?? '') ?? []
  for (const port of sentinels) say(port, ['SENTINEL', 'SET', 'watched', 'auth-pass', 'secret'])
  for (const { port } of [watched?.primary, watched?.replica].filter((server) => server !== undefined))
    say(String(port), ['CONFIG', 'SET', 'masterauth', 'secret', 'requirepass', 'secret'])
  const open = async () => {
    const store = `redis://:secret@${watched?.hosts}?prefix=${randomUUID()}`
    const ledger = await openRedisLedger({ address: readRedisAddress(store), factsPartitions: 1 })
    await ledger.close()
  }
  await open()
  for (const port of sentinels) say(port, ['ACL', 'SETUSER', 'default', 'resetpass', '>secret'])
  await open()
})

const say = (port: string, command: readonly string[]): string =>
  execFileSync('redis-cli', ['-p', port, ...command], { encoding: 'utf8' })
