import { describe, expect, test } from 'vitest'
import type { PresenceRecord } from '../../src/core/record.ts'
import { lives } from '../../src/core/resolve.ts'
import { type PresenceEvent, transition, transitionAll } from '../../src/core/transition.ts'
import { AVAILABILITIES, type Instant } from '../../src/core/vocabulary.ts'
import {
  aClaim,
  aRecord,
  aSession,
  claim,
  close,
  note,
  OTHERS,
  OWN,
  online,
  open,
  own,
  POLICY,
  recordAfter,
  type Said,
  seen,
  set,
  standing,
  timed,
  withdraw,
} from './facts.ts'

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

describe('nothing changed', () => {
  const record = recordAfter([
    [1, open('a')],
    [2, set('busy')],
    [3, note('n')],
    [4, claim('app:1', { availability: 'dnd', leaseMs: 5, until: 90 })],
  ])
  test.each<[string, PresenceEvent]>([
    ['the same availability', set('busy')],
    ['the same note', note('n')],
    ['the same claim', claim('app:1', { availability: 'dnd', leaseMs: 5, until: 90 })],
    ['withdrawing a claim that is not', { type: 'claim_withdrawn', key: 'app:2' }],
    ['resuming an active session', { type: 'session_resumed', sessionId: 'a' }],
    [
      'adopting a session by its own owner',
      { type: 'session_adopted', sessionId: 'a', owner: { node: 'n', incarnation: 1 }, leaseUntil: null },
    ],
    ['idling a session that is not', { type: 'session_idled', sessionId: 'x', lastInputAt: 9 }],
    ['closing a session that is not', close('x', 9)],
    ['renewing a session that is not', { type: 'session_renewed', sessionId: 'x', leaseUntil: 99 }],
  ])("[T5] [T7] %s is the same record, also to the user's activity", (_name, event) => {
    expect(transition(record, event, OWN, 50, POLICY)).toBe(record)
  })

  test('[T5] facts that ended do not make a write by themselves, and leave with the next', () => {
    const ended = recordAfter([[60, set('away', 70)]], record)
    expect(transition(ended, set('busy'), OWN, 100, POLICY)).toBe(ended)
    const idle = recordAfter([[101, note('m')]], ended)
    expect(keys(idle)).toEqual(['manual', 'note'])
    expect(transition(ended, { type: 'claim_withdrawn', key: 'manual-timed' }, OWN, 100, POLICY)).toBe(ended)
  })

  test('[T10] the revision counts the transitions that changed something', () => {
    expect(record.revision).toBe(4)
    expect(transitionAll(record, [set('busy'), set('dnd'), set('dnd'), note('x')], OWN, 50, POLICY).revision).toBe(6)
  })
})

