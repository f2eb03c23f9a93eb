import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import type { Commit, Entry, Follower, Ledger, Positions, Write } from '../../src/core/ports.ts'

export interface LedgerUnderTest {
  readonly ledger: Ledger
  /** Closes it and opens what it left behind; null where nothing stays. */
  readonly reopen: (() => Promise<Ledger>) | null
  /** Every commit may fail or meet another writer: only what then still holds is asserted. */
  readonly faulty: boolean
}

const PARTITIONS = ['directory', 'facts/0', 'facts/1']
const KEYS = ['ann', 'bob', 'æøå', 'a/b', '🙂']
const HISTORY_MAX = 10_000

/** L1, L2 and L4 for any ledger that keeps at least 100 and at most 10,000 commits for those who start behind. */
export function ledgerContract(name: string, open: () => Promise<LedgerUnderTest>): void {
  describe(`${name} keeps the promises of a ledger:`, () => {
    const begin = beginner(open)

    test('[L1] a commit wins exactly from the versions it expects, all or nothing, whatever came before', async () => {
      const { ledger, faulty } = await begin()
      const replica = await createReplica(ledger)
      await fc.assert(
        fc.asyncProperty(fc.array(anAttempt, { maxLength: 20 }), async (attempts) => {
          for (const { partition, tries } of attempts) {
            const writes = tries.map((attempt) => replica.writeOf(partition, attempt))
            const before = replica.positions()[partition] ?? 0
            const deserved = writes.every(({ key, expects }) => replica.version(partition, key) === expects)
            const answer = await attemptTo(ledger, partition, writes)
            if (answer === null) {
              expect(faulty, 'only a faulty ledger fails').toBe(true)
            } else if (answer.committed) {
              expect(faulty || deserved).toBe(true)
              expect(answer.version).toBe(replica.positions()[partition])
              expect(answer.version).toBeGreaterThan(before)
            } else {
              expect(faulty || !deserved).toBe(true)
              for (const { key, version } of answer.conflicts) expect(version).toBe(replica.version(partition, key))
            }
          }
          await replica.expectLoaded(ledger)
        }),
        { numRuns: 30 },
      )
    })

    test('[L1] of many that expect the same version, one wins', async () => {
      const { ledger, faulty } = await begin()
      const value = Buffer.from('mine')
      const asked = Array.from({ length: 50 }, () => attemptTo(ledger, 'facts/0', [{ key: 'ann', value, expects: 0 }]))
      const won = (await Promise.all(asked)).filter((answer) => answer?.committed === true)
      if (faulty) expect(won.length).toBeLessThanOrEqual(1)
      else expect(won.length).toBe(1)
    })

    test('[L2] versions and positions only grow, also over delete and recreate', async () => {
      const { ledger } = await begin()
      const replica = await createReplica(ledger)
      let last = 0
      for (const value of ['one', null, 'two', null, 'three']) {
        const bytes = value === null ? null : Buffer.from(value)
        last = await insist(
          ledger,
          'directory',
          () => [{ key: 'ann', value: bytes, expects: replica.version('directory', 'ann') }],
          last,
        )
      }
      expect(replica.version('directory', 'ann')).toBe(last)
      await replica.expectLoaded(ledger)
    })

    test('[L2] what was written stays with its versions, and goes on from there, when it is closed and opened again', async () => {
      const { ledger, reopen } = await begin()
      if (reopen === null) return expect(ledger.away()).toBeNull()
      const replica = await createReplica(ledger)
      const write = (key: string, value: string | null) => () => [
        { key, value: value === null ? null : Buffer.from(value), expects: replica.version('facts/1', key) },
      ]
      for (const key of KEYS) await insist(ledger, 'facts/1', write(key, key), 0)
      await insist(ledger, 'facts/1', write('ann', null), 0)
      const before = replica.positions()
      const again = await reopen()
      expect(again.epoch).toBe(ledger.epoch)
      await replica.expectLoaded(again)
      await insist(again, 'facts/1', write('ann', 'back'), before['facts/1'] ?? 0)
    })

    test('[L4] every follower hears every commit once, in order, as one unit, before its writer is answered', async () => {
      const { ledger } = await begin()
      const [one, other] = [await createReplica(ledger), await createReplica(ledger)]
      const writes = KEYS.map((key) => ({ key, value: Buffer.from(key), expects: 0 }))
      await Promise.all(PARTITIONS.map((partition) => attemptTo(ledger, partition, writes)))
      for (let i = 0; i < 20; i++) {
        const answer = await attemptTo(ledger, 'facts/1', [one.writeOf('facts/1', { key: 'ann', value: `${i}`, knows: true })])
        if (answer?.committed) expect(one.positions()['facts/1']).toBe(answer.version)
      }
      expect(other.heard).toEqual(one.heard)
      expect(one.heard.filter((commit) => commit.writes.length === KEYS.length).length).toBeLessThanOrEqual(PARTITIONS.length)
    })

    test('[L4] who starts behind hears what was missed, who stops hears no more', async () => {
      const { ledger } = await begin()
      const replica = await createReplica(ledger)
      const positions: Positions[] = [replica.positions()]
      for (let i = 0; i < 30; i++) {
        await attemptTo(ledger, 'facts/0', [replica.writeOf('facts/0', { key: 'ann', value: `${i}`, knows: true })])
        positions.push(replica.positions())
      }
      for (const after of positions) {
        const late = await createReplica(ledger, after)
        expect(late.heard).toEqual(replica.heard.filter((commit) => commit.version > (after['facts/0'] ?? 0)))
        late.stop()
      }
      const stopped = await createReplica(ledger)
      stopped.stop()
      await attemptTo(ledger, 'facts/0', [replica.writeOf('facts/0', { key: 'bob', value: 'late', knows: true })])
      expect(stopped.heard).toEqual([])
    })

    test('[L4] who is too far behind, or ahead of the ledger, is told once to reload, and nothing else', async () => {
      const { ledger } = await begin()
      const replica = await createReplica(ledger)
      for (let i = 0; i < HISTORY_MAX + 500; i += 500) {
        const asked = Array.from({ length: 500 }, (_, j) => [{ key: `${i + j}`, value: Buffer.from('x'), expects: 0 }])
        await Promise.all(asked.map((writes) => attemptTo(ledger, 'facts/0', writes)))
      }
      const behind = await createReplica(ledger, {})
      const ahead = await createReplica(ledger, { ...replica.positions(), directory: 1_000_000 })
      await attemptTo(ledger, 'directory', [{ key: 'after', value: Buffer.from('x'), expects: 0 }])
      if (replica.heard.length > HISTORY_MAX) expect([behind.reloads, behind.heard]).toEqual([1, []])
      expect([ahead.reloads, ahead.heard]).toEqual([1, []])
      await replica.expectLoaded(ledger)
    })

    test('an unknown partition, no writes and a key twice are refused as the bugs they are', async () => {
      const { ledger, faulty } = await begin()
      if (faulty) return expect(ledger.factsPartitions).toBeGreaterThan(0)
      const write = { key: 'ann', value: Buffer.from('x'), expects: 0 }
      await expect(ledger.commit('facts/999', [write])).rejects.toThrow('no partition')
      await expect(ledger.commit('directory', [])).rejects.toThrow('at least one')
      await expect(ledger.commit('directory', [write, write])).rejects.toThrow('once')
      await expect(ledger.commit('directory', [{ ...write, key: '\ud800' }])).rejects.toThrow('well-formed')
    })

    test('its time never steps back', async () => {
      const { ledger } = await begin()
      const told = Array.from({ length: 1000 }, () => ledger.now())
      expect(told).toEqual([...told].sort((a, b) => a - b))
      expect(Number.isInteger(told[0])).toBe(true)
    })
  })
}

