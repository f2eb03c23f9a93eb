import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { Passage } from '../../src/core/history.ts'
import type { Principal } from '../../src/core/principal.ts'
import { sameNote } from '../../src/core/resolve.ts'
import type { PresenceEvent } from '../../src/core/transition.ts'
import type { Presence } from '../../src/core/vocabulary.ts'
import { DAY_MS } from '../../src/history/limits.ts'
import { expectFailure } from '../directory/house.ts'
import { aPrincipal } from '../engine/world.ts'
import { toldOf } from '../presence.ts'
import { aSelf, createPast, type Past, ROOT, START, withAdmin } from './past.ts'

const ANN = aSelf('ann')
let pasts: Past[] = []

async function begin(userIds: readonly string[] = ['ann', 'bob']): Promise<Past> {
  const past = await createPast(userIds)
  pasts.push(past)
  return past
}

afterEach(async () => {
  for (const past of pasts) await past.close()
  pasts = []
})

async function everything(past: Past, eyes: Principal, userId = 'ann'): Promise<Passage[]> {
  const passages: Passage[] = []
  for await (const passage of await past.of(eyes).everything(userId)) passages.push(passage)
  return passages
}

const set = (availability: 'away' | 'busy' | 'dnd' | 'offline', until: number | null = null): PresenceEvent => ({
  type: 'availability_set',
  availability,
  activity: null,
  until,
  fades: false,
  alike: null,
})
const note = (text: string, until: number | null = null): PresenceEvent => ({
  type: 'note_set',
  words: { text, emoji: '' },
  until,
  alike: null,
})
const ONLINE: PresenceEvent = { type: 'online_declared', alike: null }
const WITHDRAWN: PresenceEvent = { type: 'availability_withdrawn', alike: null }

