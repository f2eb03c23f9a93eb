import type { Watcher } from '../core/service.ts'
import type { Presence, UserId } from '../core/vocabulary.ts'
import { CLOSE } from './connection.ts'
import type { FanoutParts } from './fanout.ts'
import { WAITING_BYTES } from './limits.ts'

/** Users told in one write; more follow when the others have had their turn. */
export const FLUSH_USERS_MAX = 500

/** What waits for one connection: per user only the latest. One slow reader must not hold the server's memory. */
export interface Outbox extends Watcher {
  /** Nothing is sent any more. */
  stop(): void
  /** Users that wait now. */
  size(): number
}

export interface OutboxParts extends FanoutParts {
  /** Calls once in the next round of sending. */
  readonly soon: (work: () => void) => void
  /** Calls once after all others of this round. */
  readonly next: (work: () => void) => void
  readonly usersMax: number
  /** From now on something waits (1), or nothing any more (-1). */
  readonly onWaiting?: (change: 1 | -1) => void
}

export function createOutbox({ connection, encode, overflow, soon, next, usersMax, onWaiting }: OutboxParts): Outbox {
  // Null: the user is no more. Made when needed: most outboxes are empty most of the time.
  let latest: Map<UserId, Presence | null> | null = null
  let asked = false
  let stopped = false

  function put(userId: UserId, presence: Presence | null): void {
    if (stopped) return
    if (latest === null) {
      latest = new Map()
      onWaiting?.(1)
    }
    if (latest.size >= usersMax && !latest.has(userId)) {
      stop()
      if (overflow === undefined) connection.close(CLOSE.slow, 'too slow; come back with your cursor')
      else overflow()
      return
    }
    latest.set(userId, presence)
    ask()
  }

  function ask(when = soon): void {
    if (asked) return
    asked = true
    when(flush)
  }

  function flush(): void {
    asked = false
    if (stopped || latest === null || latest.size === 0) return
    if (connection.waitingBytes() > WAITING_BYTES) {
      asked = true
      connection.onceDrained(flush)
      return
    }
    const [presences, gone] = take(latest)
    const last = latest.size === 0
    if (last) empty()
    connection.write(encode(presences, gone, last))
    if (!last) ask(next)
  }

  function empty(): void {
    if (latest !== null) onWaiting?.(-1)
    latest = null
  }

  function stop(): void {
    stopped = true
    empty()
  }

  return {
    told: (presence) => put(presence.userId, presence),
    gone: (userId) => put(userId, null),
    stop,
    size: () => latest?.size ?? 0,
  }
}

/** Takes the first out of what waits. */
function take(latest: Map<UserId, Presence | null>): [presences: Presence[], gone: UserId[]] {
  const presences: Presence[] = []
  const gone: UserId[] = []
  for (const [userId, presence] of latest) {
    if (presences.length + gone.length >= FLUSH_USERS_MAX) break
    if (presence === null) gone.push(userId)
    else presences.push(presence)
    latest.delete(userId)
  }
  return [presences, gone]
}
