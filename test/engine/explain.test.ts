import fc from 'fast-check'
import { expect, test } from 'vitest'
import { explain } from '../../src/core/explain.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { emptyRecord, type PresenceRecord } from '../../src/core/record.ts'
import { type PresenceEvent, transition } from '../../src/core/transition.ts'
import { aMoment } from '../core/arbitraries.ts'

const at = (clock: string): number => Date.parse(`2026-11-20T${clock}:00Z`)
const DEED = { via: 'web', by: 'anna', self: true }

function history(...steps: readonly (readonly [string, PresenceEvent])[]): PresenceRecord {
  return steps.reduce(
    (record, [clock, event]) => transition(record, event, DEED, at(clock), DEFAULT_POLICY),
    emptyRecord(at('08:00')),
  )
}

const busy = (until: number | null): PresenceEvent => ({
  type: 'availability_set',
  availability: 'busy',
  activity: null,
  until,
  fades: false,
  alike: null,
})
const session = { id: 's', owner: null, leaseUntil: null, app: 'desktop', platform: 'linux', idles: 'both', idle: false } as const
const meeting: PresenceEvent = {
  type: 'claim_set',
  key: 'calendar:42',
  class: 'calendar',
  availability: 'dnd',
  activity: 'in_a_meeting',
  note: { text: 'Planning', emoji: 'calendar' },
  since: null,
  until: null,
  leaseMs: null,
}

test.each<[string, PresenceRecord, string, string]>([
  ['nothing', emptyRecord(at('08:00')), '09:00', 'Shown offline since 08:00 because nothing says otherwise.'],
  [
    'a timed status over an idle session',
    history(
      ['14:00', { type: 'session_opened', session }],
      ['14:02', busy(at('15:00'))],
      ['14:30', { type: 'session_idled', sessionId: 's', lastInputAt: at('14:18') }],
    ),
    '14:30',
    'Shown busy since 14:02 because anna set it through web, until 15:00; then away, idle for 12 min.',
  ],
  [
    'an application',
    history(['10:00', meeting]),
    '10:05',
    'Shown dnd (in a meeting) since 10:00 because anna claimed it as calendar:42 through web.',
  ],
  [
    'an end on another day',
    history(['23:00', busy(at('23:00') + 7_200_000)]),
    '23:30',
    'Shown busy since 23:00 because anna set it through web, until 2026-11-21 01:00; then offline.',
  ],
])('the sentence for %s', (_, record, clock, sentence) => {
  expect(explain('anna', record, at(clock), DEFAULT_POLICY).sentence).toBe(sentence)
})

const NAMES = {
  nameOf: (by: string) => (by === 'anna' ? 'Anna' : 'an application'),
  doorOf: () => 'the wire',
  zone: 'Asia/Kolkata',
}
const idled = (at2: string, lastInputAt: string): readonly [string, PresenceEvent] => [
  at2,
  { type: 'session_idled', sessionId: 's', lastInputAt: at(lastInputAt) },
]

test.each<[string, PresenceRecord, string, string]>([
  [
    'an active session',
    history(['14:00', { type: 'session_opened', session }]),
    '14:30',
    'Shown online since 14:00 because a session is active in desktop on linux.',
  ],
  [
    'several active sessions',
    history(
      ['14:00', { type: 'session_opened', session }],
      ['14:05', { type: 'session_opened', session: { ...session, id: 't' } }],
    ),
    '14:30',
    'Shown online since 14:00 because 2 sessions are active.',
  ],
  [
    'an idle session',
    history(['14:00', { type: 'session_opened', session }], idled('14:10', '14:05')),
    '14:30',
    'Shown away since 14:10 because every session has been idle for 25 min.',
  ],
  [
    'a session kept by heartbeats',
    history(['14:00', { type: 'session_opened', session: { ...session, leaseUntil: at('14:05') } }]),
    '14:02',
    'Shown online since 14:00 because a session is active in desktop on linux; from 14:05 offline, unless a heartbeat comes.',
  ],
  [
    'a claim kept by heartbeats',
    history(['10:00', { ...meeting, until: at('12:00'), leaseMs: 600_000 }]),
    '10:05',
    'Shown dnd (in a meeting) since 10:00 because anna claimed it as calendar:42 through web, until 12:00; from 10:10 offline, unless a heartbeat comes.',
  ],
  [
    'the same again after its end',
    history(['10:00', busy(null)], ['10:10', busy(at('11:00'))]),
    '10:20',
    'Shown busy since 10:00 because anna set it through web, until 11:00; then still busy.',
  ],
  [
    'a declaration',
    history(['10:00', { type: 'online_declared', alike: null }]),
    '10:20',
    'Shown online since 10:00 because online was declared; from 18:00 offline.',
  ],
])('the sentence for %s', (_, record, clock, sentence) => {
  expect(explain('anna', record, at(clock), DEFAULT_POLICY).sentence).toBe(sentence)
})