describe('what was', () => {
  test('[Y2, Y3, Y4] every answer of the past, and when it became another, is told as it was then, to oneself and to strangers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aMove, { minLength: 1, maxLength: 25 }), async (moves) => {
        const past = await begin()
        const samples: { at: number; own: Presence; stranger: Presence }[] = []
        const look = () => samples.push({ at: past.now(), own: past.live('ann', ANN), stranger: past.live('ann', ROOT) })
        look()
        for (const move of moves) {
          for (let ms = 0; ms < move.after; ms++) {
            past.pass(1)
            if (ms < move.after - 1) look()
          }
          await make(past, move)
          look()
        }
        for (const [eyes, view] of [
          [ANN, 'own'],
          [ROOT, 'stranger'],
        ] as const) {
          for (const sample of samples)
            expect([sample.at, toldOf(await past.of(eyes).at('ann', sample.at))]).toEqual([sample.at, toldOf(sample[view])])
          const found = (await everything(past, eyes)).filter(({ at }) => at > START)
          const wanted = samples.filter((sample, i) => i > 0 && !alike(samples[i - 1]?.[view], sample[view]))
          expect(found.map(({ at }) => at)).toEqual(wanted.map(({ at }) => at).reverse())
          expect(found.map(({ presence }) => toldOf(presence))).toEqual(wanted.map((sample) => toldOf(sample[view])).reverse())
        }
        await past.close()
      }),
      { numRuns: 40 },
    )
  })

  test('[Y4] it is paged: however it is cut, nothing is told twice or left out', async () => {
    const past = await begin()
    for (let i = 0; i < 450; i++) {
      past.pass(1)
      await past.set('ann', ANN, i % 3 === 0 ? WITHDRAWN : i % 3 === 1 ? set('busy', past.now() + 1_000) : note(`${i}`))
    }
    past.pass(5_000)
    const whole = await everything(past, ROOT)
    expect(whole.length).toBeGreaterThan(400)
    for (const limit of [1, 7, 200, 1_000]) {
      const paged: Passage[] = []
      let to: number | null = Number.POSITIVE_INFINITY
      while (to !== null && (limit > 1 || paged.length < 20)) {
        const page = await past.of(ROOT).page('ann', { limit, ...(Number.isFinite(to) && { to }) })
        paged.push(...page.passages)
        to = page.next
      }
      expect(paged).toEqual(limit > 1 ? whole : whole.slice(0, 20))
    }
    const [from, to] = [START + 100, START + 200]
    const { passages } = await past.of(ROOT).page('ann', { limit: 1_000, from, to })
    expect(passages).toEqual(whole.filter(({ at }) => at >= from && at < to))
  })

  test('[Y4] each says through which door and by whom, or nothing of it where time alone did it', async () => {
    const past = await begin()
    past.pass(1)
    await past.set('ann', ROOT, set('dnd', past.now() + 10))
    past.pass(20)
    await past.set('ann', ANN, note('back'))
    const who = (await everything(past, ROOT)).map(({ at, via, by, presence }) => [at - START, via, by, presence.availability])
    expect(who).toEqual([
      [21, null, null, 'offline'],
      [11, null, null, 'offline'],
      [1, 'test', 'root', 'dnd'],
      [-START, null, null, 'offline'],
    ])
    expect((await everything(past, ANN))[0]).toMatchObject({ via: 'test', by: 'ann', presence: { note: { text: 'back' } } })
  })

  test('[Y4] what several did in one commit is one passage, of whoever said something', async () => {
    const past = await begin()
    past.pass(1)
    const session = {
      id: 's',
      owner: null,
      app: 'x',
      platform: 'x',
      idles: 'both',
      idle: false,
      leaseUntil: past.now() + 1e6,
    } as const
    await Promise.all([
      past.set('ann', ANN, note('first')),
      past.set('ann', ROOT, set('busy')),
      past.set('ann', ANN, { type: 'session_opened', session }),
    ])
    const [latest] = await everything(past, ANN)
    expect(latest).toMatchObject({ at: START + 1, by: 'root', presence: { availability: 'busy', note: { text: 'first' } } })
  })

  test('[Y3] a time of which nothing is known is told as such: before a user was, and while nothing was kept', async () => {
    const past = await begin()
    past.crowd.put('carl', { createdAt: START })
    past.pass(10)
    await past.set('carl', ROOT, set('busy'))
    past.settings.change({ history: 'off' }, past.now())
    past.pass(10)
    await past.set('carl', ROOT, set('away'))
    past.pass(10)
    await past.set('carl', ROOT, set('dnd'))
    past.settings.change({ history: 'all' }, past.now())
    past.pass(10)
    await past.set('carl', ROOT, WITHDRAWN)
    const at = async (ms: number) => (await past.of(ROOT).at('carl', START + ms)).availability
    expect([await at(5), await at(35), await at(40)]).toEqual(['offline', 'dnd', 'offline'])
    const unknown = { code: 'not_found', reason: 'no_history', field: 'at' } as const
    for (const ms of [-1, 10, 15, 25]) await expectFailure(at(ms), unknown)
    await expectFailure(at(41), { code: 'invalid', field: 'at' })
    expect((await everything(past, ROOT, 'carl')).map(({ at: when }) => when - START)).toEqual([40, 30, 0])
  })
})

