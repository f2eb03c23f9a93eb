import { Failure } from '../core/errors.ts'

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * When something ends, as RFC 3339: `30m`, `2h`, `1d` from now; `15:00`, the next time it is that here; a day like 2027-01-31,
 * at its beginning here; or a time. Throws Failure `invalid`.
 */
export function untilOf(word: string, now: Date): string {
  const [, amount, unit = ''] = /^(\d{1,4})\s*([mhd])$/.exec(word) ?? []
  if (amount !== undefined) return new Date(now.getTime() + Number(amount) * (UNIT_MS[unit] ?? 0)).toISOString()
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(word) ?? []
  if (hour !== undefined) return nextTime(now, Number(hour), Number(minute)).toISOString()
  const at = dateIn(word)
  if (at !== null && !Number.isNaN(at.getTime())) return at.toISOString()
  throw new Failure('invalid', `"${word}" is no time; say 30m, 2h, 15:00, 2027-01-31 or 2027-01-31T15:00:00Z.`)
}

/** Null: no day that there is. */
function dateIn(word: string): Date | null {
  const [, year = 0, month = 0, day = 0, time] = /^(\d{4})-(\d\d)-(\d\d)(.+)?$/.exec(word) ?? []
  const midnight = new Date(Number(year), Number(month) - 1, Number(day))
  if (midnight.getMonth() !== Number(month) - 1 || midnight.getDate() !== Number(day)) return null
  return time === undefined ? midnight : new Date(word)
}

function nextTime(now: Date, hour: number, minute: number): Date {
  const at = new Date(now)
  at.setHours(hour, minute, 0, 0)
  if (at <= now) at.setDate(at.getDate() + 1)
  return at
}
