import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PresenceRecord } from '../../src/core/record.ts'
import { endOfClaim, looksSame, nextDeadline, resolve, stand } from '../../src/core/resolve.ts'
import { type PresenceEvent, transition, transitionAll } from '../../src/core/transition.ts'
import type { Instant, Presence } from '../../src/core/vocabulary.ts'
import { aMoment, aPolicy, aSessionStep, aStep, END_MS_MAX, type Moment, replay, settled, someSteps } from './arbitraries.ts'
import { note as say, set } from './facts.ts'

const RUNS = { numRuns: 400 }

describe('time', () => {
  test('[D1] the answer cannot change between now and the next deadline', () => {
    const holds = fc.property(aMoment, fc.nat(END_MS_MAX), fc.nat(1e6), ({ record, at, policy }, later, offset) => {
      const now = at + later
      const deadline = nextDeadline(record, now, policy)
      const then = now + (deadline === null ? offset : offset % (deadline - now))
      expect(resolve('u', record, then, policy)).toEqual(resolve('u', record, now, policy))
    })
    fc.assert(holds, RUNS)
  })

  test('[D1] deadlines lie ahead, and there is an end to them', () => {
    const holds = fc.property(aMoment, ({ record, at, policy }) => {
      let now = at
      for (let met = 0; met < 30; met++) {
        const next = nextDeadline(record, now, policy)
        if (next === null) return
        expect(next).toBeGreaterThan(now)
        now = next
      }
      throw new Error('deadlines without end')
    })
    fc.assert(holds, RUNS)
  })

  test('[D2] [T6] the order in which claims end does not matter: what remains shows', () => {
    const holds = fc.property(aMoment, fc.nat(2 * END_MS_MAX), ({ record, at, policy }, later) => {
      const now = at + later
      const remain = record.claims.filter((claim) => endOfClaim(claim) > now)
      for (const claims of [remain, remain.toReversed(), record.claims.toReversed()])
        expect(said({ ...record, claims }, now, policy)).toEqual(said(record, now, policy))
    })
    fc.assert(holds, RUNS)
  })

  test('[D2] nor the order in which they are withdrawn', () => {
    const holds = fc.property(aMoment, fc.infiniteStream(fc.nat()), ({ record, at, policy }, dice) => {
      const keys = record.claims.map(({ key }) => key).filter((key) => key.includes(':'))
      const shuffled = keys.map((key) => [dice.next().value ?? 0, key] as const).sort(([one], [other]) => one - other)
      const without = (order: readonly string[]) =>
        order.reduce((left, key) => transition(left, { type: 'claim_withdrawn', key }, NOBODY, at, policy), record)
      const [one, other] = [without(keys), without(shuffled.map(([, key]) => key))]
      expect(said(one, at, policy)).toEqual(said(other, at, policy))
    })
    fc.assert(holds, RUNS)
  })
})

describe('transitions', () => {
  test('[T5] [T10] a write changes a fact, and what changes none is the same record', () => {
    const holds = fc.property(aMoment, aStep, ({ record, at, policy }, { gapMs, event, deed }) => {
      const now = at + gapMs
      const next = transitionAll(record, [settled(event, now)], deed, now, policy)
      if (next === record) return
      expect(next.revision).toBe(record.revision + 1)
      expect(factsOf(next)).not.toEqual(factsOf(record))
    })
    fc.assert(holds, RUNS)
  })

  test('[T5] said twice at one instant is said once, but for a new session, a new declaration, and what has ended already', () => {
    const holds = fc.property(aMoment, aStep, ({ record, at, policy }, { gapMs, event, deed }) => {
      const now = at + gapMs
      const once = transition(record, settled(event, now), deed, now, policy)
      if (event.type === 'session_opened' || event.type === 'online_declared' || ('until' in event && (event.until ?? 1) <= 0))
        return
      expect(transition(once, settled(event, now), deed, now, policy)).toBe(once)
    })
    fc.assert(holds, RUNS)
  })

  test('[T8] what happens to sessions never changes what was claimed', () => {
    const holds = fc.property(aMoment, aSessionStep, ({ record, at, policy }, { gapMs, event, deed }) => {
      const now = at + gapMs
      const next = transition(record, settled(event, now), deed, now, policy)
      const live = record.claims.filter((claim) => endOfClaim(claim) > now)
      if (next !== record) expect(next.claims.map(words)).toEqual(live.map(words))
    })
    fc.assert(holds, RUNS)
  })

  test('[T9] activity never moves back, and never lies ahead', () => {
    const holds = fc.property(someSteps, aPolicy, (steps, policy) => {
      let last: Instant | null = null
      for (const { at, record } of replay(steps, policy)) {
        expect(record.lastActiveAt ?? 0).toBeGreaterThanOrEqual(last ?? 0)
        expect(record.lastActiveAt ?? 0).toBeLessThanOrEqual(at)
        last = record.lastActiveAt
      }
    })
    fc.assert(holds, RUNS)
  })
})