describe('hidden', () => {
  const session = (id: string) =>
    ({ id, owner: null, app: 'x', platform: 'x', idles: 'both', idle: false, leaseUntil: START + 1e9 }) as const
  const UNSEEN: readonly PresenceEvent[] = [
    { type: 'session_opened', session: session('a') },
    {
      type: 'claim_set',
      key: 'call:1',
      class: 'call',
      availability: 'busy',
      activity: null,
      note: null,
      since: null,
      until: null,
      leaseMs: null,
    },
    { type: 'session_idled', sessionId: 'a', lastInputAt: START + 1 },
    { type: 'claim_withdrawn', key: 'call:1' },
    { type: 'session_closed', sessionId: 'a', seenUntil: START + 1e6 },
  ]

  test('[Y5] whoever hides leaves the same past as who goes: no instant, no door, not a byte more', async () => {
    const past = await begin()
    const both = async (event: PresenceEvent) => {
      for (const userId of ['ann', 'bob']) await past.set(userId, aSelf(userId), event)
    }
    past.pass(1)
    await both({ type: 'session_opened', session: session('one') })
    past.pass(9)
    await past.set('ann', ANN, set('offline'))
    await past.set('bob', aSelf('bob'), { type: 'session_closed', sessionId: 'one', seenUntil: past.now() })
    for (const event of UNSEEN) {
      past.pass(10)
      await past.set('ann', ANN, event)
    }
    past.pass(10)
    await both(note('told like any other'))
    past.pass(5)
    const seen = async (userId: string) => ({
      passages: (await everything(past, ROOT, userId)).map(({ presence, by, ...passage }) => ({
        ...passage,
        by: by === userId ? 'self' : by,
        presence: shape(presence),
      })),
      answers: await Promise.all(
        Array.from({ length: past.now() - START }, async (_, ms) => shape(await past.of(ROOT).at(userId, START + ms))),
      ),
    })
    expect(await seen('ann')).toEqual(await seen('bob'))
    expect((await everything(past, ANN)).length).toBeGreaterThanOrEqual((await everything(past, ROOT)).length)
    expect((await everything(past, ANN))[1]).toMatchObject({ via: 'test', by: 'ann', presence: { source: 'manual' } })
  })

  test('[Y5] also when it was hidden while nothing was kept, or is no longer allowed', async () => {
    const past = await begin()
    past.settings.change({ history: 'off' }, past.now())
    past.pass(10)
    await past.set('ann', ANN, set('offline'))
    past.pass(10)
    await past.set('ann', ANN, UNSEEN[0] ?? WITHDRAWN)
    past.settings.change({ history: 'all' }, past.now())
    past.pass(10)
    await past.set('ann', ANN, UNSEEN[1] ?? WITHDRAWN)
    past.pass(10)
    await past.changeSetting('invisibleAllowed', false as never)
    past.pass(10)
    const passages = await everything(past, ROOT)
    expect(passages.map(({ at, presence }) => [at - START, presence.availability, presence.source])).toEqual([
      [40, 'busy', 'call'],
      [-START, 'offline', 'none'],
    ])
    for (const ms of [1, 15, 25, 39]) expect((await past.of(ROOT).at('ann', START + ms)).source).toBe('none')
  })

  const shape = (presence: Presence) => ({ ...toldOf(presence), userId: '', lastActiveAt: null })
})

