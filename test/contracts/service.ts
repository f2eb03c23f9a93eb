import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Attendance, PresenceCommands, PresenceView } from '../../src/core/service.ts'
import type { PresenceEvent } from '../../src/core/transition.ts'
import type { Instant, ShownPresence, UserId } from '../../src/core/vocabulary.ts'
import { toldOf } from '../presence.ts'
import { availability, claim, note } from './events.ts'

/** What one user has of the service, in the process or from afar. */
export interface Seat {
  readonly userId: UserId
  readonly view: Omit<PresenceView<ShownPresence>, 'changedAfter'>
  readonly commands: Omit<PresenceCommands<ShownPresence>, 'attend'> & {
    attend(attendance: Attendance): ReturnType<PresenceCommands['attend']>
  }
  /** Resolves once what is watched can be read. */
  ready(): Promise<void>
}

export interface ServiceUnderTest {
  /** A new user, who may set nobody else's presence. */
  newcomer(): Promise<Seat>
  /** The user is no more. */
  remove(userId: UserId): Promise<void>
  now(): Instant
  close(): Promise<void>
}

const HOUR_MS = 3_600_000

/** What every implementation of the service promises, in the process or from afar: reads, commands, being told. */
export function serviceContract(name: string, open: () => Promise<ServiceUnderTest>): void {
  describe(`${name} is the service:`, () => {
    let under: ServiceUnderTest
    beforeAll(async () => {
      under = await open()
    })
    afterAll(() => under.close())

    test('[X1] what a change answers is what is read, and what the others are told', async () => {
      const [anna, bob] = [await watching(under), await watching(under)]
      bob.watch.add([anna.userId])
      anna.watch.add([anna.userId])
      await Promise.all([anna.ready(), bob.ready()])
      expect(bob.view.get(anna.userId)).toMatchObject({ availability: 'offline', source: 'none', manual: false })
      const until = under.now() + HOUR_MS
      const said = [
        [availability('busy'), { availability: 'busy', manual: true, source: 'manual', until: null }],
        [availability('dnd', until, 'focusing'), { availability: 'dnd', activity: 'focusing', until, nextChangeAt: until }],
        [note('at lunch'), { availability: 'dnd', note: { text: 'at lunch', emoji: 'wave', until: null } }],
        [note('back soon', until), { note: { text: 'back soon', emoji: 'wave', until } }],
        [
          { type: 'note_withdrawn', via: null },
          { availability: 'dnd', note: null },
        ],
        [claim('call:1', 'busy'), { availability: 'busy', activity: 'in_a_call', source: 'call', manual: false }],
        [
          { type: 'claim_withdrawn', key: 'call:1' },
          { availability: 'dnd', source: 'manual' },
        ],
        [
          { type: 'availability_withdrawn', alike: null },
          { availability: 'offline', source: 'none' },
        ],
        [
          { type: 'online_declared', alike: null },
          { availability: 'online', source: 'declared' },
        ],
      ] as const satisfies readonly (readonly [PresenceEvent, Partial<ShownPresence>])[]
      for (const [event, shown] of said) {
        const answered = await anna.commands.change(anna.userId, [event])
        expect(answered).toMatchObject(shown)
        await vi.waitFor(() => expect(shownOf(bob.view.get(anna.userId))).toEqual(shownOf(answered)))
        await vi.waitFor(() => expect(shownOf(anna.view.get(anna.userId))).toEqual(shownOf(answered)))
        expect(bob.heard.at(-1)).toBe(bob.view.get(anna.userId))
      }
    })

    test('[X1] several events of one change are all in what it answers', async () => {
      const anna = await under.newcomer()
      const answered = await anna.commands.change(anna.userId, [availability('away'), note('gone')])
      expect(answered).toMatchObject({ availability: 'away', note: { text: 'gone' } })
    })

    test('[X1] reads are in the order asked, and of nobody null', async () => {
      const [anna, bob] = [await under.newcomer(), await watching(under)]
      bob.watch.add([anna.userId, bob.userId])
      await bob.ready()
      const [one, none, other] = bob.view.many([bob.userId, 'nobody at all', anna.userId])
      expect([one?.userId, none, other?.userId]).toEqual([bob.userId, null, anna.userId])
      expect(bob.view.get('nobody at all')).toBeNull()
    })

    test('[X1, R7] who hides is offline to the others, and knows it', async () => {
      const [anna, bob] = [await watching(under), await watching(under)]
      bob.watch.add([anna.userId])
      anna.watch.add([anna.userId])
      await Promise.all([anna.ready(), bob.ready()])
      await anna.commands.change(anna.userId, [availability('busy')])
      expect(await anna.commands.change(anna.userId, [availability('offline')])).toMatchObject({ source: 'manual', manual: true })
      await vi.waitFor(() => expect(bob.view.get(anna.userId)).toMatchObject({ availability: 'offline', source: 'none' }))
      await vi.waitFor(() => expect(anna.view.get(anna.userId)).toMatchObject({ availability: 'offline', source: 'manual' }))
    })

    test.each<[string, (seat: Seat, now: Instant) => Promise<unknown>, object]>([
      [
        'an end in the past',
        ({ commands, userId }) => commands.change(userId, [availability('busy', 1)]),
        { code: 'invalid', reason: 'end_in_past', field: 'until' },
      ],
      [
        'a note that is too long',
        ({ commands, userId }) => commands.change(userId, [note('x'.repeat(2_000))]),
        { code: 'invalid', reason: 'note_too_long' },
      ],
      [
        'a session that is none',
        ({ commands }) => commands.heartbeat('none', {}),
        { code: 'not_found', reason: 'no_such_session' },
      ],
      [
        'a claim that is none',
        ({ commands, userId }) => commands.keepClaim(userId, 'call:none'),
        { code: 'not_found', reason: 'no_such_claim' },
      ],
    ])('[X2] %s is the same failure, near and far', async (_what, ask, failure) => {
      const seat = await under.newcomer()
      await expect(ask(seat, under.now())).rejects.toMatchObject({ name: 'Failure', ...failure })
    })

    test("[X2] another's presence is not for everybody to set or to have explained", async () => {
      const [anna, bob] = [await under.newcomer(), await under.newcomer()]
      const refused = { name: 'Failure', code: 'forbidden', reason: 'permission_missing' }
      await expect(bob.commands.change(anna.userId, [availability('busy')])).rejects.toMatchObject(refused)
      await expect(bob.commands.explain(anna.userId)).rejects.toMatchObject(refused)
    })

    test('[X1] an explanation and the list of claims name every claim', async () => {
      const { commands, userId } = await under.newcomer()
      await commands.change(userId, [availability('away'), claim('call:7', 'busy')])
      const { presence, sentence, facts } = await commands.explain(userId)
      expect(presence).toMatchObject({ userId, availability: 'busy' })
      expect(sentence).toMatch(/busy/)
      expect(facts.map(({ id }) => id)).toEqual(expect.arrayContaining(['manual', 'call:7']))
      expect(Number.isSafeInteger(facts[0]?.since)).toBe(true)
      const claims = await commands.claims(userId)
      expect(claims.map(({ key }) => key).toSorted()).toEqual(['call:7', 'manual'])
      expect(claims[0]).toMatchObject({ note: null, until: null, leaseMs: null })
    })

    test('[X3] who attends is online, away when idle, and gone with a goodbye', async () => {
      const [anna, bob] = [await under.newcomer(), await watching(under)]
      bob.watch.add([anna.userId])
      await bob.ready()
      const seen = (said: string) => vi.waitFor(() => expect(bob.view.get(anna.userId)?.availability).toBe(said), 5_000)
      const session = anna.commands.attend({ ...WEB, connectionId: `of ${anna.userId}` })
      await seen('online')
      await vi.waitFor(() => expect(session.sessionId).not.toBe(''))
      session.idle(under.now() - 1_000)
      await seen('away')
      session.active()
      await seen('online')
      session.leave()
      await seen('offline')
    })

    test('[X3] heartbeats keep a session until it is closed', async () => {
      const { commands, userId } = await under.newcomer()
      const { sessionId, leaseUntil } = await commands.openSession({ app: 'test', platform: 'test', idle: false })
      expect(leaseUntil).toBeGreaterThan(under.now())
      expect((await commands.change(userId, [])).availability).toBe('online')
      expect(await commands.heartbeat(sessionId, { idle: true })).toEqual({ sessionId, leaseUntil })
      expect((await commands.change(userId, [])).availability).toBe('away')
      await commands.closeSession(sessionId)
      expect((await commands.change(userId, [])).availability).toBe('offline')
    })

    test('[X4, C1, W1] changes laid over a snapshot, by polling or by being told, are the present snapshot', async () => {
      const bob = await watching(under)
      const users = await Promise.all([under.newcomer(), under.newcomer(), under.newcomer()])
      bob.watch.add(users.map(({ userId }) => userId))
      await bob.ready()
      const laid = new Map(presencesOf(bob, users))
      bob.heard.length = 0
      const polled = new Map(laid)
      let { cursor } = bob.view.changesSince(null)
      await fc.assert(
        fc.asyncProperty(fc.array(aDeed, { maxLength: 6 }), async (deeds) => {
          await Promise.all(deeds.map(async ({ who, event }) => users[who]?.commands.change(users[who].userId, [event])))
          const wanted = await Promise.all(
            users.map(async ({ userId, commands }) => [userId, shownOf(await commands.change(userId, []))] as const),
          )
          await vi.waitFor(() => expect(presencesOf(bob, users)).toEqual(wanted), 5_000)
          for (const presence of bob.heard.splice(0)) laid.set(presence.userId, shownOf(presence))
          const changes = bob.view.changesSince(cursor)
          for (const presence of changes.presences) polled.set(presence.userId, shownOf(presence))
          cursor = changes.cursor
          for (const [userId, presence] of wanted) expect([laid.get(userId), polled.get(userId)]).toEqual([presence, presence])
        }),
        { numRuns: 15 },
      )
    })

    test('[X4] everyone who is and who will be is told of, and who is no more', async () => {
      const bob = await watching(under)
      bob.watch.everyone(true)
      await bob.ready()
      const { cursor } = bob.view.changesSince(null)
      const anna = await under.newcomer()
      await anna.commands.change(anna.userId, [availability('busy')])
      await vi.waitFor(() => expect(bob.heard.at(-1)).toMatchObject({ userId: anna.userId, availability: 'busy' }))
      expect([...bob.view.everyone()].map(({ userId }) => userId)).toContain(anna.userId)
      expect(bob.view.changesSince(cursor).presences.map(({ userId }) => userId)).toContain(anna.userId)
      await under.remove(anna.userId)
      await vi.waitFor(() => expect(bob.gone).toEqual([anna.userId]))
      expect(bob.view.get(anna.userId)).toBeNull()
      expect(bob.view.changesSince(cursor).removed).toContain(anna.userId)
    })

    test('[X4] who is not watched any more is not told of, and a watch that stopped hears nothing', async () => {
      const [anna, bob] = [await under.newcomer(), await watching(under)]
      const other = listen(bob)
      bob.watch.add([anna.userId])
      other.watch.add([anna.userId])
      await bob.ready()
      bob.watch.remove([anna.userId])
      bob.heard.length = 0
      await anna.commands.change(anna.userId, [availability('busy')])
      await vi.waitFor(() => expect(other.heard.at(-1)?.availability).toBe('busy'))
      other.watch.stop()
      await anna.commands.change(anna.userId, [availability('away')])
      other.watch.stop()
      expect([bob.heard, other.heard.at(-1)?.availability]).toEqual([[], 'busy'])
    })
  })
}

