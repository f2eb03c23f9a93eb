import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { Ledger } from '../../src/core/ports.ts'
import { readRedisAddress } from '../../src/ledgers/redis/address.ts'
import { openRedisLedger } from '../../src/ledgers/redis/ledger.ts'
import { archiveContract } from '../contracts/archive.ts'
import { ledgerContract } from '../contracts/ledger.ts'
import { type RedisCluster, startCluster, startSentinels, type WatchedRedis } from './server.ts'

let [cluster, watched]: [RedisCluster?, WatchedRedis?] = []

beforeAll(async () => {
  ;[cluster, watched] = await Promise.all([startCluster(), startSentinels()])
}, 60_000)
afterAll(async () => {
  await Promise.all([cluster?.stop(), watched?.stop()])
})

async function openAt(hosts: string | undefined, options = '') {
  const address = readRedisAddress(`redis://${hosts}?prefix=${randomUUID()}${options}`)
  const ledger = await openRedisLedger({ address, factsPartitions: 2 })
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
