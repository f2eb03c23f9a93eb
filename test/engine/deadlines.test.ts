import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { factsPartition } from '../../src/core/ports.ts'
import { emptyRecord } from '../../src/core/record.ts'
import { type PresenceEvent, transition } from '../../src/core/transition.ts'
import type { UserId } from '../../src/core/vocabulary.ts'
import { encodeRecord } from '../../src/engine/codec.ts'
import { createHeap } from '../../src/engine/heap.ts'
import { createPacking } from '../../src/engine/packing.ts'
import { createPolicies } from '../../src/engine/policies.ts'
import { createRoster } from '../../src/engine/roster.ts'
import { isUntold, markTold } from '../../src/engine/row.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { aPrincipal, createCrowd, createWorld, SETTINGS, watchEveryone } from './world.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000, toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'Date'] }))
afterEach(() => void vi.useRealTimers())

const busyUntil = (until: number): PresenceEvent => ({
  type: 'availability_set',
  availability: 'busy',
  activity: null,
  until,
  fades: false,
  alike: null,
})

const byUser = ([one = '']: (string | number)[], [other = '']: (string | number)[]) => (one < other ? -1 : 1)

const names = (count: number): UserId[] => Array.from({ length: count }, (_, number) => `user${number}`)

test('[G5] an end is told once it has come, to the millisecond that was given', async () => {
  const world = await createWorld({ userIds: ['anna'], ledger: createMemoryLedger({ clock: Date.now }) })
  const told: string[] = []
  watchEveryone(world, ({ userId, availability, since }) => void told.push(`${userId} ${availability} since ${since}`))
  await world.engine.service.as(aPrincipal('anna'), 'test').commands.change('anna', [busyUntil(1_005_000)])
  const { view } = world.engine.service.as(aPrincipal('bob'), 'test')
  const { cursor } = view.changesSince(null)
  await vi.advanceTimersByTimeAsync(4_999)
  expect(view.changesSince(cursor).cursor).toBe(cursor)
  await vi.advanceTimersByTimeAsync(1)
  expect(told).toEqual(['anna busy since 1000000', 'anna offline since 1005000'])
  expect(view.changesSince(cursor).presences).toMatchObject([{ availability: 'offline', since: 1_005_000, changedAt: 1_005_000 }])
  await world.close()
})

test('[G5] ends that fell due while nothing was running are told after the start, at their own instants', async () => {
  const ledger = createMemoryLedger({ clock: Date.now })
  const before = await createWorld({ userIds: ['anna', 'bob'], ledger })
  await before.engine.service.as(aPrincipal('anna'), 'test').commands.change('anna', [busyUntil(1_005_000)])
  await before.engine.service.as(aPrincipal('bob'), 'test').commands.change('bob', [busyUntil(1_003_000)])
  const { cursor } = before.engine.service.as(aPrincipal('carl'), 'test').view.changesSince(null)
  await before.close()
  vi.setSystemTime(1_100_000)
  const after = await createWorld({ userIds: ['anna', 'bob'], ledger })
  const { view } = after.engine.service.as(aPrincipal('carl'), 'test')
  expect(view.get('anna')).toMatchObject({ availability: 'offline', since: 1_005_000 })
  await vi.advanceTimersByTimeAsync(1_000)
  const changes = view.changesSince(cursor)
  expect(changes.full).toBe(false)
  expect(changes.presences.map(({ userId, since }) => [userId, since]).sort(byUser)).toEqual([
    ['anna', 1_005_000],
    ['bob', 1_003_000],
  ])
  expect([...view.changedAfter(1_003_001)].map(({ userId }) => userId)).toEqual(['anna'])
  expect([...view.changedAfter(1_003_000)].map(({ userId }) => userId)).toEqual(['anna', 'bob'])
  await after.close()
})

test('[G5] whoever ends leaves the facts of others as they are, and becomes bytes again', () => {
  const subjects = createCrowd(['anna', 'bob'])
  const policies = createPolicies(subjects, SETTINGS)
  let now = 1
  let read = 0
  const { pack, unpack } = createPacking()
  const counting = (bytes: Uint8Array) => {
    read++
    return unpack(bytes)
  }
  const roster = createRoster({ subjects, policies, now: () => now, packing: { pack, unpack: counting }, warmMax: 1 })
  const record = transition(emptyRecord(0), busyUntil(5), { via: 'test', by: 'app', self: false }, 1, DEFAULT_POLICY)
  for (const slot of [0, 1]) roster.keep(slot, record, 1)
  const isAnnaUntold = () => isUntold(roster.at(0))
  expect([isAnnaUntold(), read]).toEqual([false, 1])
  now = 6
  roster.passing(1, () => markTold(roster.at(1)))
  expect([isAnnaUntold(), read]).toEqual([true, 2])
  expect([isUntold(roster.at(1)), roster.at(1).stranger.availability, read]).toEqual([false, 'offline', 3])
})

test('[G5] 100,000 ends at one instant are all told, in slices between which others have their turn', async () => {
  vi.useRealTimers()
  const userIds = names(100_000)
  const ledger = createMemoryLedger()
  const until = Date.now() + 3_000
  const deed = { via: 'test', by: 'app', self: false }
  const value = encodeRecord(transition(emptyRecord(0), busyUntil(until), deed, Date.now(), DEFAULT_POLICY))
  for (const [partition, keys] of Map.groupBy(userIds, (userId) => factsPartition(userId, ledger.factsPartitions)))
    await ledger.commit(
      partition,
      keys.map((key) => ({ key, value, expects: 0 })),
    )
  const world = await createWorld({ userIds, ledger })
  const { view } = world.engine.service.as(aPrincipal('watcher'), 'test')
  const { cursor } = view.changesSince(null)
  let told = 0
  watchEveryone(world, () => void told++)
  let turns = 0
  while (told < userIds.length && Date.now() < until + 30_000) {
    await new Promise((resolve) => setImmediate(resolve))
    if (told > 0) turns++
  }
  expect(told).toBe(userIds.length)
  expect(turns).toBeGreaterThan(4)
  expect(view.changesSince(cursor).presences).toHaveLength(userIds.length)
  await world.close()
})

test('the heap gives the earliest instant, whatever was set, moved and taken out before', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(30), fc.option(fc.nat(50), { nil: null })), { maxLength: 200 }), (settings) => {
      const heap = createHeap()
      const expected = new Map<number, number>()
      for (const [slot, instant] of settings) {
        heap.set(slot, instant)
        if (instant === null) expected.delete(slot)
        else expected.set(slot, instant)
        expect(heap.top).toBe(Math.min(Number.POSITIVE_INFINITY, ...expected.values()))
        expect(heap.size).toBe(expected.size)
        if (expected.size > 0) expect(expected.get(heap.peek())).toBe(heap.top)
      }
    }),
  )
})
