/** What was delivered since the last reset. */
export interface Tally {
  /** `latencyMs` below 0: not measured. `aside`: by a client whose latency does not count. */
  delivered(now: number, latencyMs: number, aside: boolean): void
  /** Somebody who was there was told to be offline. */
  offline(now: number): void
  cut(): void
  reset(): void
  figures(): Figures
}

export interface Figures {
  readonly deliveries: number
  /** From the change being due, or from the end of the clock in `since`, to being seen; ms. NaN: none was measured. */
  readonly p50: number
  readonly p99: number
  readonly highest: number
  readonly offlines: number
  /** When the first and the last were told to be offline, in ms since 1970. */
  readonly firstOfflineAt: number
  readonly lastOfflineAt: number
  readonly cuts: number
  /** What the process used of its core since the reset, in ms. */
  readonly cpuMs: number
}

const BUCKET_MS = 0.5
const BUCKETS = 120_000

export function createTally(): Tally {
  const buckets = new Uint32Array(BUCKETS)
  let [deliveries, measured, highest, offlines, firstOffline, lastOffline, cuts] = [0, 0, 0, 0, 0, 0, 0]
  let cpu = process.cpuUsage()

  function percentile(share: number): number {
    if (measured === 0) return Number.NaN
    let rest = measured * share
    let bucket = 0
    while (bucket < BUCKETS - 1 && rest > (buckets[bucket] ?? 0)) rest -= buckets[bucket++] ?? 0
    return (bucket + 1) * BUCKET_MS
  }

  return {
    delivered(_now, latencyMs, aside) {
      deliveries++
      if (latencyMs < 0 || aside) return
      measured++
      if (latencyMs > highest) highest = latencyMs
      const bucket = Math.min(BUCKETS - 1, Math.floor(latencyMs / BUCKET_MS))
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
    },
    offline(now) {
      if (offlines++ === 0) firstOffline = now
      lastOffline = now
    },
    cut() {
      cuts++
    },
    reset() {
      buckets.fill(0)
      ;[deliveries, measured, highest, offlines, firstOffline, lastOffline, cuts] = [0, 0, 0, 0, 0, 0, 0]
      cpu = process.cpuUsage()
    },
    figures() {
      const { user, system } = process.cpuUsage(cpu)
      return {
        deliveries,
        p50: percentile(0.5),
        p99: percentile(0.99),
        highest,
        offlines,
        firstOfflineAt: performance.timeOrigin + firstOffline,
        lastOfflineAt: performance.timeOrigin + lastOffline,
        cuts,
        cpuMs: (user + system) / 1000,
      }
    },
  }
}
