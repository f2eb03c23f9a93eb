import type { Instant } from '../core/vocabulary.ts'

/**
 * Ledger time over a clock that may be set back: it then creeps at half the pace until the clock has caught up, so that it
 * neither steps back nor stands still. Both readings are in ms.
 */
export function createLedgerTime(clock: () => Instant, monotonic: () => number = () => performance.now()): () => Instant {
  let told = clock()
  let readAt = monotonic()
  return () => {
    const [reading, nowAt] = [clock(), monotonic()]
    told = reading >= told ? reading : told + (nowAt - readAt) / 2
    readAt = nowAt
    return Math.floor(told)
  }
}
