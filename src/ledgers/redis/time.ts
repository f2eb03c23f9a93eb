import type { Instant } from '../../core/vocabulary.ts'
import { createLedgerTime } from '../time.ts'
import type { Talk } from './talk.ts'

/** How much of a difference the told time makes up for at once. */
const SHARE = 0.5

export interface RedisTime {
  now(): Instant
  /** Asks the server for its time. */
  sample(): Promise<void>
}

/** The server's time, of which samples are taken, over this machine's monotonic clock: machines' own clocks do not matter. */
export async function createRedisTime(
  talk: Talk,
  key: string,
  monotonic: () => number = () => performance.now(),
): Promise<RedisTime> {
  let offset: number | null = null

  async function sample(): Promise<void> {
    const askedAt = monotonic()
    const [seconds, microseconds] = (await talk.send(key, ['TIME'])) as readonly [Buffer, Buffer]
    const answeredAt = monotonic()
    const measured = Number(seconds) * 1000 + Number(microseconds) / 1000 - (askedAt + answeredAt) / 2
    offset = offset === null ? measured : offset + SHARE * (measured - offset)
  }

  await sample()
  return { now: createLedgerTime(() => monotonic() + (offset ?? 0), monotonic), sample }
}