describe('whose it is', () => {
  test('[Y1, Y6] who reads whose, by the setting, permission and scope', async () => {
    const past = await begin()
    const [page, reader] = [
      aPrincipal('ann', { reach: new Set(['ann', 'bob']), scopes: new Set(['presence:read']) }),
      withAdmin(aPrincipal('bob', { permissions: new Set(['read-history']) })),
    ]
    const read = (who: typeof ANN, userId: string) => past.of(who).page(userId, { limit: 1 })
    const [may, missing, unscoped] = [true, 'permission_missing', 'scope_missing'] as const
    const cases = [
      ['own', ANN, 'ann', may],
      ['own', ROOT, 'ann', missing],
      ['own', page, 'ann', missing],
      ['all', ANN, 'ann', may],
      ['all', ANN, 'bob', unscoped],
      ['all', withAdmin(ANN), 'bob', missing],
      ['all', reader, 'ann', may],
      ['all', { ...reader, scopes: new Set(['presence:read'] as const) }, 'ann', unscoped],
      ['all', { ...reader, reach: new Set(['bob']) }, 'ann', 'no_such_user'],
      ['all', page, 'ann', unscoped],
      ['all', ROOT, 'nobody', 'no_such_user'],
      ['all', { ...ANN, scopes: new Set(['presence:write-own'] as const) }, 'ann', unscoped],
      ['off', ANN, 'ann', 'disabled'],
      ['off', ROOT, 'ann', 'disabled'],
    ] as const
    for (const [history, who, userId, outcome] of cases) {
      past.settings.change({ history }, past.now())
      if (outcome === true) expect((await read(who, userId)).passages.length).toBe(1)
      else await expectFailure(read(who, userId), outcome === 'disabled' ? { code: 'disabled' } : { reason: outcome })
    }
  })

  test('[Y1] while it is off nothing is kept', async () => {
    const past = await begin()
    past.settings.change({ history: 'off' }, past.now())
    await past.set('ann', ANN, set('busy'))
    for (const partition of ['directory', 'facts/0', 'facts/1'])
      expect(await past.ledger.archive.names(partition, { limit: 10 })).toEqual([])
  })

  test('[Y8] it is erased for oneself, or by whoever manages users, and that is told in the audit log', async () => {
    const past = await begin()
    const fill = async () => {
      past.pass(10)
      await past.set('ann', ANN, set('busy'))
      past.pass(10)
      await past.set('ann', ANN, ONLINE)
      expect((await everything(past, ANN)).length).toBeGreaterThan(2)
    }
    await fill()
    await expectFailure(past.of(aSelf('bob')).erase('ann'), { reason: 'scope_missing' })
    await expectFailure(past.of(withAdmin(aSelf('bob'))).erase('ann'), { reason: 'permission_missing' })
    await past.of(ANN).erase('ann')
    expect((await everything(past, ANN)).map(({ presence }) => presence.availability)).toEqual(['online'])
    await fill()
    past.settings.change({ history: 'off' }, past.now())
    await past.of(ROOT).erase('ann')
    past.settings.change({ history: 'all' }, past.now())
    expect((await everything(past, ANN)).length).toBe(1)
    const { entries } = await past.auditLog.page({ limit: 10, kind: 'history.erased' })
    expect(entries.map(({ by, userId }) => [by, userId])).toEqual([
      ['root', 'ann'],
      ['ann', 'ann'],
    ])
  })

  test('[Y8] it goes with its user, and is not that of a later user of the same id', async () => {
    const past = await begin()
    past.sweeper.start()
    past.pass(10)
    await past.set('ann', ANN, set('busy'))
    past.pass(10)
    await past.set('ann', ANN, ONLINE)
    past.crowd.remove('ann')
    await expect.poll(() => namesIn(past)).toEqual([])
    past.pass(10)
    past.crowd.put('ann', { createdAt: past.now() })
    past.pass(10)
    await past.set('ann', ANN, set('away'))
    expect((await everything(past, ANN)).map(({ presence }) => presence.availability)).toEqual(['away', 'offline'])
    await expectFailure(past.of(ANN).at('ann', START + 15), { reason: 'no_history' })
  })

  test('[Y8, Y9] what is too old is told no more at once, and swept away; so is what is left of users who are gone', async () => {
    const past = await begin()
    for (let day = 0; day < 40; day++) {
      await past.set('ann', ROOT, day % 2 === 0 ? set('busy') : WITHDRAWN)
      await past.set('bob', ROOT, set(day % 2 === 0 ? 'dnd' : 'away'))
      past.pass(DAY_MS)
    }
    const kept = past.now() - 30 * DAY_MS
    const before = await everything(past, ROOT)
    expect(before.map(({ at }) => at).every((at) => at >= kept)).toBe(true)
    expect(before.length).toBe(30)
    await expectFailure(past.of(ROOT).at('ann', kept - 1), { reason: 'no_history' })
    past.crowd.remove('bob')
    await past.sweeper.sweep()
    expect(await everything(past, ROOT)).toEqual(before)
    expect(await namesIn(past)).toEqual(['history/ann'])
    const partition = past.ledger.factsPartitions === 2 ? await partitionOf(past, 'history/ann') : ''
    const left = await past.ledger.archive.range(partition, 'history/ann', { order: 'oldest-first', limit: 1_000 })
    expect(left.length).toBe(30)
    past.settings.change({ historyDays: 1, auditDays: 2 }, past.now())
    await past.sweeper.sweep()
    expect((await everything(past, ROOT)).length).toBe(1)
    expect((await past.auditLog.page({ limit: 100 })).entries.length).toBe(4)
  })
})

async function namesIn(past: Past): Promise<readonly string[]> {
  const names: string[] = []
  for (const partition of ['directory', 'facts/0', 'facts/1'])
    names.push(...(await past.ledger.archive.names(partition, { limit: 10 })))
  return names.filter((name) => name !== 'audit')
}

