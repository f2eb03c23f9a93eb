/** How long a status is to hold. */
export const SPANS = ['never', '30', '60', 'today', 'week', 'time'] as const
export type Span = (typeof SPANS)[number]

const MINUTE_MS = 60_000

/** When a span that begins now ends, by the clock of this device; null: never, or not said. `at` is a local date and time. */
export function endOf(span: Span, now: number, at: string): number | null {
  switch (span) {
    case 'never':
      return null
    case '30':
    case '60':
      return now + Number(span) * MINUTE_MS
    case 'today':
      return midnightAfter(now, 1)
    case 'week':
      // A week ends with its Sunday.
      return midnightAfter(now, 7 - ((new Date(now).getDay() + 6) % 7))
    case 'time': {
      const instant = new Date(at).getTime()
      return Number.isNaN(instant) ? null : instant
    }
  }
}

function midnightAfter(now: number, days: number): number {
  const day = new Date(now)
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).getTime()
}
