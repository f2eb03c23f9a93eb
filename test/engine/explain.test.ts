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