test.each<[PresenceRecord, string, string, readonly string[]]>([
  [emptyRecord(at('08:00')), '09:00', 'Gezeigt als offline seit 08:00, weil nichts anderes bekannt ist.', []],
  [
    history(
      ['14:00', { type: 'session_opened', session }],
      ['14:02', busy(at('15:00'))],
      ['14:30', { type: 'session_idled', sessionId: 's', lastInputAt: at('14:18') }],
    ),
    '14:30',
    'Gezeigt als beschäftigt seit 14:02, weil anna es über web gesetzt hat, bis 15:00; danach abwesend, seit 12 min ohne Eingabe.',
    ['beschäftigt', 'nicht aktiv in desktop auf linux'],
  ],
  [
    history(['10:00', { ...meeting, until: at('12:00'), leaseMs: 600_000 }]),
    '10:05',
    'Gezeigt als „bitte nicht stören“ (in einer Besprechung) seit 10:00, weil anna es als calendar:42 über web angegeben hat, bis 12:00; ab 10:10 offline, falls kein Lebenszeichen kommt.',
    ['„bitte nicht stören“ (in einer Besprechung), Notiz „:calendar: Planning“, durch Lebenszeichen erhalten'],
  ],
  [
    history(['10:00', busy(null)], ['10:10', busy(at('11:00'))]),
    '10:20',
    'Gezeigt als beschäftigt seit 10:00, weil anna es über web gesetzt hat, bis 11:00; danach weiterhin beschäftigt.',
    ['beschäftigt', 'beschäftigt'],
  ],
])('[N17] it is the same sentence in German', (record, clock, sentence, says) => {
  const explained = explain('anna', record, at(clock), DEFAULT_POLICY, { language: 'de' })
  expect([explained.sentence, explained.facts.map((fact) => fact.says)]).toEqual([sentence, says])
  expect([explained.language, explain('anna', record, at(clock), DEFAULT_POLICY).language]).toEqual(['de', 'en'])
})

test('the sentence has the names and the time zone that it is given', () => {
  const record = history(['19:00', busy(at('20:00'))], ['18:00', meeting])
  expect(explain('anna', record, at('19:30'), DEFAULT_POLICY, NAMES).sentence).toBe(
    'Shown busy since 00:30 because Anna set it through the wire, until 01:30; then dnd (in a meeting).',
  )
  expect(explain('anna', record, at('18:00'), DEFAULT_POLICY, NAMES).sentence).toContain('since 2026-11-21 00:30')
})

const gone = (seenUntil: string): PresenceEvent => ({ type: 'session_closed', sessionId: 's', seenUntil: at(seenUntil) })
const opened: readonly [string, PresenceEvent] = ['09:00', { type: 'session_opened', session }]
const call: PresenceEvent = { ...meeting, key: 'call:1', class: 'call', note: null }
const noted: PresenceEvent = { type: 'note_set', words: { text: 'tea', emoji: '' }, until: null, alike: null }
const declared: readonly [string, PresenceEvent] = ['09:10', { type: 'online_declared', alike: null }]
const offline: PresenceEvent = { ...busy(null), availability: 'offline' } as PresenceEvent
const fading: PresenceEvent = { ...busy(null), fades: true } as PresenceEvent
type Verdict = readonly [id: string, role: string, rule: string, lostTo: string | null]

