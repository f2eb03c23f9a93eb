import type { Instant } from '../core/vocabulary.ts'

/** Ledger time may run apart from this machine's timers, so the timer looks again at least this often, in ms. */
const LOOK_AGAIN_MS_MAX = 1_000

/** Tells when tokens that are in use end by time, within a second: whatever lives longer than a request ends with them. */
export interface Expiry {
  /** This slot's token is used, and ends then; Infinity: never. */
  note(slot: number, until: Instant): void
  /** The token of this slot is no more. */
  forget(slot: number): void
  close(): void
}

export interface ExpiryParts {
  readonly now: () => Instant
  /** Told once for each slot. */
  readonly onExpired: (slot: number) => void
}

/** One timer for all tokens; they are gone through only when one has ended. */
export function createExpiry({ now, onExpired }: ExpiryParts): Expiry {
  const ends = new Map<number, Instant>()
  let earliest = Number.POSITIVE_INFINITY
  let timer: NodeJS.Timeout | null = null
  let closed = false

  function arm(): void {
    clearTimeout(timer ?? undefined)
    timer = null
    if (closed || earliest === Number.POSITIVE_INFINITY) return
    timer = setTimeout(look, Math.min(Math.max(0, earliest - now()), LOOK_AGAIN_MS_MAX)).unref()
  }

  function look(): void {
    const at = now()
    if (earliest <= at) {
      const ended = [...ends].filter(([, until]) => until <= at)
      for (const [slot] of ended) ends.delete(slot)
      earliest = Number.POSITIVE_INFINITY
      for (const until of ends.values()) earliest = Math.min(earliest, until)
      for (const [slot] of ended) onExpired(slot)
    }
    arm()
  }

  return {
    note(slot, until) {
      if (until === Number.POSITIVE_INFINITY || until <= now()) return
      ends.set(slot, until)
      if (until >= earliest) return
      earliest = until
      arm()
    },
    forget: (slot) => void ends.delete(slot),
    close() {
      closed = true
      arm()
    },
  }
}
