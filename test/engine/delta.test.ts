import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Changes, PresenceView } from '../../src/core/service.ts'
import type { Presence, UserId } from '../../src/core/vocabulary.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { aStep, type Step, settled } from '../core/arbitraries.ts'
import { claim, set } from '../core/facts.ts'
import { anAdministrator, aPrincipal, createWorld, type World } from './world.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000, toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'Date'] }))
afterEach(() => void vi.useRealTimers())

const USERS = ['a', 'b', 'c', 'd']

type Happening =
  | { readonly type: 'said'; readonly userId: UserId; readonly step: Step }
  | { readonly type: 'passed'; readonly ms: number }
  | { readonly type: 'polled'; readonly reader: number }
  | { readonly type: 'settings'; readonly invisibleAllowed: boolean; readonly declaredOnlineMaxMs: number }
  | { readonly type: 'came' | 'left'; readonly userId: UserId }
  | { readonly type: 'circumstances'; readonly userId: UserId; readonly bot: boolean; readonly deactivated: boolean }

const aUser = fc.constantFrom(...USERS)
const aHappening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('said' as const), userId: aUser, step: aStep }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('passed' as const), ms: fc.nat(60) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('polled' as const), reader: fc.nat(2) }) },
  fc.record({ type: fc.constantFrom('came' as const, 'left' as const), userId: aUser }),
  fc.record({
    type: fc.constant('settings' as const),
    invisibleAllowed: fc.boolean(),
    declaredOnlineMaxMs: fc.constantFrom(0, 30, 28_800_000),
  }),
  fc.record({ type: fc.constant('circumstances' as const), userId: aUser, bot: fc.boolean(), deactivated: fc.boolean() }),
)

/** What a reader holds who only ever asks what changed. */
function createMirror(view: PresenceView) {
  const held = new Map<UserId, Presence>()
  let cursor: string | null = null
  return {
    poll(): Changes {
      const changes = view.changesSince(cursor)
      expect(changes.full).toBe(cursor === null)
      for (const userId of changes.removed) held.delete(userId)
      for (const presence of changes.presences) held.set(presence.userId, presence)
      const unchanged = view.changesSince(changes.cursor)
      expect(unchanged).toEqual({ presences: [], removed: [], cursor: changes.cursor, full: false })
      cursor = changes.cursor
      return changes
    },
    differences: () => ({ held: sorted(held.values()), shown: sorted(view.everyone()) }),
  }
}

const sorted = (presences: Iterable<Presence>) => [...presences].sort((one, other) => (one.userId < other.userId ? -1 : 1))

async function happen(world: World, happening: Happening): Promise<void> {
  const { engine, crowd, settings, ledger } = world
  if (happening.type === 'said') {
    if (crowd.slotOf(happening.userId) < 0) return
    const principal = anAdministrator(happening.step.deed.self ? happening.userId : 'admin')
    const { commands } = engine.service.as(principal, happening.step.deed.via)
    await commands
      .change(happening.userId, [settled(happening.step.event, ledger.now())], { lapsedEndAccepted: true })
      .catch(() => null)
  }
  if (happening.type === 'passed') await vi.advanceTimersByTimeAsync(happening.ms)
  if (happening.type === 'settings') settings.change(happening, ledger.now())
  if (happening.type === 'left' && crowd.slotOf(happening.userId) >= 0) crowd.remove(happening.userId)
  if (happening.type === 'came' && crowd.slotOf(happening.userId) < 0) crowd.put(happening.userId, { createdAt: ledger.now() })
  if (happening.type === 'circumstances' && crowd.slotOf(happening.userId) >= 0) crowd.put(happening.userId, happening)
}

test('[C1, C2] what changed since a cursor makes of the snapshot of then the snapshot of now, for strangers and oneself', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(aHappening, { maxLength: 40 }), async (happenings) => {
      const world = await createWorld({ userIds: USERS, ledger: createMemoryLedger({ clock: Date.now, factsPartitions: 2 }) })
      const mirrors = ['stranger', 'a', 'b'].map((userId) =>
        createMirror(world.engine.service.as(aPrincipal(userId), 'test').view),
      )
      for (const mirror of mirrors) mirror.poll()
      for (const happening of [...happenings, ...[0, 1, 2].map((reader) => ({ type: 'polled' as const, reader }))]) {
        await happen(world, happening)
        if (happening.type !== 'polled') continue
        await vi.advanceTimersByTimeAsync(0)
        const mirror = mirrors[happening.reader]
        mirror?.poll()
        const { held, shown } = mirror?.differences() ?? {}
        expect(held).toEqual(shown)
      }
      await world.close()
    }),
    { numRuns: 300 },
  )
})

test('[C1] [G6] a cursor of a node that had not heard of a policy yet is told what it changed, wherever it is used', async () => {
  const ledger = createMemoryLedger({ clock: Date.now })
  const [early, late] = [
    await createWorld({ userIds: ['ada', 'bob'], ledger }),
    await createWorld({ userIds: ['ada', 'bob'], ledger }),
  ]
  const say = (userId: UserId, availability: 'busy' | 'offline', until: number | null) =>
    early.engine.service
      .as(aPrincipal(userId), 'test')
      .commands.change(userId, [claim('app:desk', { availability: 'busy' }), set(availability, until)])
  await say('ada', 'offline', null)
  await say('bob', 'busy', Date.now() + 100)
  const [before, after] = [early, late].map(({ engine }) => engine.service.as(aPrincipal('eve'), 'test').view)
  const known = after?.changesSince(null).cursor ?? ''

  early.settings.change({ invisibleAllowed: false }, Date.now(), 7)
  const changed = Date.now()
  // The late node tells that Bob's claim ended, after the policy changed, without knowing that it did.
  await vi.advanceTimersByTimeAsync(200)
  const told = after?.changesSince(known)
  expect(told?.presences.map(({ userId, source }) => `${userId} ${source}`)).toEqual(['bob app'])
  const found = before?.changesSince(told?.cursor ?? '')
  expect(found?.presences).toContainEqual(expect.objectContaining({ userId: 'ada', availability: 'busy' }))
  expect(before?.changesSince(found?.cursor ?? '')).toMatchObject({ presences: [], full: false })

  // Back at the late node, which knows less: nothing, and the cursor as it is, until it has heard.
  expect(after?.changesSince(found?.cursor ?? '')).toMatchObject({ presences: [], cursor: found?.cursor })
  late.settings.change({ invisibleAllowed: false }, changed, 7)
  await vi.advanceTimersByTimeAsync(10)
  const last = after?.changesSince(found?.cursor ?? '')
  expect(after?.changesSince(last?.cursor ?? '')).toMatchObject({ presences: [], full: false })
  // A cursor that nothing was told with since is good on both once both have heard.
  early.settings.change({ rateCallsMax: 1 }, Date.now(), 8)
  late.settings.change({ rateCallsMax: 1 }, Date.now(), 8)
  for (const view of [before, after]) expect(view?.changesSince(last?.cursor ?? '')).toMatchObject({ presences: [], full: false })
  for (const world of [early, late]) await world.close()
})
