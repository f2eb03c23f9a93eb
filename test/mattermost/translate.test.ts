import { expect, test } from 'vitest'
import type { Presence } from '../../src/core/vocabulary.ts'
import { CUSTOM_STATUS_FIELDS, wantedStatus, withoutRecent, withRecent } from '../../src/dialects/mattermost/custom-status.ts'
import { decodeStruct } from '../../src/dialects/mattermost/go-json.ts'
import {
  customStatusProp,
  noteEvent,
  statusBody,
  statusEvent,
  statusOf,
  unknownBody,
} from '../../src/dialects/mattermost/translate.ts'
import { NOBODY_THERE } from '../presence.ts'

const ID = 'u'.repeat(26)
const NOW = Date.UTC(2026, 10, 18, 12)

const presence = (given: Partial<Presence>): Presence => ({ ...NOBODY_THERE, ...given })

test.each([
  ['online', null, 'online'],
  ['online', 'presenting', 'online'],
  ['away', null, 'away'],
  ['away', 'out_of_office', 'ooo'],
  ['away', 'in_a_meeting', 'away'],
  ['busy', null, 'dnd'],
  ['busy', 'out_of_office', 'dnd'],
  ['dnd', null, 'dnd'],
  ['offline', null, 'offline'],
] as const)('[MM-2-6] %s and %s reads %s', (availability, activity, status) => {
  expect(statusOf(presence({ availability, activity }))).toBe(status)
})

test('[MM-1.7-1] [MM-1.7-2] [MM-1.9-1] a status has these keys in this order, its end as whole minutes', () => {
  const shown = presence({ availability: 'dnd', manual: true, lastActiveAt: 1_737_000_000_123, until: 1_737_393_212_000 })
  expect(statusBody(ID, shown)).toBe(
    `{"user_id":"${ID}","status":"dnd","manual":true,"last_activity_at":1737000000123,"dnd_end_time":1737393180}`,
  )
  expect(statusBody(ID, presence({}))).toBe(unknownBody(ID))
  expect(unknownBody('<'.repeat(26))).toContain('"user_id":"\\u003c')
})

test.each([
  [1_737_393_212n, 1_737_393_212_000],
  [60n, 60_000],
  [9_223_372_036_854_775_807n, 8_640_000_000_000_000],
  [59n, null],
  [0n, null],
  [-5n, null],
])('[MM-1.9-1] [MM-1.9-2] [MM-1.9-5] dnd_end_time %s', (seconds, until) => {
  expect(statusEvent('dnd', seconds)).toMatchObject({ type: 'availability_set', availability: 'dnd', until, fades: false })
})

test('[MM-1.9-4] [MM-2-2] [MM-2-3] other statuses have no end', () => {
  expect(statusEvent('away', 1_900_000_000n)).toMatchObject({ availability: 'away', until: null })
  expect(statusEvent('offline', 1_900_000_000n)).toMatchObject({ availability: 'offline', until: null })
  expect(statusEvent('online', 1_900_000_000n)).toMatchObject({ type: 'online_declared' })
})

test('[MM-2-7] a status is alike when it is what is shown', () => {
  const event = statusEvent('dnd', 0n)
  const alike = 'alike' in event ? event.alike : null
  expect(alike?.(presence({ availability: 'busy' }))).toBe(true)
  expect(alike?.(presence({ availability: 'away' }))).toBe(false)
})

test('[MM-2-7] a custom status is alike when text and emoji are what is shown, the text as it was given', () => {
  const long = 'x'.repeat(150)
  const event = noteEvent({ text: long.slice(0, 100), emoji: 'speech_balloon' }, null, long)
  const alike = 'alike' in event ? event.alike : null
  expect(alike?.(presence({ note: { text: long, emoji: '', until: null } }))).toBe(true)
  expect(alike?.(presence({ note: { text: long, emoji: 'house', until: null } }))).toBe(false)
  expect(alike?.(presence({}))).toBe(false)
})

test('[MM-1.11-6] customStatus is made from the note', () => {
  expect(customStatusProp(null)).toBe('')
  expect(customStatusProp({ text: 'a', emoji: '', until: null })).toBe(
    '{"emoji":"speech_balloon","text":"a","duration":"","expires_at":"0001-01-01T00:00:00Z"}',
  )
  expect(customStatusProp({ text: '', emoji: 'house', until: NOW })).toBe(
    '{"emoji":"house","text":"","duration":"date_and_time","expires_at":"2026-11-18T12:00:00Z"}',
  )
})