async function partitionOf(past: Past, series: string): Promise<string> {
  for (const partition of ['facts/0', 'facts/1'])
    if ((await past.ledger.archive.names(partition, { limit: 10 })).includes(series)) return partition
  return ''
}

function alike(one: Presence | undefined, other: Presence): boolean {
  const same = (['availability', 'activity', 'until', 'source', 'manual'] as const).every((name) => one?.[name] === other[name])
  return one !== undefined && same && sameNote(one.note, other.note)
}

interface Move {
  readonly after: number
  readonly deed:
    | { readonly does: 'event'; readonly event: (now: number) => PresenceEvent; readonly byRoot: boolean }
    | { readonly does: 'allow' | 'believe' | 'activate'; readonly on: boolean }
}

const until = fc.option(fc.integer({ min: 1, max: 12 }), { nil: null })
const aSessionId = fc.constantFrom('one', 'two')

const anEvent: fc.Arbitrary<(now: number) => PresenceEvent> = fc.oneof(
  fc.record({ availability: fc.constantFrom('away', 'busy', 'dnd', 'offline', 'offline'), until, fades: fc.boolean() }).map(
    ({ availability, until: ms, fades }) =>
      (now: number): PresenceEvent => ({
        type: 'availability_set',
        availability: availability as 'away',
        activity: null,
        until: ms === null ? null : now + ms,
        fades,
        alike: null,
      }),
  ),
  fc.record({ text: fc.constantFrom('a', 'b'), until }).map(
    ({ text, until: ms }) =>
      (now: number) =>
        note(text, ms === null ? null : now + ms),
  ),
  fc.constantFrom(ONLINE, WITHDRAWN, { type: 'note_withdrawn', via: null } as const).map((event) => () => event),
  fc.record({ key: fc.constantFrom('call', 'app'), until }).map(
    ({ key, until: ms }) =>
      (now: number): PresenceEvent => ({
        type: 'claim_set',
        key: `${key}:1`,
        class: key as 'call',
        availability: 'busy',
        activity: 'in_a_call',
        note: null,
        since: null,
        until: ms === null ? null : now + ms,
        leaseMs: null,
      }),
  ),
  aSessionId.map(
    (id) =>
      (now: number): PresenceEvent => ({
        type: 'session_opened',
        session: { id, owner: null, app: 'x', platform: 'x', idles: 'both', idle: false, leaseUntil: now + 8 },
      }),
  ),
  aSessionId.map(
    (sessionId) =>
      (now: number): PresenceEvent => ({ type: 'session_idled', sessionId, lastInputAt: now - 1 }),
  ),
  aSessionId.map(
    (sessionId) =>
      (now: number): PresenceEvent => ({ type: 'session_closed', sessionId, seenUntil: now }),
  ),
)

const aMove: fc.Arbitrary<Move> = fc.record({
  after: fc.integer({ min: 1, max: 5 }),
  deed: fc.oneof(
    { weight: 8, arbitrary: fc.record({ does: fc.constant('event' as const), event: anEvent, byRoot: fc.boolean() }) },
    {
      weight: 2,
      arbitrary: fc.record({
        does: fc.constantFrom('allow' as const, 'believe' as const, 'activate' as const),
        on: fc.boolean(),
      }),
    },
  ),
})

/** What may not be done at that moment is not done; history has nothing to say of it. */
async function make(past: Past, { deed }: Move): Promise<void> {
  if ('event' in deed) {
    const event = deed.event(past.now())
    const by = deed.byRoot && !event.type.startsWith('session_') ? ROOT : ANN
    await past.set('ann', by, event).catch((error: unknown) => expect(error).toMatchObject({ name: 'Failure' }))
    return
  }
  if (deed.does === 'allow') return past.changeSetting('invisibleAllowed', deed.on as never)
  if (deed.does === 'believe') return past.changeSetting('declaredOnlineMaxMs', (deed.on ? 6 : 0) as never)
  return past.activate('ann', deed.on)
}
