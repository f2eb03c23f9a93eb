import fc from 'fast-check'
import type { Policy } from '../../src/core/policy.ts'
import { classOfKey, emptyRecord, type PresenceRecord } from '../../src/core/record.ts'
import { type Deed, type PresenceEvent, transitionAll } from '../../src/core/transition.ts'
import { ACTIVITIES, AVAILABILITIES, type Instant } from '../../src/core/vocabulary.ts'

/** One thing that happens, so many ms after the one before. Instants inside it are relative to when it happens. */
export interface Step {
  readonly gapMs: number
  readonly deed: Deed
  readonly event: PresenceEvent
}

/** The record from `at` until the next moment. */
export interface Moment {
  readonly at: Instant
  readonly step: Step | null
  readonly record: PresenceRecord
}

/** Ends lie within this many ms of when they are said: time runs out within a test's reach. */
export const END_MS_MAX = 80

const aPlace = fc.constantFrom('a', 'b', 'c')
const aDoor = fc.constantFrom('one', 'two')
const words = fc.record({ text: fc.constantFrom('', 'tea', 'lunch'), emoji: fc.constantFrom('', 'x') })
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null })
const anEnd = fc.integer({ min: -3, max: END_MS_MAX })
const aLease = fc.integer({ min: 1, max: END_MS_MAX })
const anOwner = fc.record({ node: aPlace, incarnation: fc.constant(1) })
const anAvailability = fc.constantFrom(...AVAILABILITIES)
const alike = fc.constantFrom(
  null,
  () => true,
  () => false,
)
const event = <Type extends PresenceEvent['type']>(
  type: Type,
  says: { [Name in keyof Omit<Extract<PresenceEvent, { type: Type }>, 'type'>]: fc.Arbitrary<unknown> },
): fc.Arbitrary<PresenceEvent> => fc.record<object>({ type: fc.constant(type), ...says }) as fc.Arbitrary<PresenceEvent>

const aClaimEvent = fc.constantFrom('call:1', 'app:1', 'app:2', 'calendar:1', 'schedule:1').chain((key) =>
  event('claim_set', {
    key: fc.constant(key),
    class: fc.constant(classOfKey(key)),
    availability: maybe(anAvailability),
    activity: maybe(fc.constantFrom(...ACTIVITIES)),
    note: maybe(words),
    since: maybe(fc.integer({ min: -3, max: 0 })),
    until: maybe(anEnd),
    leaseMs: maybe(fc.constant(50)),
  }),
)

const anAvailabilityEvent = event('availability_set', {
  availability: anAvailability,
  activity: maybe(fc.constantFrom(...ACTIVITIES)),
  until: maybe(anEnd),
  fades: fc.boolean(),
  alike,
})

/** What people and applications state. */
const statements = [
  anAvailabilityEvent,
  event('online_declared', { alike }),
  event('availability_withdrawn', { alike }),
  event('note_set', { words, until: maybe(anEnd), alike }),
  event('note_withdrawn', { via: maybe(aDoor) }),
  aClaimEvent,
  event('claim_withdrawn', { key: fc.constantFrom('call:1', 'app:1', 'app:2', 'calendar:1', 'schedule:1') }),
  event('claim_kept', { key: fc.constantFrom('call:1', 'app:1', 'app:2', 'calendar:1', 'schedule:1') }),
]

const aNewSession = fc.record({
  id: aPlace,
  app: fc.constant('app'),
  platform: fc.constant('platform'),
  idles: fc.constantFrom('told', 'timed', 'both'),
  idle: fc.boolean(),
})

/** What merely happens to sessions. */
const happenings = [
  event('session_opened', {
    session: fc
      .tuple(aNewSession, maybe(anOwner), aLease)
      .map(([session, owner, lease]) => ({ ...session, owner, leaseUntil: owner === null ? lease : null })),
  }),
  event('session_adopted', { sessionId: aPlace, owner: maybe(anOwner), leaseUntil: maybe(aLease) }),
  event('session_idled', { sessionId: aPlace, lastInputAt: fc.integer({ min: -20, max: 2 }) }),
  event('session_resumed', { sessionId: aPlace }),
  event('session_renewed', { sessionId: aPlace, leaseUntil: aLease }),
  event('session_closed', { sessionId: aPlace, seenUntil: fc.integer({ min: -20, max: 2 }) }),
]

const aStepOf = (events: readonly fc.Arbitrary<PresenceEvent>[]): fc.Arbitrary<Step> =>
  fc.record({
    gapMs: fc.integer({ min: 1, max: 30 }),
    deed: fc.record({ via: aDoor, by: fc.constantFrom('user', 'somebody'), self: fc.boolean() }),
    event: fc.oneof(...events),
  })

export const aStep = aStepOf([...statements, ...happenings])
export const aSessionStep = aStepOf(happenings)

/** What a user may do without coming out of hiding: sessions, notes, and an application's claims without words. */
export const someUnseenSteps = fc.array(
  aStepOf([
    ...happenings,
    event('note_set', { words, until: maybe(anEnd), alike: fc.constant(null) }),
    event('note_withdrawn', { via: maybe(aDoor) }),
    event('claim_set', {
      key: fc.constant('call:unseen'),
      class: fc.constant('call'),
      availability: anAvailability,
      activity: maybe(fc.constantFrom(...ACTIVITIES)),
      note: fc.constant(null),
      since: fc.constant(null),
      until: maybe(anEnd),
      leaseMs: fc.constant(null),
    }),
    event('availability_set', {
      availability: fc.constant('offline'),
      activity: fc.constant(null),
      until: fc.constant(500),
      fades: fc.boolean(),
      alike: fc.constant(null),
    }),
  ]),
  { maxLength: 10 },
)

export const someSteps = fc.array(aStep, { maxLength: 16 })

export const aPolicy: fc.Arbitrary<Policy> = fc.record({
  declaredOnlineMaxMs: fc.constantFrom(0, 20, 70),
  invisibleAllowed: fc.constantFrom(true, true, true, false),
  deactivated: fc.constantFrom(false, false, false, false, true),
  since: fc.constant(0),
})

/** What was known after each step; the first moment is that of a user about whom nothing was said. */
export function replay(steps: readonly Step[], policy: Policy, from: Moment = beginning()): Moment[] {
  const moments = [from]
  for (const step of steps) {
    const { at, record } = moments.at(-1) ?? from
    const now = at + step.gapMs
    moments.push({ at: now, step, record: transitionAll(record, [settled(step.event, now)], step.deed, now, policy) })
  }
  return moments
}

export const beginning = (): Moment => ({ at: 0, step: null, record: emptyRecord(0) })

export const lastOf = (moments: readonly Moment[]): Moment => moments.at(-1) ?? beginning()

/** A record that some history led to, and when. */
export const aMoment: fc.Arbitrary<Moment & { readonly policy: Policy }> = fc
  .tuple(someSteps, aPolicy)
  .map(([steps, policy]) => ({ ...lastOf(replay(steps, policy)), policy }))

/** An event with its relative instants made absolute. */
export function settled(said: PresenceEvent, now: Instant): PresenceEvent {
  const moved = Object.entries(said).map(([name, value]) => {
    if (typeof value === 'number' && name !== 'leaseMs') return [name, now + value]
    if (name !== 'session') return [name, value]
    return [name, { ...value, leaseUntil: value.leaseUntil === null ? null : now + value.leaseUntil }]
  })
  return Object.fromEntries(moved)
}
