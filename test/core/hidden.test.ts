import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Policy } from '../../src/core/policy.ts'
import { MANUAL, type PresenceRecord } from '../../src/core/record.ts'
import { resolve } from '../../src/core/resolve.ts'
import { transition } from '../../src/core/transition.ts'
import type { Instant } from '../../src/core/vocabulary.ts'
import { aPolicy, END_MS_MAX, lastOf, replay, someSteps, someUnseenSteps } from './arbitraries.ts'
import { aClaim, claim, close, note, OTHERS, OWN, online, open, own, POLICY, recordAfter, seen, set, withdraw } from './facts.ts'

describe('hidden equals offline', () => {
  const aHiding = fc.record({
    until: fc.option(fc.integer({ min: 1, max: 60 }), { nil: null }),
    fades: fc.boolean(),
    self: fc.boolean(),
  })
  const permissive = aPolicy.map((policy) => ({ ...policy, invisibleAllowed: true, deactivated: false }))

  test('[H1] [H2] [R7] byte for byte, whatever the hidden user does unseen', () => {
    const holds = fc.property(
      someSteps,
      permissive,
      aHiding,
      someUnseenSteps,
      (steps, policy, { until, fades, self }, unseen) => {
        const { at, record } = lastOf(replay(steps, policy))
        const now = at + 1
        const was = resolve('u', record, now, policy).stranger
        fc.pre(was.availability !== 'offline')
        const ends = until === null ? null : now + until
        const hidden = transition(record, set('offline', ends, fades), { ...OWN, self }, now, policy)
        const gone = reallyGone(record, now, policy)
        const both = [
          replay(unseen, policy, { at: now, step: null, record: hidden }),
          replay(
            unseen.map((step) => ({ ...step, event: withoutDeeds(step.event), deed: { ...step.deed, self: false } })),
            policy,
            { at: now, step: null, record: gone },
          ),
        ]
        const end = Math.min(ends ?? Number.POSITIVE_INFINITY, lastOf(both[0] ?? []).at + END_MS_MAX + 2)
        for (let then = now; then < end; then++) {
          const [mine, theirs] = both.map((moments) => moments.findLast((moment) => moment.at <= then)?.record ?? gone)
          if (mine && theirs) expect(bytes(mine, then, policy)).toBe(bytes(theirs, then, policy))
        }
      },
    )
    fc.assert(holds, { numRuns: 200 })
  })

  test('[H2] what is done unseen is not told, a changed note is', () => {
    const hidden = {
      ...recordAfter([
        [1, open('a')],
        [2, set('offline')],
      ]),
    }
    const told = { ...hidden, shown: { ...hidden.shown, told: 7 } }
    for (const event of [
      open('b'),
      close('a', 4),
      set('offline', 90),
      { type: 'session_idled', sessionId: 'a', lastInputAt: 3 } as const,
    ]) {
      const next = transition(told, event, OWN, 5, POLICY)
      expect(next).not.toBe(told)
      expect(next.shown).toMatchObject({ told: 7, since: 2, changedAt: 2 })
    }
    expect(transition(told, note('n'), OWN, 5, POLICY).shown).toMatchObject({
      told: null,
      since: 2,
      changedAt: 5,
      lastActiveAt: 1,
    })
  })

  test('[H1] the last activity is shown as it stood, until the user is seen again', () => {
    const hidden = recordAfter([
      [1, open('a')],
      [5, set('offline')],
      [9, close('a', 8)],
    ])
    expect([seen(hidden, 10).lastActiveAt, own(hidden, 10).lastActiveAt]).toEqual([1, 8])
    expect(seen(recordAfter([[11, withdraw, OTHERS]], hidden), 11).lastActiveAt).toBe(8)
    expect(seen(recordAfter([[11, online]], hidden), 11)).toMatchObject({ lastActiveAt: 11, availability: 'online', since: 11 })
  })

  test('[H1] [R8] whoever is deactivated while hidden is not seen by that', () => {
    const hidden = recordAfter([
      [1, open('a')],
      [5, set('offline')],
      [9, close('a', 8)],
    ])
    const deactivated = { ...POLICY, deactivated: true }
    const { own: mine, stranger } = resolve('u', hidden, 10, deactivated)
    expect(stranger).toMatchObject({ availability: 'offline', source: 'none', lastActiveAt: 1, since: 5 })
    expect(mine).toMatchObject({ availability: 'offline', source: 'none', lastActiveAt: 8 })
  })

  test('[S2] [R8] when the hiding of a deactivated user ends, what strangers see of it is a change of that instant', () => {
    const hidden = recordAfter([
      [1, open('a')],
      [5, set('offline', 20)],
      [9, close('a', 8)],
    ])
    const at = (now: Instant) => resolve('u', hidden, now, { ...POLICY, deactivated: true }).stranger
    expect([at(19), at(20)]).toMatchObject([
      { lastActiveAt: 1, changedAt: 5 },
      { lastActiveAt: 8, changedAt: 20 },
    ])
  })

  test('[S2] when a hidden user’s note ends and another source says the same, strangers are told of the source', () => {
    const lunch = { text: 'lunch', emoji: '' }
    const hidden = recordAfter([
      [1, claim('app:1', { note: lunch, leaseMs: 19 })],
      [2, claim('calendar:1', { note: lunch })],
      [5, set('offline')],
    ])
    const [before, after] = [seen(hidden, 19), seen(hidden, 20)]
    expect(after.noteSource).not.toBe(before.noteSource)
    expect(after.changedAt).toBe(20)
  })

  test('[H1] [R9] hiding while offline moves nothing, and showing oneself again starts a new answer', () => {
    const offline = recordAfter([
      [1, open('a')],
      [5, close('a', 5)],
    ])
    const hidden = recordAfter([[9, set('offline')]], offline)
    expect(JSON.stringify(seen(hidden, 10))).toBe(JSON.stringify(seen(offline, 10)))
    expect(seen(recordAfter([[20, set('busy')]], hidden), 20).since).toBe(20)
  })

  test('[H3] the user sees the choice, its end and the real sessions', () => {
    const hidden = recordAfter([
      [1, open('a')],
      [5, set('offline', 90)],
    ])
    expect(own(hidden, 6)).toMatchObject({
      availability: 'offline',
      source: 'manual',
      manual: true,
      until: 90,
      nextChangeAt: 90,
      lastActiveAt: 5,
      connected: 'online',
    })
    expect(seen(hidden, 6)).toMatchObject({
      source: 'none',
      manual: false,
      until: null,
      nextChangeAt: null,
      lastActiveAt: 1,
      connected: 'offline',
    })
  })
})

/** The same user with the same past, from now on without session, declaration or any claim to an availability. */
function reallyGone(record: PresenceRecord, now: Instant, policy: Policy): PresenceRecord {
  const { availability, activity } = resolve('u', record, now, policy).stranger
  const notes = record.claims
    .filter(({ note: said }) => said !== null)
    .map((claim) => ({ ...claim, availability: null, activity: null }))
  const last = aClaim(MANUAL, { availability, activity })
  return transition({ ...record, sessions: [], declaredOnline: null, claims: [...notes, last] }, withdraw, OTHERS, now, policy)
}

/** Of what a hidden user does, only notes are known outside; anything else changes nothing here. */
function withoutDeeds(event: Parameters<typeof transition>[1]): Parameters<typeof transition>[1] {
  return event.type === 'note_set' || event.type === 'note_withdrawn' ? event : { type: 'claim_withdrawn', key: 'app:none' }
}

const bytes = (record: PresenceRecord, now: Instant, policy: Policy): string =>
  JSON.stringify(resolve('u', record, now, policy).stranger)
