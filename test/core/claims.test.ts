import { describe, expect, test } from 'vitest'
import type { PresenceRecord } from '../../src/core/record.ts'
import { AVAILABILITIES, type Instant } from '../../src/core/vocabulary.ts'
import { claim, close, note, OTHERS, online, open, own, POLICY, recordAfter, type Said, seen, set, withdraw } from './facts.ts'

const keys = (record: PresenceRecord): string[] => record.claims.map(({ key }) => key).sort()

describe('availability', () => {
  test.each<[string, Said[], string[], string]>([
    [
      'standing replaces both',
      [
        [1, set('busy')],
        [2, set('dnd', 100)],
        [3, set('away')],
      ],
      ['manual'],
      'away',
    ],
    [
      'timed leaves the standing one',
      [
        [1, set('busy')],
        [2, set('dnd', 100)],
      ],
      ['manual', 'manual-timed'],
      'dnd',
    ],
    [
      'timed replaces timed',
      [
        [1, set('busy', 50)],
        [2, set('dnd', 100)],
      ],
      ['manual-timed'],
      'dnd',
    ],
    [
      'timed over an explicit offline',
      [
        [1, set('offline')],
        [2, set('dnd', 100)],
      ],
      ['manual', 'manual-timed'],
      'dnd',
    ],
    [
      'withdrawing takes both',
      [
        [1, set('busy')],
        [2, set('dnd', 100)],
        [3, withdraw],
      ],
      [],
      'offline',
    ],
  ])('[T1] %s', (_name, said, left, availability) => {
    expect(keys(recordAfter(said))).toEqual(left)
    expect(seen(recordAfter(said), 10).availability).toBe(availability)
  })

  test.each(AVAILABILITIES)('[T1] [T6] after a timed one ends, %s that stood before shows again', (before) => {
    const record = recordAfter([
      [1, set(before)],
      [2, set('dnd', 100)],
    ])
    expect(own(record, 99).availability).toBe('dnd')
    expect(own(record, 100)).toMatchObject({ availability: before, until: null, source: 'manual' })
  })

  test('[T1] [T6] an end that has passed already ends at once', () => {
    expect(
      own(
        recordAfter([
          [1, set('away')],
          [50, set('dnd', 40)],
        ]),
        50,
      ).availability,
    ).toBe('away')
  })
})

