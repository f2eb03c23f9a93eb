import type { Instant } from '../core/vocabulary.ts'
import { RATE_KEYS_MAX } from './limits.ts'

export interface RateAnswer {
  readonly allowed: boolean
  readonly callsMax: number
  readonly remaining: number
  /** When counting starts anew. */
  readonly resetAt: Instant
}

export interface RateLimit {
  readonly callsMax: number
  readonly windowMs: number
}

export interface RateCounter {
  /** Counts one call of `key` (a caller and a route). */
  take(key: string, limit: RateLimit): RateAnswer
}

/** Fixed windows, one map for each length: a window's counts are dropped all at once, so that nothing is swept or timed. */
export function createRateCounter({ now }: { readonly now: () => Instant }): RateCounter {
  const windows = new Map<number, { resetAt: Instant; counts: Map<string, number> }>()
  return {
    take(key, { callsMax, windowMs }) {
      const at = now()
      let window = windows.get(windowMs)
      if (window === undefined || at >= window.resetAt || window.counts.size >= RATE_KEYS_MAX) {
        window = { resetAt: at + windowMs, counts: new Map() }
        windows.set(windowMs, window)
      }
      const calls = (window.counts.get(key) ?? 0) + 1
      window.counts.set(key, calls)
      return { allowed: calls <= callsMax, callsMax, remaining: Math.max(0, callsMax - calls), resetAt: window.resetAt }
    },
  }
}
