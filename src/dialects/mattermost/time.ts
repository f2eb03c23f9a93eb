import { Temporal } from 'temporal-polyfill'
import type { Instant } from '../../core/vocabulary.ts'

/** A time as Go holds it: the instant in ms, and the text that Go writes for it (nanoseconds and zone kept). */
export interface GoTime {
  readonly at: Instant
  readonly text: string
}

/** Go's zero time, which stands for "none". */
export const ZERO_TIME: GoTime = { at: -62_135_596_800_000, text: '0001-01-01T00:00:00Z' }

/** An instant as Go writes it: RFC 3339 in UTC, without trailing zeros. */
export function goTime(at: Instant): GoTime {
  return { at, text: new Date(at).toISOString().replace(/\.?0*Z$/, 'Z') }
}

/** A time in RFC 3339 as strictly as Go reads it; null: it is none. */
export function readTime(text: string): GoTime | null {
  const parts = /^(\d{4}-\d\d-\d\dT)(\d\d)(:\d\d:\d\d)(?:\.(\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/.exec(text)
  if (parts === null) return null
  const [, day = '', hour = '', minutes = '', fraction = '', zone = ''] = parts
  const nanoseconds = fraction.slice(0, 9).replace(/0+$/, '')
  const wall = `${day}${hour}${minutes}`
  const utc = Date.parse(`${wall}Z`)
  if (Number(hour) > 23 || Number.isNaN(utc) || new Date(utc).toISOString().slice(0, 19) !== wall) return null
  const milliseconds = Number(nanoseconds.slice(0, 3).padEnd(3, '0'))
  const written = `${wall}${nanoseconds === '' ? '' : `.${nanoseconds}`}${/^[+-]00:00$/.test(zone) ? 'Z' : zone}`
  return { at: utc + milliseconds - offsetOf(zone), text: written }
}

/** How long a custom status is to last, as clients name it. */
export const DURATIONS = ['', 'thirty_minutes', 'one_hour', 'four_hours', 'today', 'this_week', 'date_and_time'] as const
export type Duration = (typeof DURATIONS)[number]

/** When a duration that begins now ends, in the user's time zone (null or unknown: UTC); null: it names no end. */
export function endOf(duration: Duration, now: Instant, timezone: string | null): Instant | null {
  switch (duration) {
    case 'thirty_minutes':
      return now + 30 * MINUTE_MS
    case 'one_hour':
      return now + 60 * MINUTE_MS
    case 'four_hours':
      return now + 240 * MINUTE_MS
    case 'today':
      return endOfDay(now, timezone, () => 0)
    case 'this_week':
      return endOfDay(now, timezone, (weekday) => (SATURDAY + 7 - weekday) % 7)
    case '':
    case 'date_and_time':
      return null
  }
}

const MINUTE_MS = 60_000
const SATURDAY = 6

/** The last millisecond of today, or of the day that comes so many days later. `weekday`: 1 is Monday. */
function endOfDay(now: Instant, timezone: string | null, daysLater: (weekday: number) => number): Instant {
  const today = zoned(now, timezone).startOfDay()
  return today.add({ days: daysLater(today.dayOfWeek) + 1 }).startOfDay().epochMilliseconds - 1
}

function zoned(now: Instant, timezone: string | null): Temporal.ZonedDateTime {
  const instant = Temporal.Instant.fromEpochMilliseconds(now)
  try {
    return instant.toZonedDateTimeISO(timezone ?? 'UTC')
  } catch {
    return instant.toZonedDateTimeISO('UTC')
  }
}

/** An offset such as `+02:00`, in ms east of UTC. */
function offsetOf(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))
  return (zone.startsWith('-') ? -minutes : minutes) * MINUTE_MS
}
