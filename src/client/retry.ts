/** At most the first wait before coming back, in ms; each further one is up to twice as long, up to DELAY_MS_MAX. */
const DELAY_MS = 1_000
const DELAY_MS_MAX = 30_000
/** What was up for this long, in ms, begins anew: one cut is not a storm. */
const STEADY_MS = 10_000

/** When to come back, spread by chance, so that many who were cut at once do not all come at once. */
export interface Retry {
  /** Calls once, after a while; at least after `retryAfterMs` where the server asked for it. */
  later(call: () => void, retryAfterMs?: number | null): void
  /** At once, if somebody waits: the network is back. */
  now(): void
  readonly isWaiting: boolean
  /** It is up. */
  up(): void
  stop(): void
}

export function createRetry(random: () => number = Math.random): Retry {
  let failures = 0
  let upSince: number | null = null
  let waiting: { readonly timer: ReturnType<typeof setTimeout>; readonly call: () => void } | null = null

  function stop(): void {
    if (waiting !== null) clearTimeout(waiting.timer)
    waiting = null
  }

  return {
    later(call, retryAfterMs = null) {
      stop()
      if (upSince !== null && performance.now() - upSince >= STEADY_MS) failures = 0
      upSince = null
      const spread = Math.min(DELAY_MS_MAX, DELAY_MS * 2 ** failures++)
      const ms = (retryAfterMs ?? 0) + spread * random()
      const timer = setTimeout(() => {
        waiting = null
        call()
      }, ms)
      waiting = { timer, call }
    },
    now() {
      const call = waiting?.call
      stop()
      call?.()
    },
    get isWaiting() {
      return waiting !== null
    },
    up() {
      upSince ??= performance.now()
    },
    stop,
  }
}