test.each<[string, PresenceRecord, Partial<typeof DEFAULT_POLICY>, readonly Verdict[]]>([
  [
    'R1 a class outranks another',
    history(['09:00', busy(null)], ['09:05', call]),
    {},
    [
      ['call:1', 'availability', 'R1', null],
      ['manual', 'lost', 'R1', 'call:1'],
    ],
  ],
  [
    'R1 a timed one stands over a standing one',
    history(['09:00', busy(null)], ['09:05', busy(at('12:00'))]),
    {},
    [
      ['manual-timed', 'availability', 'R1', null],
      ['manual', 'lost', 'R1', 'manual-timed'],
    ],
  ],
  [
    'R1 within a class the later one wins',
    history(['09:00', call], ['09:05', { ...call, key: 'call:2' } as PresenceEvent]),
    {},
    [
      ['call:2', 'availability', 'R1', null],
      ['call:1', 'lost', 'R1', 'call:2'],
    ],
  ],
  ['R2 a claim stands over sessions', history(opened, ['09:05', busy(null)]), {}, [['s', 'lost', 'R2', 'manual']]],
  [
    'R3 an active session stands over an idle one',
    history(opened, ['09:01', { type: 'session_opened', session: { ...session, id: 't', idle: true } }]),
    {},
    [
      ['s', 'availability', 'R3', null],
      ['t', 'lost', 'R3', 's'],
    ],
  ],
  ['R4 a declaration holds without a session', history(declared), {}, [['declared', 'availability', 'R4', null]]],
  [
    'R4 a declaration is over after its time',
    history(declared),
    { declaredOnlineMaxMs: 60_000 },
    [['declared', 'lost', 'R4', null]],
  ],
  ['R3 a live session stands over a declaration', history(opened, declared), {}, [['declared', 'lost', 'R3', 's']]],
  [
    'T3 a declaration goes with the last session',
    { ...history(declared), sessions: [{ ...history(opened).sessions[0], seenUntil: at('09:20') }] } as PresenceRecord,
    {},
    [
      ['s', 'lost', 'R3', null],
      ['declared', 'lost', 'T3', null],
    ],
  ],
  [
    'R5 the highest note shows',
    history(['09:00', meeting], ['09:05', noted]),
    {},
    [
      ['calendar:42', 'availability', 'R1', null],
      ['note', 'note', 'R5', null],
    ],
  ],
  [
    'R5 a note loses to a higher one',
    history(['09:00', { ...meeting, availability: null, activity: null } as PresenceEvent], ['09:05', noted]),
    {},
    [['calendar:42', 'lost', 'R5', 'note']],
  ],
  [
    'R6 a fading claim sleeps while its user is gone',
    history(opened, ['09:05', fading], ['09:06', gone('09:06')]),
    {},
    [['manual', 'lost', 'R6', null]],
  ],
  [
    'R7 an explicit offline hides, over a call too',
    history(['09:00', call], ['09:05', offline]),
    {},
    [
      ['manual', 'availability', 'R7', null],
      ['call:1', 'lost', 'R1', 'manual'],
    ],
  ],
  [
    'R7 where nobody may hide, it counts for nothing',
    history(['09:00', call], ['09:05', offline]),
    { invisibleAllowed: false },
    [
      ['call:1', 'availability', 'R1', null],
      ['manual', 'lost', 'R7', null],
    ],
  ],
  [
    'R8 the deactivated are offline',
    history(opened, ['09:05', busy(null)], ['09:06', noted]),
    { deactivated: true },
    [
      ['manual', 'lost', 'R8', null],
      ['s', 'lost', 'R8', null],
      ['note', 'note', 'R5', null],
    ],
  ],
  ['T2 a declaration dismisses', history(['09:00', meeting], declared), {}, [['calendar:42', 'lost', 'T2', 'declared']]],
  ['T6 an end has passed', history(['09:00', busy(at('09:30'))]), {}, [['manual-timed', 'lost', 'T6', null]]],
  [
    'T12 no heartbeat came',
    history(['09:00', { ...call, leaseMs: 60_000 } as PresenceEvent]),
    {},
    [['call:1', 'lost', 'T12', null]],
  ],
])('every rule explains itself: %s', (_, record, policy, verdicts) => {
  const { facts } = explain('anna', record, at('10:00'), { ...DEFAULT_POLICY, ...policy })
  const told = facts.map(({ id, role, rule, lostTo }) => [id, role, rule, lostTo])
  for (const verdict of verdicts) expect(told).toContainEqual(verdict)
})

test('what comes next is the next instant at which anything differs, not an end that changes nothing', () => {
  const record = history(['09:00', call], ['09:05', busy(at('10:00'))], ['09:06', { ...noted, until: at('11:00') }])
  expect(explain('anna', record, at('09:30'), DEFAULT_POLICY).next).toMatchObject({ at: at('11:00'), presence: { note: null } })
})

test('every fact is told, with what it gives or what it lost to', () => {
  const record = history(['14:00', { type: 'session_opened', session }], ['14:01', meeting], ['14:02', busy(at('15:00'))])
  const { facts, next } = explain('anna', record, at('14:10'), DEFAULT_POLICY)
  expect(facts.map(({ id, says, ageMs, role, rule, lostTo }) => [id, says, ageMs, role, rule, lostTo])).toEqual([
    ['calendar:42', 'dnd (in a meeting), note ":calendar: Planning"', 540_000, 'note', 'R5', null],
    ['manual-timed', 'busy', 480_000, 'availability', 'R1', null],
    ['s', 'active in desktop on linux', 600_000, 'lost', 'R2', 'manual-timed'],
  ])
  expect(next).toMatchObject({ at: at('15:00'), presence: { availability: 'dnd', source: 'calendar' } })
})

test('whatever happened, each fact is explained, and what wins is what is shown', () => {
  fc.assert(
    fc.property(aMoment, ({ record, at: now, policy }) => {
      const { facts, presence, sentence } = explain('anna', record, now, policy)
      expect(facts).toHaveLength(record.claims.length + record.sessions.length + (record.declaredOnline === null ? 0 : 1))
      const gives = facts.some(({ role }) => role === 'availability' || role === 'both')
      expect(gives).toBe(presence.source !== 'none')
      expect(facts.some(({ role }) => role === 'note' || role === 'both')).toBe(presence.note !== null)
      for (const { role, lostTo } of facts) if (role !== 'lost') expect(lostTo).toBe(null)
      expect(sentence).toMatch(/^Shown .*\.$/)
    }),
  )
})
