import { expect, test } from 'vitest'
import { endOf, goTime, readTime, ZERO_TIME } from '../../src/dialects/mattermost/time.ts'

test.each([
  ['2030-01-02T03:04:05Z', '2030-01-02T03:04:05Z'],
  ['2030-01-02T03:04:05.000Z', '2030-01-02T03:04:05Z'],
  ['2030-01-02T03:04:05.120Z', '2030-01-02T03:04:05.12Z'],
  ['2030-01-02T03:04:05.1234567891Z', '2030-01-02T03:04:05.123456789Z'],
  ['2030-01-02T03:04:05+00:00', '2030-01-02T03:04:05Z'],
  ['2030-01-02T03:04:05+02:00', '2030-01-02T03:04:05+02:00'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
])('[MM-1.8-9] %s is written as %s', (given, written) => {
  expect(readTime(given)?.text).toBe(written)
})

test('[MM-1.8-9] the zone counts for the instant', () => {
  expect(readTime('2030-01-02T03:04:05.5+02:00')?.at).toBe(Date.UTC(2030, 0, 2, 1, 4, 5, 500))
  expect(readTime('0001-01-01T00:00:00Z')).toEqual(ZERO_TIME)
})

test.each([
  '',
  '2030-01-02',
  '2030-01-02t03:04:05Z',
  '2030-01-02T03:04:05z',
  '2030-01-02T03:04:05,5Z',
  '2030-01-02T03:04:05',
  '2030-01-02T03:04Z',
  '2030-02-30T03:04:05Z',
  '2030-13-01T03:04:05Z',
  '2030-01-02T24:00:00Z',
  '2030-01-02T03:60:05Z',
  '2030-01-02T03:04:60Z',
  '2030-01-02T03:04:05+24:00',
  '2030-01-02T03:04:05.Z',
  '2030-01-02 03:04:05Z',
])('[MM-1.8-8] %s is no time', (given) => {
  expect(readTime(given)).toBeNull()
})

test('[MM-1.8-9] an instant is written without trailing zeros', () => {
  expect(goTime(Date.UTC(2030, 0, 2)).text).toBe('2030-01-02T00:00:00Z')
  expect(goTime(Date.UTC(2030, 0, 2, 3, 4, 50, 120)).text).toBe('2030-01-02T03:04:50.12Z')
  expect(goTime(ZERO_TIME.at)).toEqual(ZERO_TIME)
})

/** A Sunday, a Wednesday and a Saturday noon, UTC. */
const [SUNDAY, WEDNESDAY, SATURDAY] = [Date.UTC(2026, 10, 15, 12), Date.UTC(2026, 10, 18, 12), Date.UTC(2026, 10, 21, 12)]
const endOfDay = (day: number, hour = 23) => Date.UTC(2026, 10, day, hour, 59, 59, 999)

test.each([
  ['thirty_minutes', WEDNESDAY, null, WEDNESDAY + 1_800_000],
  ['one_hour', WEDNESDAY, null, WEDNESDAY + 3_600_000],
  ['four_hours', WEDNESDAY, null, WEDNESDAY + 14_400_000],
  ['today', WEDNESDAY, null, endOfDay(18)],
  ['today', WEDNESDAY, 'no/such zone', endOfDay(18)],
  ['today', WEDNESDAY, 'Europe/Berlin', endOfDay(18, 22)],
  ['today', WEDNESDAY, 'Pacific/Auckland', endOfDay(19, 10)],
  ['this_week', SUNDAY, null, endOfDay(21)],
  ['this_week', WEDNESDAY, null, endOfDay(21)],
  ['this_week', SATURDAY, null, endOfDay(21)],
  ['this_week', SATURDAY, 'Pacific/Auckland', endOfDay(28, 10)],
  ['', WEDNESDAY, null, null],
  ['date_and_time', WEDNESDAY, null, null],
] as const)('[MM-1.11-2] %s from %d in %s', (duration, now, zone, end) => {
  expect(endOf(duration, now, zone)).toBe(end)
})

test('[MM-1.11-2] a day on which clocks change has its own length', () => {
  const before = Date.UTC(2026, 2, 29, 0, 30)
  expect(endOf('today', before, 'Europe/Berlin')).toBe(Date.UTC(2026, 2, 29, 21, 59, 59, 999))
})
