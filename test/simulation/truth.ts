import type { Attended } from '../../src/core/service.ts'
import type { Instant, UserId } from '../../src/core/vocabulary.ts'

/** What a session truly is, known by the acts alone. */
export interface Truth {
  readonly userId: UserId
  readonly app: string
  readonly sessionId: string
  /** Null: heartbeats keep it. */
  handle: Attended | null
  idle: boolean
  /** Until when it is there for sure; Infinity: it is connected. */
  sureUntil: Instant
  /** From when on it is gone for sure. */
  goneFrom: Instant
}

/** One look of a timer. */
export const TICK_MS = 1_000

export const isConnected = ({ handle, sureUntil }: Truth): boolean => handle !== null && sureUntil === Number.POSITIVE_INFINITY

/** All that the user's sessions may show now: one answer, but while a timer is still to look. */
export function possible(truths: readonly Truth[], now: Instant): Set<string> {
  const sure = truths.filter(({ sureUntil }) => now < sureUntil)
  const maybe = truths.filter(({ sureUntil, goneFrom }) => now >= sureUntil && now < goneFrom)
  const answers = new Set([shownBy(sure)])
  for (let subset = 1; subset < 1 << Math.min(maybe.length, 8); subset++)
    answers.add(shownBy([...sure, ...maybe.filter((_, i) => subset & (1 << i))]))
  return answers
}

function shownBy(truths: readonly Truth[]): string {
  if (truths.length === 0) return 'offline'
  return truths.some(({ idle }) => !idle) ? 'online' : 'away'
}
