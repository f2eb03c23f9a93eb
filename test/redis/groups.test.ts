import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Commit, CommitAnswer, Ledger } from '../../src/core/ports.ts'
import { readRedisAddress } from '../../src/ledgers/redis/address.ts'
import { openRedisLedger } from '../../src/ledgers/redis/ledger.ts'
import { type RedisServer, startRedis } from './server.ts'

/** Commits that are asked for at once go to Redis as one; each is still a commit of its own. */

const PARTITIONS = ['directory', 'facts/0', 'facts/1']
const SERIES = 'history/ann'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

test('[L1] [L2] [L4] [L7] of commits asked for at once on two nodes each is whole or not there, has a version of its own, and is told to both alike', async () => {
  const nodes = await openTwo()
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(anAttempt, { maxLength: 30 }), { maxLength: 6 }), async (rounds) => {
      for (const round of rounds) await play(nodes, round)
    }),
    { numRuns: 15 },
  )
  for (const { ledger } of nodes) await ledger.close()
})

test('[L1] a commit that writes more keys than a script may name at once is one commit', async () => {
  const [one, other] = await openTwo()
  const keys = Array.from({ length: 9_000 }, (_, i) => `key${i}`)
  const answer = await one.ledger.commit('directory', writesOf(keys, 'x', 0))
  expect(answer).toEqual({ committed: true, version: 1 })
  const deleted = await one.ledger.commit('directory', writesOf(keys, null, 1))
  expect(deleted).toEqual({ committed: true, version: 2 })
  await other.until('directory', 2)
  expect(other.heard.map(({ writes }) => writes.length)).toEqual([keys.length, keys.length])
  expect(await held(other.ledger)).toEqual(new Map())
  for (const { ledger } of [one, other]) await ledger.close()
})

test('[L1] of commits asked for at once a later one may go on from an earlier one', async () => {
  const [{ ledger }] = await openTwo()
  const asked = [writesOf(['ann'], 'x', 0), writesOf(['ann'], null, 1), writesOf(['ann'], 'y', 0)]
  const answers = await Promise.all(asked.map((writes) => ledger.commit('facts/0', writes)))
  expect(answers).toEqual([1, 2, 3].map((version) => ({ committed: true, version })))
  expect(await held(ledger)).toEqual(new Map([['facts/0 ann', { value: hexOf(Buffer.from('y')), version: 3 }]]))
  const more = await Promise.all(
    [writesOf(['ann'], 'z', 3), writesOf(['ann'], null, 4)].map((writes) => ledger.commit('facts/0', writes)),
  )
  expect(more.map(({ committed }) => committed)).toEqual([true, true])
  expect(await held(ledger)).toEqual(new Map())
  await ledger.close()
})

test('commits asked for at once cost Redis a few script calls, not one each', async () => {
  const [{ ledger }] = await openTwo()
  const before = scriptCalls()
  const asked = Array.from({ length: 200 }, (_, i) => ledger.commit('facts/0', writesOf([`key${i}`], 'x', 0)))
  expect((await Promise.all(asked)).every(({ committed }) => committed)).toBe(true)
  expect(scriptCalls() - before).toBeLessThanOrEqual(2)
  await ledger.close()
})

test('[F11] a store asked where it stands, while it takes commits, is not one that has lost some', async () => {
  const told: string[] = []
  const address = readRedisAddress(`redis://127.0.0.1:${server.port}?prefix=${randomUUID()}`)
  const ledger = await openRedisLedger({ address, factsPartitions: 2, log: { warn: (words) => told.push(words) } })
  for (const end = performance.now() + 1_500; performance.now() < end; ) {
    const keys = Array.from({ length: 20 }, () => randomUUID())
    const commits = keys.map((key) => ledger.commit('facts/0', writesOf([key], 'x', 0)))
    await Promise.all([...commits, ...keys.map(async () => ledger.caughtUp?.('facts/0'))])
  }
  expect(told).toEqual([])
  await ledger.close()
})

interface Attempt {
  readonly node: number
  readonly partition: string
  readonly keys: readonly string[]
  readonly value: string | null
  readonly knows: boolean
  readonly appends: boolean
}

const anAttempt: fc.Arbitrary<Attempt> = fc.record({
  node: fc.constantFrom(0, 1),
  partition: fc.constantFrom(...PARTITIONS),
  keys: fc.uniqueArray(fc.constantFrom('ann', 'bob', 'æøå', '🙂'), { minLength: 1, maxLength: 3 }),
  value: fc.option(fc.string({ unit: 'binary' }), { nil: null }),
  knows: fc.oneof({ arbitrary: fc.constant(true), weight: 9 }, { arbitrary: fc.constant(false), weight: 1 }),
  appends: fc.boolean(),
})

type Node = Awaited<ReturnType<typeof openNode>>

