import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ledger } from '../../src/core/ports.ts'
import { type MigrationParts, migrateStore } from '../../src/ledgers/migrate.ts'
import { openLedger } from '../../src/ledgers/open.ts'
import { exportStore, importStore } from '../../src/ledgers/stopped.ts'
import { type RedisServer, startRedis } from '../redis/server.ts'

let redis: RedisServer
let root = ''
const newFolder = (): string => `file:${join(root, randomUUID())}`
const newPrefix = (): string => `redis://127.0.0.1:${redis.port}?prefix=${randomUUID()}`

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rollcall-moving-'))
  redis = await startRedis()
})
afterAll(async () => {
  await redis.stop()
  await rm(root, { recursive: true })
})

const KEYS = 2_500
const migrate = (parts: MigrationParts): Promise<number> => migrateStore({ stillMs: 300, ...parts })

/** With more than one chunk of everything, values of any bytes, keys that were deleted, and an archive. */
async function fill(store: string): Promise<string> {
  const ledger = await openLedger(store, { factsPartitions: 2 })
  const value = Buffer.from([0, 255, 10, 61])
  for (const partition of ['directory', 'facts/1']) {
    const writes = Array.from({ length: KEYS }, (_, i) => ({ key: `key/${i}`, value, expects: 0 }))
    const appends = Array.from({ length: 1_200 }, (_, at) => ({ series: 'history/ann', at, value }))
    for (let from = 0; from < KEYS; from += 500) await ledger.commit(partition, writes.slice(from, from + 500))
    await ledger.commit(partition, [{ key: 'key/7', value: null, expects: 1 }], appends)
    await ledger.commit(partition, [], [{ series: 'audit æøå', at: 5, value: Buffer.from('text') }])
  }
  await ledger.close()
  return ledger.epoch
}

async function contentOf(store: string): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of exportStore(store)) lines.push(line)
  return lines.sort()
}

async function within<Answer>(store: string, run: (ledger: Ledger) => Promise<Answer>): Promise<Answer> {
  const ledger = await openLedger(store)
  try {
    return await run(ledger)
  } finally {
    await ledger.close()
  }
}

test('[I1] a folder goes to Redis and back with every version, position and archived entry, under new epochs', async () => {
  const [from, there, back] = [newFolder(), newPrefix(), newFolder()]
  const epochs = [await fill(from)]
  const seen: string[] = []
  const records = await migrate({ from, to: there, onProgress: ({ doing }) => seen.push(doing) })
  expect(records).toBe(2 * (KEYS - 1 + 1_201))
  expect([...new Set(seen)]).toEqual(['copying', 'comparing'])
  expect(await migrate({ from: there, to: back })).toBe(records)
  const content = await contentOf(from)
  expect(await contentOf(there)).toEqual(content)
  expect(await contentOf(back)).toEqual(content)
  for (const store of [there, back]) {
    epochs.push(await within(store, async ({ epoch }) => epoch))
    const next = await within(store, (ledger) =>
      ledger.commit('directory', [{ key: 'key/3', value: Buffer.from('x'), expects: 1 }]),
    )
    expect(next).toEqual({ committed: true, version: 8 })
  }
  expect(new Set(epochs).size).toBe(3)
})

test('[I2] an attempt that was cut short refuses to open, and goes on where it was', async () => {
  for (const [from, to] of [
    [newFolder(), newPrefix()],
    [newPrefix(), newFolder()],
  ] as const) {
    await fill(from)
    let first = 0
    const stop = ({ done }: { done: number }): void => {
      first = done
      if (done > KEYS + 1_500) throw new Error('the power went')
    }
    await expect(migrate({ from, to, onProgress: stop })).rejects.toThrow('the power went')
    await expect(openLedger(to)).rejects.toThrow('never finished')
    let again = 0
    await migrate({
      from,
      to,
      onProgress: ({ doing, done }) => {
        if (doing === 'copying') again = done
      },
    })
    expect([first > again, again]).toEqual([true, KEYS - 1 + 1_201])
    expect(await contentOf(to)).toEqual(await contentOf(from))
  }
})

test('[I3] a target in use, or begun with something else, is refused unless it may be replaced', async () => {
  for (const to of [newFolder(), newPrefix()]) {
    const [one, other] = [newFolder(), newFolder()]
    await fill(one)
    await fill(other)
    const cut = migrate({ from: one, to, onProgress: () => expect.fail('cut') })
    await expect(cut).rejects.toThrow('cut')
    await expect(migrate({ from: other, to })).rejects.toThrow(/replace/)
    await migrate({ from: other, to, replace: true })
    await expect(migrate({ from: one, to })).rejects.toThrow(/in use; with replace/)
    await migrate({ from: one, to, replace: true })
    expect(await contentOf(to)).toEqual(await contentOf(one))
  }
})

test('[I3] a source that is open, written to, or not there is refused, and so is a target that servers write to: nothing is made of it', async () => {
  const [from, to] = [newFolder(), newPrefix()]
  await fill(from)
  await within(from, async () => {
    await expect(migrate({ from, to })).rejects.toThrow(`held by process ${process.pid}`)
  })
  const shared = newPrefix()
  await fill(shared)
  await within(shared, async (ledger) => {
    const moving = migrate({ from: shared, to: newFolder(), stillMs: 1_000 })
    const writing = setInterval(
      () => void ledger.commit('facts/0', [], [{ series: 'audit', at: 1, value: Buffer.from('x') }]),
      100,
    )
    await expect(moving.finally(() => clearInterval(writing))).rejects.toThrow('written to; stop the servers')
  })
  await within(shared, async (ledger) => {
    const writing = setInterval(
      () => void ledger.commit('facts/0', [{ key: randomUUID(), value: Buffer.from('x'), expects: 0 }]),
      100,
    )
    const filling = migrate({ from, to: shared, replace: true, stillMs: 1_000 })
    await expect(filling.finally(() => clearInterval(writing))).rejects.toThrow('written to; stop the servers')
  })
  expect((await contentOf(shared)).length).toBeGreaterThan(KEYS)
  for (const absent of [newFolder(), newPrefix()]) {
    await expect(migrate({ from: absent, to })).rejects.toThrow('there is no store')
    await expect(migrate({ from: absent, to })).rejects.toThrow('there is no store')
  }
})

test('[I4] a store in Redis is exported while it is written to, and an export goes into any store', async () => {
  const [store, other, folder] = [newPrefix(), newPrefix(), newFolder()]
  await fill(store)
  const lines = await within(store, async (ledger) => {
    const pairs = ['left', 'right']
    let going = true
    const writing = (async () => {
      for (let i = 0; going; i++) {
        const writes = pairs.map((key) => ({ key, value: Buffer.from(`${i}`), expects: i }))
        expect((await ledger.commit('facts/0', writes)).committed).toBe(true)
      }
    })()
    const exported = await contentOf(store)
    going = false
    await writing
    return exported
  })
  const paired = lines.map((line) => JSON.parse(line)).filter(({ key }) => key === 'left' || key === 'right')
  expect(new Set(paired.map(({ version, text }) => `${version} ${text}`)).size).toBeLessThanOrEqual(1)
  const whole = exportStore(store)
  await importStore(other, { lines: whole })
  await importStore(folder, { lines: exportStore(other) })
  expect(await contentOf(folder)).toEqual(await contentOf(store))
  await expect(importStore(other, { lines: exportStore(folder) })).rejects.toThrow('in use')
  await importStore(other, { lines: exportStore(folder), replace: true })
  expect(await contentOf(other)).toEqual(await contentOf(folder))
})