/** Opens one for a test; it, and what it is opened again as, is closed after it. */
export function beginner(open: () => Promise<LedgerUnderTest>): () => Promise<LedgerUnderTest> {
  let opened: Ledger[] = []
  const kept = (ledger: Ledger): Ledger => {
    opened.push(ledger)
    return ledger
  }
  afterEach(async () => {
    for (const ledger of opened) await ledger.close()
    opened = []
  })
  return async () => {
    const { ledger, reopen, faulty } = await open()
    return { ledger: kept(ledger), reopen: reopen && (async () => kept(await reopen())), faulty }
  }
}

interface Attempt {
  readonly key: string
  readonly value: string | null
  /** Whether it expects the version that the key has. */
  readonly knows: boolean
}

const anAttempt = fc.record({
  partition: fc.constantFrom(...PARTITIONS),
  tries: fc.uniqueArray(
    fc.record({
      key: fc.constantFrom(...KEYS),
      value: fc.option(fc.string({ unit: 'binary' }), { nil: null }),
      knows: fc.oneof({ arbitrary: fc.constant(true), weight: 9 }, { arbitrary: fc.constant(false), weight: 1 }),
    }),
    { selector: (attempt) => attempt.key, minLength: 1, maxLength: 4 },
  ),
})

/** A copy held up by nothing but what it loaded and followed: what every node does. */
async function createReplica(ledger: Ledger, from?: Positions) {
  const held = new Map<string, { value: string; version: number }>()
  const heard: Commit[] = []
  const nameOf = ({ partition, key }: { partition: string; key: string }) => `${partition} ${key}`
  const bytes = (value: Uint8Array) => Buffer.from(value).toString('hex')
  let reloads = 0
  const visit = (entry: Entry) => held.set(nameOf(entry), { value: bytes(entry.value), version: entry.version })
  const positions: Record<string, number> = { ...(from ?? (await ledger.load(visit))) }

  const follower: Follower = {
    commit(commit) {
      expect(commit.version).toBe((positions[commit.partition] ?? 0) + 1)
      positions[commit.partition] = commit.version
      heard.push(commit)
      for (const { key, value } of commit.writes) {
        if (value === null) held.delete(nameOf({ ...commit, key }))
        else held.set(nameOf({ ...commit, key }), { value: bytes(value), version: commit.version })
      }
    },
    reload: () => void reloads++,
  }
  const stop = ledger.follow({ ...positions }, follower)
  await new Promise(setImmediate)

  return {
    heard,
    stop,
    get reloads() {
      return reloads
    },
    positions: (): Positions => ({ ...positions }),
    version: (partition: string, key: string): number => held.get(nameOf({ partition, key }))?.version ?? 0,
    writeOf(partition: string, { key, value, knows }: Attempt): Write {
      const version = held.get(nameOf({ partition, key }))?.version ?? 0
      return { key, value: value === null ? null : Buffer.from(value), expects: knows ? version : version + 1 }
    },
    async expectLoaded(from: Ledger) {
      const loaded = new Map<string, { value: string; version: number }>()
      const reached = await from.load((entry) => loaded.set(nameOf(entry), { value: bytes(entry.value), version: entry.version }))
      expect(loaded).toEqual(held)
      for (const [partition, position] of Object.entries(reached)) expect(positions[partition] ?? 0).toBe(position)
    },
  }
}

/** Null: it failed, and may or may not have taken place. */
async function attemptTo(ledger: Ledger, partition: string, writes: readonly Write[]) {
  try {
    return await ledger.commit(partition, writes)
  } catch (error) {
    expect(error).toBeInstanceOf(Failure)
    expect((error as Failure).reason).toBe('ledger_away')
    return null
  }
}

/** Tries until it is committed; answers the version, which must be above the one given. */
async function insist(ledger: Ledger, partition: string, writes: () => readonly Write[], above: number): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await attemptTo(ledger, partition, writes())
    if (answer?.committed !== true) continue
    expect(answer.version).toBeGreaterThan(above)
    return answer.version
  }
  throw new Error('never committed')
}