const WEB = { app: 'test', platform: 'web', idles: 'both', resumes: null } as const

const aDeed = fc.record({
  who: fc.integer({ min: 0, max: 2 }),
  event: fc.oneof(
    fc.constantFrom('away' as const, 'busy' as const, 'dnd' as const).map((said) => availability(said)),
    fc.constantFrom('one', 'two').map((text) => note(text)),
    fc.constant<PresenceEvent>({ type: 'note_withdrawn', via: null }),
    fc.constant<PresenceEvent>({ type: 'availability_withdrawn', alike: null }),
  ),
})

async function watching(under: ServiceUnderTest) {
  const seat = await under.newcomer()
  return { ...seat, ...listen(seat) }
}

function listen({ view }: Pick<Seat, 'view'>) {
  const heard: ShownPresence[] = []
  const gone: UserId[] = []
  const watch = view.watch({ told: (presence) => void heard.push(presence), gone: (userId) => void gone.push(userId) })
  return { heard, gone, watch }
}

const presencesOf = ({ view }: Pick<Seat, 'view'>, users: readonly Seat[]) =>
  users.map(({ userId }) => [userId, shownOf(view.get(userId))] as const)

/** What a wire tells; all but one's own hidden presence is the same for everybody. */
const shownOf = (presence: ShownPresence | null) => (presence === null ? null : toldOf(presence))