describe('what strangers were shown', () => {
  test('[R9] since is when this answer began, however many deadlines passed unobserved', () => {
    const holds = fc.property(someSteps, aPolicy, (steps, policy) => {
      let began: Presence | null = null
      everyInstant(replay(steps, policy), policy, (now, shown) => {
        if (began?.availability !== shown.availability || began.activity !== shown.activity) began = { ...shown, since: now }
        expect({ now, since: shown.since }).toEqual({ now, since: began.since })
      })
    })
    fc.assert(holds, { numRuns: 150 })
  })

  test('[S2] nothing that strangers saw change is missing from what changed since', () => {
    const holds = fc.property(someSteps, aPolicy, (steps, policy) => {
      let before: Presence | null = null
      everyInstant(replay(steps, policy), policy, (now, shown) => {
        if (before !== null && !looksSame(before, shown)) expect(shown.changedAt).toBe(now)
        if (before !== null) expect(shown.changedAt).toBeGreaterThanOrEqual(before.changedAt)
        expect(shown.changedAt).toBeLessThanOrEqual(now)
        before = shown
      })
    })
    fc.assert(holds, { numRuns: 150 })
  })

  test('[S1] a write is told exactly when strangers see a difference', () => {
    const holds = fc.property(someSteps, aPolicy, (steps, policy) => {
      const moments = replay(steps, policy)
      moments.forEach(({ at, record }, index) => {
        const before = moments[index - 1]
        if (before === undefined || before.record === record) return
        const was: PresenceRecord = { ...before.record, shown: { ...before.record.shown, told: 7 } }
        const step = moments[index]?.step
        const next = step ? transitionAll(was, [settled(step.event, at)], step.deed, at, policy) : record
        const differs = JSON.stringify(faced(was, at, policy)) !== JSON.stringify(faced(next, at, policy))
        expect(next.shown.told).toBe(differs ? null : 7)
      })
    })
    fc.assert(holds, { numRuns: 150 })
  })
})

test('[E1] a client that reads through another door and writes back what it read ruins nothing', () => {
  const coarse = (availability: string) => (availability === 'busy' ? 'dnd' : availability)
  const holds = fc.property(aMoment, fc.constantFrom('one', 'two'), fc.boolean(), ({ record, at, policy }, via, self) => {
    const { claim, noteClaim } = stand(record, at, policy)
    const { availability, note } = resolve('u', record, at, policy).own
    fc.pre(claim !== null && noteClaim !== null && claim.via !== via && noteClaim.via !== via)
    const written = coarse(availability) as typeof availability
    const events: PresenceEvent[] = [
      { ...set(written), alike: (shown) => coarse(shown.availability) === written } as PresenceEvent,
      { ...say(note?.text ?? ''), alike: (shown) => shown.note?.text === note?.text } as PresenceEvent,
    ]
    expect(transitionAll(record, events, { via, by: 'somebody', self }, at, policy)).toBe(record)
  })
  fc.assert(holds, RUNS)
})

const NOBODY = { via: 'one', by: 'somebody', self: false }

/** Every instant from the first moment until all ends have passed, with what strangers see then; where a write is made, before and after it. */
function everyInstant(
  moments: readonly Moment[],
  policy: Parameters<typeof resolve>[3],
  visit: (now: Instant, shown: Presence) => void,
): void {
  moments.forEach(({ at, record }, index) => {
    const until = moments[index + 1]?.at ?? at + END_MS_MAX + 2
    for (let now = at; now <= until; now++) visit(now, resolve('u', record, now, policy).stranger)
  })
}

/** A stranger's view without the two instants that speak of the past. */
function faced(record: PresenceRecord, now: Instant, policy: Parameters<typeof resolve>[3]): Presence {
  return { ...resolve('u', record, now, policy).stranger, since: 0, changedAt: 0 }
}

/** Both views without what they owe to the past. */
function said(record: PresenceRecord, now: Instant, policy: Parameters<typeof resolve>[3]): unknown {
  const { own, stranger } = resolve('u', record, now, policy)
  return [own, stranger].map((view) => ({ ...view, since: 0, changedAt: 0, lastActiveAt: 0 }))
}

const factsOf = ({ claims, sessions, declaredOnline, lastActiveAt }: PresenceRecord) => ({
  claims,
  sessions,
  declaredOnline,
  lastActiveAt,
})

const words = ({ attended: _attended, ...claim }: PresenceRecord['claims'][number]) => claim
