import type { Instant } from '../core/vocabulary.ts'

/**
 * Ledger time over a clock that may be set back: it then creeps at half the pace until the clock has caught up, so that it
 * neither steps back nor stands still. Both readings are in ms.
 */
export function createLedgerTime(clock: () => Instant, monotonic: () => number = () => performance.now()): () => Instant {
  let told = clock()
  /** Null: the clock is not behind. */
  let creptAt: number | null = null
  return () => {
    const reading = clock()
    if (reading >= told) {
      told = reading
      creptAt = null
      return Math.floor(told)
    }
    const nowAt = monotonic()
    told += (nowAt - (creptAt ?? nowAt)) / 2
    creptAt = nowAt
    return Math.floor(told)
  }
}
