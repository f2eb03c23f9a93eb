import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptyRecord } from '../../src/core/record.ts'
import { createCold } from '../../src/engine/cold.ts'
import { inOrder, type Keyed } from '../../src/engine/inOrder.ts'
import { createPacking } from '../../src/engine/packing.ts'
import { createPolicies } from '../../src/engine/policies.ts'
import { createRoster } from '../../src/engine/roster.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { aPrincipal, createCrowd, createWorld, SETTINGS } from './world.ts'

function ordered(keyed: Keyed): Keyed {
  const steps = inOrder(keyed)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

const hidden = {
  type: 'availability_set',
  availability: 'offline',
  activity: null,
  until: null,
  fades: false,
  alike: null,
} as const
const said = (text: string, until: number | null) =>
  ({ type: 'note_set', words: { text, emoji: '' }, until, alike: null }) as const

test('[C4] slots are ordered by any whole number, equal ones as they were', () => {
  const key = fc.oneof(fc.nat(3), fc.nat(), fc.maxSafeNat())
  fc.assert(
    fc.property(fc.array(key, { maxLength: 300 }), (keys) => {
      const keyOf = (slot: number): number => keys[slot] ?? 0
      const sorted = ordered({ slots: Int32Array.from(keys.keys()), keys: Float64Array.from(keys) })
      const expected = [...keys.keys()].sort((one, other) => keyOf(one) - keyOf(other) || one - other)
      expect([...sorted.slots]).toEqual(expected)
      expect([...sorted.keys]).toEqual(expected.map(keyOf))
    }),
  )
})

test('[C5] whoever was not looked at since a restart is as before, also when the first thing that happens is a change', async () => {
  let now = 1_000
  const ledger = createMemoryLedger({ clock: () => now })
  const crowd = createCrowd(['ada', 'bob', 'eve'])
  const before = await createWorld({ ledger, crowd })
  for (const userId of ['ada', 'bob']) {
    const busy = {
      type: 'availability_set',
      availability: 'busy',
      activity: null,
      until: null,
      fades: false,
      alike: null,
    } as const
    const note = { type: 'note_set', words: { text: `of ${userId}`, emoji: '' }, until: null, alike: null } as const
    await before.engine.service.as(aPrincipal(userId), 'test').commands.change(userId, [busy, note])
  }
  const { view: seen } = before.engine.service.as(aPrincipal('eve'), 'test')
  const [everyone, { cursor }] = [[...seen.everyone()], seen.changesSince(null)]
  await before.close()

  now = 2_000
  const after = await createWorld({ ledger, crowd })
  const { view } = after.engine.service.as(aPrincipal('eve'), 'test')
  expect(view.changesSince(cursor).presences).toEqual([])
  crowd.put('ada', { deactivated: true })
  const note = { type: 'note_set', words: { text: 'new', emoji: '' }, until: null, alike: null } as const
  await after.engine.service.as(aPrincipal('bob'), 'test').commands.change('bob', [note])
  expect(view.get('ada')).toMatchObject({ availability: 'offline', since: 2_000, note: { text: 'of ada' } })
  expect(view.get('bob')).toMatchObject({ availability: 'busy', since: 1_000, note: { text: 'new' } })
  expect(view.get('eve')).toEqual(everyone.find(({ userId }) => userId === 'eve'))
  expect(new Set(view.changesSince(cursor).presences.map(({ userId }) => userId))).toEqual(new Set(['ada', 'bob']))
  expect(after.engine.figures.usersWithFacts).toBe(2)
  await after.close()
})

test('[C5, H2] after restarts a cursor is told what time changed after it, also where an unseen write came since, and nothing else', async () => {
  let now = 1_000
  const ledger = createMemoryLedger({ clock: () => now })
  const crowd = createCrowd(['ada', 'bob', 'eve'])
  const start = async () => {
    const { engine, close } = await createWorld({ ledger, crowd })
    const as = (userId: string) => engine.service.as(aPrincipal(userId), 'test')
    const since = (cursor: string | null) => as('eve').view.changesSince(cursor)
    const told = (cursor: string) => since(cursor).presences.map(({ userId }) => userId)
    return { engine, close, as, since, told }
  }
  const open = ({ as }: Awaited<ReturnType<typeof start>>, userId: string) =>
    as(userId).commands.openSession({ app: 'app', platform: 'web', idle: false })

  const first = await start()
  await first.as('bob').commands.change('bob', [hidden])
  await first.as('ada').commands.change('ada', [hidden, said('soon over', now + 1)])
  const { cursor: before } = first.since(null)
  now = 1_100
  await expect.poll(() => first.told(before)).toEqual(['ada'])
  const { cursor: after } = first.since(before)
  for (const userId of ['ada', 'bob']) await open(first, userId)
  expect([first.told(before), first.told(after)]).toEqual([['ada'], []])
  await first.close()

  now = 2_000
  const second = await start()
  expect([second.told(before), second.told(after)]).toEqual([['ada'], []])
  expect(second.since(after).cursor).toBe(after)
  for (const userId of ['ada', 'bob']) await open(second, userId)
  await second.close()

  const third = await start()
  expect([third.told(before), third.told(after)]).toEqual([['ada'], []])
  await third.as('ada').commands.change('ada', [said('anew', null)])
  expect(third.engine.recordOf('ada').shown.lapsed).toBeUndefined()
  expect([third.told(before), third.told(after)]).toEqual([['ada'], ['ada']])
  await third.close()
})

test('[H2, C2, G5] whose facts became bytes again is as before: nothing unseen is told, and what time ends is', async () => {
  let now = 1_000
  const ledger = createMemoryLedger({ clock: () => now })
  const world = await createWorld({ ledger, userIds: ['ada', 'bob', 'eve'], warmMax: 1 })
  const as = (userId: string) => world.engine.service.as(aPrincipal(userId), 'test')
  await as('ada').commands.change('ada', [hidden, said('soon over', now + 1)])
  const { view } = as('eve')
  await as('bob').commands.change('bob', [said('first', null)])
  await as('eve').commands.change('eve', [said('second', null)])
  now = 1_100
  await expect.poll(() => world.engine.figures.deadlinesFired).toBe(1)
  const { cursor } = view.changesSince(null)
  expect(view.get('ada')?.note).toBeNull()
  await as('bob').commands.change('bob', [said('third', null)])
  await as('eve').commands.change('eve', [said('fourth', null)])
  const before = view.get('ada')
  const { cursor: later } = view.changesSince(cursor)
  await as('eve').commands.change('eve', [said('fifth', null)])
  const { cursor: last } = view.changesSince(later)
  as('ada').commands.attend({ connectionId: 'a', app: 'app', platform: 'web', idles: 'told', resumes: null })
  await expect.poll(() => world.engine.recordOf('ada').sessions.length).toBe(1)
  expect(view.get('ada')).toEqual(before)
  expect(view.changesSince(last)).toMatchObject({ presences: [], cursor: last })
  await world.close()
})

test('a walk over everybody takes no facts out of the cold; who is asked for does, and goes back in turn unless connected', () => {
  const crowd = createCrowd(['ada', 'bob', 'eve'])
  let reads = 0
  const { pack, unpack } = createPacking()
  const roster = createRoster({
    subjects: crowd,
    policies: createPolicies(crowd, SETTINGS),
    now: () => 2_000,
    packing: {
      pack,
      unpack(bytes) {
        reads++
        return unpack(bytes)
      },
    },
    warmMax: 1,
  })
  const session = {
    id: 's',
    owner: { node: 'n', incarnation: 1 },
    leaseUntil: null,
    app: 'a',
    platform: 'p',
    idles: 'told',
    idle: false,
    openedAt: 1_000,
    seenUntil: null,
  } as const
  const connected = { ...emptyRecord(1_000), sessions: [session] }
  for (const [slot, record] of [emptyRecord(1_000), emptyRecord(1_000), connected].entries()) roster.keep(slot, record, slot + 1)
  const readsOf = (ask: () => void): number => {
    reads = 0
    ask()
    return reads
  }
  const walk = (): void => [0, 1, 2].forEach(roster.inPassing)
  expect([readsOf(walk), readsOf(walk)]).toEqual([3, 3])
  expect([readsOf(() => roster.at(2)), readsOf(() => roster.at(0)), readsOf(() => roster.at(1))]).toEqual([1, 1, 1])
  expect(readsOf(walk)).toBe(1)
  expect([roster.versionAt(0), roster.factsCount]).toEqual([1, 3])
  expect(roster.at(2).stranger.connected).toBe('online')
  expect([...roster.withFacts()]).toEqual([0, 1, 2])
  roster.forget(0)
  expect([roster.hasFacts(0), roster.factsCount]).toEqual([false, 2])
})

test('facts that are kept as bytes come out as they went in, through any order of changes', () => {
  const step = fc.record({ slot: fc.nat(40), length: fc.oneof(fc.nat(300), fc.constant(400_000)), put: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const cold = createCold(18)
      const expected = new Map<number, { value: Uint8Array; version: number }>()
      for (const [version, { slot, length, put }] of steps.entries()) {
        const value = new Uint8Array(length).fill(version)
        if (put) cold.put(slot, { value, version, told: version, changedAt: version, toldChangeAt: version })
        else cold.forget(slot)
        if (put) expected.set(slot, { value, version })
        else expected.delete(slot)
      }
      expect(cold.count).toBe(expected.size)
      for (const [slot, { value, version }] of expected) {
        expect([cold.told(slot), cold.changedAt(slot)]).toEqual([version, version])
        cold.retell(slot, version + 1)
        const taken = cold.peek(slot)
        expect([taken.version, taken.toldChangeAt]).toEqual([version, version + 1])
        expect(Buffer.compare(taken.value, value)).toBe(0)
        cold.forget(slot)
        expect(cold.has(slot)).toBe(false)
      }
    }),
    { numRuns: 30 },
  )
})