async function play(nodes: readonly [Node, Node], round: readonly Attempt[]): Promise<void> {
  const [one, other] = nodes
  const [heardBefore, before, archivedBefore] = [one.heard.length, await held(one.ledger), await archivedIn(one.ledger)]
  const answers = await Promise.all(
    round.map(({ node, partition, keys, value, knows, appends }) => {
      const writes = keys.map((key) => {
        const expects = (before.get(`${partition} ${key}`)?.version ?? 0) + (knows ? 0 : 1)
        return { key, value: bytesOf(value), expects }
      })
      const series = appends ? [{ series: SERIES, at: 5, value: Buffer.from('x') }] : []
      return nodes[node as 0 | 1].ledger.commit(partition, writes, series)
    }),
  )
  const won = round.flatMap((attempt, i) => (answers[i]?.committed ? [{ ...attempt, version: answers[i].version }] : []))
  for (const { partition, version } of won) for (const node of nodes) await node.until(partition, version)
  const told = won.map(({ partition, version, keys, value }) => ({
    partition,
    version,
    writes: keys.map((key) => ({ key, value: hexOf(bytesOf(value)) })),
  }))
  expect(inOrder(one.heard.slice(heardBefore))).toEqual(inOrder(told))
  expect(inOrder(other.heard)).toEqual(inOrder(one.heard))
  expect(firstUndue(won, before)).toBeUndefined()
  expect(firstLoss(round, answers, before)).toBeUndefined()
  expect((await archivedIn(one.ledger)) - archivedBefore).toBe(won.filter(({ appends }) => appends).length)
  expect(await held(other.ledger)).toEqual(one.replica)
}

const bytesOf = (value: string | null): Buffer | null => (value === null ? null : Buffer.from(value))
const hexOf = (value: Uint8Array | null): string | null => (value === null ? null : Buffer.from(value).toString('hex'))

/** Partition by partition; within each as it came, which is by version. */
const inOrder = (heard: readonly Heard[]): readonly Heard[] =>
  heard.toSorted((a, b) => PARTITIONS.indexOf(a.partition) - PARTITIONS.indexOf(b.partition) || a.version - b.version)

/** Whoever won though what was there, or what another had just won, was not what they expected. */
function firstUndue(won: readonly (Attempt & { readonly version: number })[], before: Held): Attempt | undefined {
  const held = new Map([...before].map(([name, { version }]) => [name, version]))
  return won
    .toSorted((one, other) => one.version - other.version)
    .find(({ partition, keys, knows, value, version }) =>
      keys.some((key) => {
        const name = `${partition} ${key}`
        const expects = (before.get(name)?.version ?? 0) + (knows ? 0 : 1)
        const isUndue = (held.get(name) ?? 0) !== expects
        held.set(name, value === null ? 0 : version)
        return isUndue
      }),
    )
}

/** Whoever lost without a reason: expected what was there, and nobody else won any of its keys. */
function firstLoss(round: readonly Attempt[], answers: readonly CommitAnswer[], before: Held): Attempt | undefined {
  const isNew = (attempt: Attempt, key: string) => !before.has(`${attempt.partition} ${key}`)
  return round.find(({ keys, knows, partition }, i) => {
    const rivals = round.filter((rival, j) => j !== i && rival.partition === partition && answers[j]?.committed)
    const contested = keys.some((key) =>
      rivals.some((rival) => rival.keys.includes(key) && !(rival.value === null && isNew(rival, key))),
    )
    return knows && !contested && !answers[i]?.committed
  })
}

interface Heard {
  readonly partition: string
  readonly version: number
  readonly writes: readonly { readonly key: string; readonly value: string | null }[]
}

type Held = Map<string, { readonly value: string; readonly version: number }>

async function held(ledger: Ledger): Promise<Held> {
  const found: Held = new Map()
  await ledger.load(({ partition, key, value, version }) =>
    found.set(`${partition} ${key}`, { value: Buffer.from(value).toString('hex'), version }),
  )
  return found
}

async function openTwo(): Promise<readonly [Node, Node]> {
  const address = readRedisAddress(`redis://127.0.0.1:${server.port}?prefix=${randomUUID()}`)
  return [await openNode(address), await openNode(address)]
}

async function openNode(address: ReturnType<typeof readRedisAddress>) {
  const ledger = await openRedisLedger({ address, factsPartitions: 2 })
  const heard: Heard[] = []
  const replica: Held = new Map()
  const positions: Record<string, number> = { ...(await ledger.load(() => {})) }
  const wakers = new Set<() => void>()
  function commit({ partition, version, writes }: Commit): void {
    expect(version).toBe((positions[partition] ?? 0) + 1)
    positions[partition] = version
    const told = writes.map(({ key, value }) => ({ key, value: hexOf(value) }))
    heard.push({ partition, version, writes: told })
    for (const { key, value } of told) {
      if (value === null) replica.delete(`${partition} ${key}`)
      else replica.set(`${partition} ${key}`, { value, version })
    }
    for (const wake of wakers) wake()
  }
  ledger.follow({ ...positions }, { commit, reload: () => expect.unreachable('nothing was lost') })
  return {
    ledger,
    heard,
    replica,
    async until(partition: string, version: number): Promise<void> {
      while ((positions[partition] ?? 0) < version) await new Promise<void>((resolve) => wakers.add(resolve))
    },
  }
}

const writesOf = (keys: readonly string[], value: string | null, expects: number) =>
  keys.map((key) => ({ key, value: bytesOf(value), expects }))

async function archivedIn(ledger: Ledger): Promise<number> {
  const range = { order: 'oldest-first', limit: 10_000 } as const
  const found = await Promise.all(PARTITIONS.map((partition) => ledger.archive.range(partition, SERIES, range)))
  return found.flat().length
}

function scriptCalls(): number {
  const told = execFileSync('redis-cli', ['-p', String(server.port), 'INFO', 'commandstats'], { encoding: 'utf8' })
  return [...told.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0)
}