describe('declaring online', () => {
  const LOWER = ['app:1', 'calendar:1', 'schedule:1'] as const

  test('[T2] withdraws both manual availabilities, keeps notes, and holds without a session', () => {
    const record = recordAfter([
      [1, set('busy')],
      [2, set('dnd', 100)],
      [3, note('n')],
      [4, online],
    ])
    expect(keys(record)).toEqual(['note'])
    expect(own(record, 5)).toMatchObject({ availability: 'online', source: 'declared', note: { text: 'n' } })
  })

  test.each(LOWER)('[T2] dismisses %s with its note', (key) => {
    const record = recordAfter([
      [1, claim(key, { availability: 'busy', note: { text: 'n', emoji: '' } })],
      [2, online],
    ])
    expect(own(record, 3)).toMatchObject({ availability: 'online', note: null })
  })

  test('[T2] leaves calls, and claims that are only a note', () => {
    const record = recordAfter([
      [1, claim('call:1', { availability: 'dnd' })],
      [2, claim('app:1', { note: { text: 'n', emoji: '' } })],
      [3, online],
    ])
    expect(own(record, 4)).toMatchObject({ availability: 'dnd', source: 'call', note: { text: 'n' } })
  })

  const dismissed = recordAfter([
    [1, claim('app:1', { availability: 'busy', activity: 'focusing', until: 100, since: 0 })],
    [2, online],
  ])
  const again = { availability: 'busy', activity: 'focusing', until: 100 } as const
  test.each<[string, Parameters<typeof claim>[1], Instant, boolean]>([
    ['another availability renews', { ...again, availability: 'dnd' }, 3, true],
    ['another activity renews', { ...again, activity: 'in_a_meeting' }, 3, true],
    ['another beginning renews', { ...again, since: 3 }, 3, true],
    ['having ended renews', { ...again, until: 300 }, 100, true],
    ['the identical statement does not', again, 3, false],
    ['the same beginning does not', { ...again, since: 0 }, 3, false],
    ['a later end does not', { ...again, until: 200 }, 3, false],
    ['another note does not', { ...again, note: { text: 'x', emoji: '' } }, 3, false],
    ['a heartbeat does not', { ...again, until: 103, leaseMs: 100 }, 3, false],
  ])('[T2] %s a dismissed claim', (_name, says, at, renewed) => {
    expect(own(recordAfter([[at, claim('app:1', says)]], dismissed), at).source).toBe(renewed ? 'app' : 'declared')
  })

  test('[T2] [T9] makes idle sessions active when the user says it, not when another does', () => {
    const idle = recordAfter([
      [1, open('a', { idle: true })],
      [2, open('b', { idle: true })],
    ])
    const mine = recordAfter([[3, online]], idle)
    expect(mine.sessions.every((session) => !session.idle)).toBe(true)
    expect(own(mine, 3)).toMatchObject({ availability: 'online', source: 'session', lastActiveAt: 3 })
    const theirs = recordAfter([[3, online, OTHERS]], idle)
    expect(own(theirs, 3)).toMatchObject({ availability: 'away', lastActiveAt: idle.lastActiveAt })
  })

  test('[T2] [R4] saying it again renews its time', () => {
    const once = recordAfter([[0, online]])
    const twice = recordAfter([[POLICY.declaredOnlineMaxMs - 1, online]], once)
    expect(own(once, POLICY.declaredOnlineMaxMs).availability).toBe('offline')
    expect(own(twice, POLICY.declaredOnlineMaxMs).availability).toBe('online')
  })

  test.each<[string, Said[], string]>([
    [
      'seen after it: dropped',
      [
        [1, open('a')],
        [2, online],
        [9, close('a', 5)],
      ],
      'offline',
    ],
    [
      'seen at its instant: dropped',
      [
        [1, open('a')],
        [2, online],
        [9, close('a', 2)],
      ],
      'offline',
    ],
    [
      'last seen before it: kept',
      [
        [1, open('a')],
        [5, online],
        [9, close('a', 4)],
      ],
      'online',
    ],
    [
      'not the last session: kept',
      [
        [1, open('a')],
        [2, open('b')],
        [3, online],
        [9, close('a', 9)],
      ],
      'online',
    ],
    [
      'the last of two: dropped',
      [
        [1, open('a')],
        [2, open('b')],
        [3, online],
        [8, close('a', 8)],
        [9, close('b', 9)],
      ],
      'offline',
    ],
    [
      'declared after the end: kept',
      [
        [1, open('a')],
        [8, close('a', 8)],
        [9, online],
      ],
      'online',
    ],
    [
      'a lease that ran out after it: dropped',
      [
        [1, open('a', { owner: null, leaseUntil: 9 })],
        [2, online],
      ],
      'offline',
    ],
    [
      'a lease that ran out, then a write: dropped',
      [
        [1, open('a', { owner: null, leaseUntil: 9 })],
        [2, online],
        [9, note('n')],
      ],
      'offline',
    ],
    [
      'a lease that ran out before it: kept',
      [
        [1, open('a', { owner: null, leaseUntil: 4 })],
        [5, online],
        [6, note('n')],
      ],
      'online',
    ],
  ])('[T3] a declaration when a session ends, %s', (_name, said, availability) => {
    expect(own(recordAfter(said), 10).availability).toBe(availability)
  })
})