const wanted = (body: object) => {
  const given = decodeStruct(JSON.stringify(body), CUSTOM_STATUS_FIELDS)
  return given === null ? null : wantedStatus(given, NOW, null)
}

test.each(['', 'thirty_minutes', 'one_hour', 'four_hours', 'today', 'this_week', 'date_and_time'])(
  '[MM-1.11-1] [MM-1.11-3] %s with an end is a duration',
  (duration) => {
    const status = wanted({ text: 'a', duration, expires_at: '2026-11-18T13:00:00.5+01:00' })
    expect(status).toMatchObject({
      duration: duration || 'date_and_time',
      end: { text: '2026-11-18T13:00:00.5+01:00', at: NOW + 500 },
    })
  },
)

test.each([
  { text: 'a', duration: 'custom_date_time' },
  { text: 'a', duration: 'One_hour' },
  { text: 'a', duration: 'date_and_time' },
  { text: 'a', duration: 'one_hour', expires_at: '2026-11-18T11:59:59Z' },
  { text: 'a', expires_at: '2026-11-18T11:59:59Z' },
  { text: '', emoji: '' },
  {},
  { text: 'a', expires_at: '' },
  { text: 'a', expires_at: 5 },
])('[MM-C3] [MM-1.11-1] [MM-1.11-3] %o is not valid', (body) => {
  expect(wanted(body)).toBeNull()
})

test('[MM-1.11-2] [MM-1.11-3] a duration alone is given its end; none stands', () => {
  expect(wanted({ text: 'a', duration: 'one_hour' })).toMatchObject({ end: { at: NOW + 3_600_000 } })
  expect(wanted({ text: 'a' })).toMatchObject({ duration: '', end: null })
  expect(wanted({ text: 'a', expires_at: null })).toMatchObject({ duration: '', end: null })
  expect(wanted({ text: 'a', duration: 'today', expires_at: '0001-01-01T00:00:00Z' })).toMatchObject({ duration: 'today' })
})

test('[MM-1.11-4] a text is cut after 100 code points and not trimmed', () => {
  expect(wanted({ text: '😀'.repeat(101) })?.text).toBe('😀'.repeat(100))
  expect(wanted({ text: 'x'.repeat(101) })?.text).toBe('x'.repeat(100))
  expect(wanted({ text: ' a ' })?.text).toBe(' a ')
})

const status = (text: string, emoji = 'house') => ({ text, emoji, duration: '', end: null }) as const
const given = (body: object) => decodeStruct(JSON.stringify(body), CUSTOM_STATUS_FIELDS) ?? expect.fail('not decodable')

test('[MM-1.11-7] recent ones: newest first, at most five, no text twice', () => {
  const texts = (list: string): string[] => (JSON.parse(list) as { text: string }[]).map(({ text }) => text)
  const five = ['a', 'b', 'c', 'd', 'e', 'f'].reduce((list, text) => withRecent(list, status(text)), '')
  expect(texts(five)).toEqual(['f', 'e', 'd', 'c', 'b'])
  expect(texts(withRecent(five, status('c', 'calendar')))).toEqual(['c', 'f', 'e', 'd', 'b'])
  expect(withRecent('no JSON', status('a'))).toBe(
    '[{"emoji":"house","text":"a","duration":"","expires_at":"0001-01-01T00:00:00Z"}]',
  )
})

test('[MM-1.11-9] [MM-R6] a recent one is told by the whole of it', () => {
  const list = withRecent('', status('a'))
  expect(withoutRecent(list, given({ emoji: 'house', text: 'a' }))).toBe('[]')
  expect(withoutRecent(list, given({ emoji: ':house:', text: 'a', expires_at: '0001-01-01T00:00:00.000Z' }))).toBe('[]')
  expect(withoutRecent(list, given({ emoji: 'calendar', text: 'a' }))).toBeNull()
  expect(withoutRecent(list, given({ emoji: 'house', text: 'a', duration: 'one_hour' }))).toBeNull()
  expect(withoutRecent(list, given({ emoji: 'house', text: 'a', expires_at: '2030-01-01T00:00:00Z' }))).toBeNull()
  expect(withoutRecent('', given({ emoji: 'house', text: 'a' }))).toBeNull()
})