describe('sessions', () => {
  test('[T7] an adopted session is the same one under another owner', () => {
    const record = recordAfter([
      [1, open('a', { idle: true })],
      [5, { type: 'session_adopted', sessionId: 'a', owner: { node: 'm', incarnation: 2 }, leaseUntil: null }],
    ])
    expect(record.sessions).toEqual([aSession('a', { idle: true, openedAt: 1, owner: { node: 'm', incarnation: 2 } })])
  })

  test('[T7] what has ended is not taken up again: it is opened anew', () => {
    const ended = recordAfter([
      [1, open('a')],
      [5, close('a', 5)],
    ])
    for (const type of ['session_resumed', 'session_renewed', 'session_adopted', 'session_idled'] as const) {
      const event = { type, sessionId: 'a', leaseUntil: 99, owner: null, lastInputAt: 6 }
      expect(transition(ended, event, OWN, 6, POLICY)).toBe(ended)
    }
    expect(own(recordAfter([[7, open('a')]], ended), 7)).toMatchObject({ availability: 'online', since: 7 })
  })

  test('[T7] the write that ends a session says until when the user was seen in it', () => {
    const ended = recordAfter([
      [1, open('a')],
      [9, close('a', 5)],
    ])
    expect(ended.sessions).toMatchObject([{ id: 'a', seenUntil: 5 }])
    expect(recordAfter([[10, note('n')]], ended).sessions).toEqual([])
  })

  test.each<[string, Said[], Instant | null]>([
    ['opening an active one', [[7, open('a')]], 7],
    ['opening an idle one', [[7, open('a', { idle: true })]], null],
    [
      'idling states the last input',
      [
        [1, open('a')],
        [9, { type: 'session_idled', sessionId: 'a', lastInputAt: 6 }],
      ],
      6,
    ],
    [
      'an older input moves nothing back',
      [
        [7, open('a')],
        [9, { type: 'session_idled', sessionId: 'a', lastInputAt: 6 }],
      ],
      7,
    ],
    [
      'coming back',
      [
        [1, open('a', { idle: true })],
        [9, { type: 'session_resumed', sessionId: 'a' }],
      ],
      9,
    ],
    [
      'closing states the last input',
      [
        [1, open('a')],
        [9, close('a', 8)],
      ],
      8,
    ],
    [
      'no input lies after its write: closing',
      [
        [1, open('a')],
        [9, close('a', 80)],
      ],
      9,
    ],
    [
      'no input lies after its write: idling',
      [
        [1, open('a')],
        [9, { type: 'session_idled', sessionId: 'a', lastInputAt: 80 }],
      ],
      9,
    ],
    ["setting one's own status", [[7, set('busy')]], 7],
    ['another setting it', [[7, set('busy'), OTHERS]], null],
    ["an application's claim", [[7, claim('app:1', { availability: 'busy' })]], null],
    [
      'adopting and renewing',
      [
        [1, open('a')],
        [5, { type: 'session_adopted', sessionId: 'a', owner: null, leaseUntil: 99 }],
        [6, { type: 'session_renewed', sessionId: 'a', leaseUntil: 100 }],
      ],
      1,
    ],
  ])('[T9] activity: %s', (_name, said, lastActiveAt) => {
    expect(recordAfter(said).lastActiveAt).toBe(lastActiveAt)
  })

  test('[R6] [T8] a fading claim: unseen until a session came and went, asleep until the next one', () => {
    const made = recordAfter([[1, set('busy', null, true)]])
    const connected = recordAfter([[2, open('a')]], made)
    const gone = recordAfter([[3, close('a', 3)]], connected)
    const back = recordAfter([[4, open('b')]], gone)
    expect([made, connected, gone, back].map((record) => own(record, 5).availability)).toEqual([
      'busy',
      'busy',
      'offline',
      'busy',
    ])
    for (const record of [connected, gone, back]) expect(record.claims).toMatchObject([{ ...made.claims[0], attended: true }])
  })

  test('[R6] [T5] restating a claim that is asleep makes it anew, so that it shows', () => {
    const asleep = recordAfter([
      [1, open('a')],
      [2, set('busy', null, true)],
      [3, close('a', 3)],
    ])
    expect(own(asleep, 4).availability).toBe('offline')
    expect(own(recordAfter([[4, set('busy', null, true)]], asleep), 4)).toMatchObject({ availability: 'busy', since: 4 })
  })

  test('[R6] a fading claim made while connected is asleep once the lease runs out', () => {
    const record = recordAfter([
      [1, open('a', { owner: null, leaseUntil: 9 })],
      [2, set('busy', null, true)],
    ])
    expect([8, 9].map((at) => own(record, at).availability)).toEqual(['busy', 'offline'])
    expect(record.sessions.map((session) => lives(session, 9))).toEqual([false])
  })
})

describe('echoes', () => {
  const echo = (event: PresenceEvent): PresenceEvent =>
    ({ ...event, alike: (shown) => shown.availability === 'busy' || shown.note?.text === 'n' }) as PresenceEvent
  const busy = aRecord({
    claims: [timed('busy', 100, { activity: 'focusing' }), standing('away'), aClaim('note', { note: { text: 'n', emoji: 'x' } })],
  })

  test.each<[string, PresenceEvent]>([
    ['an availability', echo(set('dnd'))],
    ['a note', echo(note('n'))],
    ['declaring online', echo(online)],
    ['withdrawing', echo(withdraw)],
  ])('[E1] %s said back through another door changes nothing', (_name, event) => {
    expect(transitionAll(busy, [event], { ...OWN, via: 'two' }, 50, POLICY)).toBe(busy)
  })

  test.each<[string, PresenceRecord, PresenceEvent, string]>([
    ['through the same door', busy, echo(set('dnd')), 'one'],
    ['with an end', busy, echo(set('dnd', 200)), 'two'],
    ['for another word', busy, { ...set('dnd'), alike: () => false } as PresenceEvent, 'two'],
    ['never judged', busy, set('dnd'), 'two'],
    ['where no claim is shown', recordAfter([[1, open('a')]]), { ...set('dnd'), alike: () => true } as PresenceEvent, 'two'],
  ])('[E1] it is a statement %s', (_name, record, event, via) => {
    expect(transitionAll(record, [event], { ...OWN, via }, 50, POLICY)).not.toBe(record)
  })

  test('[E1] availability and note are judged separately, each against what stood before the request', () => {
    const both = transitionAll(
      busy,
      [echo(set('dnd')), { ...note('m'), alike: ({ availability }) => availability !== 'busy' } as PresenceEvent],
      { ...OWN, via: 'two' },
      50,
      POLICY,
    )
    expect(own(both, 50)).toMatchObject({ availability: 'busy', until: 100, note: { text: 'm' } })
  })

  test('[E1] [R7] an administrator who writes back what is shown learns nothing of the hidden, and changes nothing', () => {
    const hidden = recordAfter([
      [1, open('a')],
      [2, set('offline')],
    ])
    let judged: unknown
    const event = {
      ...set('offline'),
      alike: (shown: { source: string; availability: string }) => {
        judged = shown.source
        return shown.availability === 'offline'
      },
    } as PresenceEvent
    expect(transitionAll(hidden, [event], OTHERS, 50, POLICY)).toBe(hidden)
    expect(judged).toBe('manual')
  })
})