describe('notes', () => {
  test.each<[string, Said[], string | null, string | null]>([
    [
      'timed over standing',
      [
        [1, note('a')],
        [2, note('b', 100)],
      ],
      'b',
      'a',
    ],
    [
      'standing replaces both',
      [
        [1, note('a')],
        [2, note('b', 100)],
        [3, note('c')],
      ],
      'c',
      'c',
    ],
    [
      'timed replaces timed',
      [
        [1, note('b', 90)],
        [2, note('c', 100)],
      ],
      'c',
      null,
    ],
    [
      'withdrawing takes both',
      [
        [1, note('a')],
        [2, note('b', 100)],
        [3, { type: 'note_withdrawn', via: null }],
      ],
      null,
      null,
    ],
    [
      'withdrawn through its own door',
      [
        [1, note('a')],
        [3, { type: 'note_withdrawn', via: 'one' }],
      ],
      null,
      null,
    ],
    [
      'not withdrawn through another',
      [
        [1, note('a')],
        [3, { type: 'note_withdrawn', via: 'two' }],
      ],
      'a',
      'a',
    ],
    [
      'what shows decides',
      [
        [1, note('a')],
        [2, note('b', 100), OTHERS],
        [3, { type: 'note_withdrawn', via: 'two' }],
      ],
      null,
      null,
    ],
  ])('[T4] %s', (_name, said, now, later) => {
    const record = recordAfter(said)
    expect(seen(record, 50).note?.text ?? null).toBe(now)
    expect(seen(record, 100).note?.text ?? null).toBe(later)
  })
})

describe('claims under keys', () => {
  const two = recordAfter([
    [1, claim('app:1', { availability: 'busy' })],
    [2, claim('app:2', { availability: 'dnd' })],
  ])

  test('[T11] restating keeps rank and beginning, renewing takes a new one', () => {
    const restated = recordAfter([[3, claim('app:1', { availability: 'busy', until: 100 })]], two)
    expect(own(restated, 4)).toMatchObject({ availability: 'dnd' })
    expect(restated.claims.find(({ key }) => key === 'app:1')).toMatchObject({ since: 1, made: 1, until: 100 })
    const renewed = recordAfter([[3, claim('app:1', { availability: 'away' })]], two)
    expect(own(renewed, 4)).toMatchObject({ availability: 'away' })
    expect(renewed.claims.find(({ key }) => key === 'app:1')).toMatchObject({ since: 3, made: 3 })
  })

  test('[T11] a stated beginning is kept', () => {
    expect(recordAfter([[9, claim('calendar:1', { availability: 'busy', since: 4 })]]).claims[0]?.since).toBe(4)
  })
})

describe('lease', () => {
  const said = { availability: 'busy', leaseMs: 100 } as const
  const made = recordAfter([[10, claim('call:1', said)]])
  const beat = { type: 'claim_kept', key: 'call:1' } as const

  test('[T12] a claim nobody keeps is over at the end of its lease, which is shown to nobody as an end', () => {
    expect(own(made, 109)).toMatchObject({ availability: 'busy', until: null, nextChangeAt: null })
    expect(own(made, 110)).toMatchObject({ availability: 'offline', since: 110 })
    expect(recordAfter([[110, beat]], made)).toBe(made)
  })

  test.each([
    ['a heartbeat', beat],
    ['saying the same again', claim('call:1', said)],
  ])('[T12] [T2] %s is written once less than half of the lease remains, and told to nobody', (_, event) => {
    expect(recordAfter([[60, event]], made)).toBe(made)
    const kept = recordAfter([[61, event]], made)
    expect(kept.claims).toEqual([{ ...made.claims[0], leaseUntil: 161 }])
    expect(kept.shown.changedAt).toBe(made.shown.changedAt)
    expect([own(kept, 160).availability, own(kept, 161).availability]).toEqual(['busy', 'offline'])
  })

  test('[T12] the end still ends it, another lease replaces the lease, and without one it stands', () => {
    const timed = recordAfter([[10, claim('call:1', { ...said, until: 50 })]])
    expect([own(timed, 49).until, own(timed, 50).availability]).toEqual([50, 'offline'])
    const longer = recordAfter([[20, claim('call:1', { ...said, leaseMs: 500 })]], made)
    expect(longer.claims).toEqual([{ ...made.claims[0], leaseMs: 500, leaseUntil: 520 }])
    const standing = recordAfter([[20, claim('call:1', { availability: 'busy' })]], made)
    expect([standing.claims[0]?.leaseUntil, own(standing, 9_999).availability]).toEqual([undefined, 'busy'])
    expect(recordAfter([[30, beat]], standing)).toBe(standing)
  })
})
