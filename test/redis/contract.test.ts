import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { Ledger } from '../../src/core/ports.ts'
import { readRedisAddress } from '../../src/ledgers/redis/address.ts'
import { openRedisLedger } from '../../src/ledgers/redis/ledger.ts'
import { archiveContract } from '../contracts/archive.ts'
import { ledgerContract } from '../contracts/ledger.ts'
import { type RedisServer, startRedis } from './server.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

async function openRedis() {
  const address = readRedisAddress(`redis://127.0.0.1:${server.port}?prefix=${randomUUID()}`)
  const ledger = await openRedisLedger({ address, factsPartitions: 2 })
  async function reopen(): Promise<Ledger> {
    await ledger.close()
    return openRedisLedger({ address })
  }
  return { ledger, reopen, faulty: false }
}

for (const contract of [ledgerContract, archiveContract]) contract('redis', openRedis)
