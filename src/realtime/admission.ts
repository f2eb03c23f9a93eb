import { CONNECTIONS_MAX, LATE_MS_MAX, RETRY_SPREAD_SECONDS_MAX, STRANGERS_MAX } from './limits.ts'

const LOOK_MS = 100
const LATE_LOOKS = 3

/** Keeps a herd of clients who all come back at once from being served badly, or not at all. */
export interface Admission {
  /** Null: come in; else in how many seconds to try again. */
  turnAway(open: number, strangers: number): number | null
  stop(): void
}

export interface AdmissionParts {
  readonly random: () => number
  /** The event loop is late again and again: clients may not even be turned away. */
  readonly onLate?: () => void
  readonly connectionsMax?: number
  readonly strangersMax?: number
}

/** Lets in while there is room and the event loop keeps up; who is turned away is spread over the next seconds. */
export function createAdmission({
  random,
  onLate,
  connectionsMax = CONNECTIONS_MAX,
  strangersMax = STRANGERS_MAX,
}: AdmissionParts): Admission {
  let looked = performance.now()
  // One late look is a hiccup; several on end are too much work.
  let lateLooks = 0
  const timer = setInterval(() => {
    const now = performance.now()
    lateLooks = now - looked - LOOK_MS > LATE_MS_MAX ? lateLooks + 1 : 0
    looked = now
    if (lateLooks >= LATE_LOOKS) onLate?.()
  }, LOOK_MS)
  timer.unref()
  return {
    turnAway(open, strangers) {
      if (open < connectionsMax && strangers < strangersMax && lateLooks < LATE_LOOKS) return null
      return 1 + Math.round(random() * RETRY_SPREAD_SECONDS_MAX)
    },
    stop: () => clearInterval(timer),
  }
}
