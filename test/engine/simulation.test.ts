import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import type { Ledger } from '../../src/core/ports.ts'
import { emptyRecord } from '../../src/core/record.ts'
import { resolve } from '../../src/core/resolve.ts'
import type { Attended } from '../../src/core/service.ts'
import type { Availability, Instant, Presence, UserId } from '../../src/core/vocabulary.ts'
import { decodeRecord } from '../../src/engine/codec.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { aPrincipal, createWorld, SETTINGS, type World } from './world.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000, toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'Date'] }))
afterEach(() => void vi.useRealTimers())

const USERS = ['a', 'b']
const RESTART_GRACE_MS = 60_000

type Act =
  | { readonly type: 'came'; readonly userId: UserId; readonly app: string }
  | { readonly type: 'cut' | 'left' | 'idled' | 'stirred'; readonly which: number }
  | { readonly type: 'said'; readonly userId: UserId; readonly availability: Availability; readonly ms: number | null }
  | { readonly type: 'passed'; readonly ms: number }
  | { readonly type: 'restarted' }

const aUser = fc.constantFrom(...USERS)
const which = fc.nat(20)
const anAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('came' as const), userId: aUser, app: fc.constantFrom('x', 'y') }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom('cut' as const, 'left', 'idled', 'stirred'), which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('said' as const),
      userId: aUser,
      availability: fc.constantFrom<Availability>('busy', 'away', 'offline', 'dnd'),
      ms: fc.option(fc.integer({ min: 1, max: 20_000 }), { nil: null }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constant('passed' as const), ms: fc.constantFrom(0, 1, 999, 5_000, 10_000, 59_999) }),
  },
  fc.record({ type: fc.constant('restarted' as const) }),
)

/** What sessions truly are, told by nobody but the acts. */
interface Truth {
  readonly userId: UserId
  readonly app: string
  handle: Attended
  idle: boolean
  /** Null: connected. */
  goneAt: Instant | null
}

/** One server after the other over one ledger, a truth beside it, and readers who only ever hear what is told. */
async function simulate(acts: readonly Act[], ledger: Ledger): Promise<void> {
  let world = await createWorld({ userIds: USERS, ledger, warmMax: 1 })
  let truths: Truth[] = []
  const pushed = new Map<UserId, Presence>()
  const polled = new Map<UserId, Presence>()
  let cursor: string | null = null
  let names = 0
  const as = (of: World, userId: UserId) => of.engine.service.as(aPrincipal(userId), 'test')

  /** With the cursor of the last life, as a client that comes back does. */
  function follow(): void {
    const { view } = as(world, 'reader')
    const told = (presence: Presence) => void pushed.set(presence.userId, presence)
    view.watch({ told, gone: (userId) => void pushed.delete(userId) }).everyone(true)
    poll()
    for (const [userId, presence] of polled) pushed.set(userId, presence)
  }

  function poll(): void {
    const changes = as(world, 'reader').view.changesSince(cursor)
    for (const presence of changes.presences) polled.set(presence.userId, presence)
    cursor = changes.cursor
  }

  function come(userId: UserId, app: string): void {
    const waiting = truths.filter((truth) => truth.userId === userId && truth.app === app && truth.goneAt !== null)
    const taken = waiting.sort((one, other) => cutAt(one) - cutAt(other))[0]
    const attendance = { app, platform: 'test', idles: 'told', connectionId: `c${++names}`, resumes: null } as const
    const handle = as(world, userId).commands.attend(attendance)
    if (taken === undefined) truths.push({ userId, app, handle, idle: false, goneAt: null })
    else {
      expect(waiting.map((truth) => truth.handle.sessionId)).toContain(handle.sessionId)
      const found = waiting.find((truth) => truth.handle.sessionId === handle.sessionId)
      if (found !== undefined) Object.assign(found, { handle, goneAt: null })
    }
  }

  async function act(happened: Act): Promise<void> {
    const live = truths.filter((truth) => truth.goneAt === null)
    const one = 'which' in happened ? live[happened.which % Math.max(1, live.length)] : undefined
    if (happened.type === 'came') come(happened.userId, happened.app)
    if (happened.type === 'passed') await vi.advanceTimersByTimeAsync(happened.ms)
    if (happened.type === 'cut' && one !== undefined) {
      one.handle.cut()
      one.goneAt = Date.now() + SETTINGS.graceMs
    }
    if (happened.type === 'left' && one !== undefined) {
      one.handle.leave()
      truths = truths.filter((truth) => truth !== one)
    }
    if (happened.type === 'idled' && one !== undefined) {
      one.handle.idle(null)
      one.idle = true
    }
    if (happened.type === 'stirred' && one !== undefined) {
      one.handle.active()
      one.idle = false
    }
    if (happened.type === 'said') {
      const { availability, ms } = happened
      const until = ms === null ? null : Date.now() + ms
      await as(world, happened.userId).commands.change(happened.userId, [
        { type: 'availability_set', availability, activity: null, until, fades: false, alike: null },
      ])
    }
    if (happened.type === 'restarted') {
      await vi.advanceTimersByTimeAsync(0)
      await world.close()
      world = await createWorld({ userIds: USERS, ledger, warmMax: 1 })
      for (const truth of truths) truth.goneAt = Date.now() + RESTART_GRACE_MS
      follow()
    }
  }

  follow()
  for (const happened of acts) {
    await act(happened)
    await vi.advanceTimersByTimeAsync(0)
    const now = Date.now()
    truths = truths.filter(({ goneAt }) => goneAt === null || goneAt > now)
    await inspect(world, truths, now)
    const everyone = new Map([...as(world, 'reader').view.everyone()].map((presence) => [presence.userId, presence]))
    expect(pushed).toEqual(everyone)
    poll()
    expect(polled).toEqual(everyone)
  }
  await world.close()
}

const cutAt = ({ goneAt }: Truth): Instant => goneAt ?? Number.POSITIVE_INFINITY

/** What is shown follows from the facts, and the facts are the truth: nobody is a ghost, nobody is gone who is there. */
async function inspect({ engine, ledger }: World, truths: readonly Truth[], now: Instant): Promise<void> {
  const records = new Map(USERS.map((userId) => [userId, emptyRecord(0)]))
  await ledger.load(({ partition, key, value }) => void (partition.startsWith('facts/') && records.set(key, decodeRecord(value))))
  for (const [userId, record] of records) {
    const own = engine.service.as(aPrincipal(userId), 'test').view.get(userId)
    expect(own).toEqual(resolve(userId, record, now, DEFAULT_POLICY).own)
    const here = truths.filter((truth) => truth.userId === userId)
    const connected = here.some(({ idle }) => !idle) ? 'online' : here.length > 0 ? 'away' : 'offline'
    expect(`${userId} ${own?.connected}`).toBe(`${userId} ${connected}`)
  }
}

test('[Q13, W1, C1] through any history of comings, cuts, claims, restarts and time, what is shown is true and what is told is what is shown', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anAct, { maxLength: 30 }), (acts) =>
      simulate(acts, createMemoryLedger({ clock: Date.now, factsPartitions: 2 })),
    ),
    { numRuns: 250 },
  )
})
