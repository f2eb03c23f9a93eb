import type { Instant } from '../../core/vocabulary.ts'
import { createLedgerTime } from '../time.ts'
import type { Talk } from './talk.ts'

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
    const told = Number(seconds) * 1000 + Number(microseconds) / 1000
    // It was told at some moment in between: a slow answer says little, and what it does not rule out stands.
    const [least, most] = [told - answeredAt, told - askedAt]
    offset = Math.min(most, Math.max(least, offset ?? (least + most) / 2))
  }

  await sample()
  return { now: createLedgerTime(() => monotonic() + (offset ?? 0), monotonic), sample }
}
