import { describe, expect, test } from 'vitest'
import { lives } from '../../src/core/resolve.ts'
import { transition } from '../../src/core/transition.ts'
import type { Instant } from '../../src/core/vocabulary.ts'
import { aSession, claim, close, note, OTHERS, OWN, open, own, POLICY, recordAfter, type Said, set } from './facts.ts'

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
