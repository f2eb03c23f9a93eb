import type { Idling, PresenceRecord, SessionOwner } from '../core/record.ts'
import type { PresenceEvent } from '../core/transition.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'

/** One session that this node answers for, as it truly is; what the ledger holds follows it. */
export interface Held {
  readonly number: number
  readonly userId: UserId
  readonly sessionId: string
  readonly token: string | null
  readonly app: string
  readonly platform: string
  /** The door and whoever came through it, for the deed. */
  readonly via: string
  idles: Idling
  /** The last connection that it had. */
  connectionId: string
  /** Null: it is connected; else since when it is not, and until when somebody may come back for it. */
  lost: { readonly at: Instant; readonly graceMs: number | null } | null
  lastInputAt: Instant
  /** The client's or the timer's last word that the facts may not have yet. */
  said: 'active' | 'idle' | null
  /** What the facts say. */
  idle: boolean
  /** Until when it was believed in; null: it still is. */
  endedAt: Instant | null
  settling: boolean
  failures: number
  ended: (() => void) | null
}

/** What must happen for the facts to be as the session is; nothing when they are. */
export function eventsFor(held: Held, record: PresenceRecord, owner: SessionOwner): PresenceEvent[] {
  const { sessionId } = held
  const session = record.sessions.find(({ id, seenUntil }) => id === sessionId && seenUntil === null)
  if (held.endedAt !== null)
    return session === undefined ? [] : [{ type: 'session_closed', sessionId, seenUntil: seenUntil(held, held.endedAt, record) }]
  if (session === undefined) return [opening(held, owner)]
  const events: PresenceEvent[] = []
  if (session.owner?.node !== owner.node || session.owner.incarnation !== owner.incarnation)
    events.push({ type: 'session_adopted', sessionId, owner, leaseUntil: null })
  if (held.said === 'idle' && !session.idle) events.push({ type: 'session_idled', sessionId, lastInputAt: held.lastInputAt })
  if (held.said === 'active' && session.idle) events.push({ type: 'session_resumed', sessionId })
  return events
}

function opening({ sessionId, token, app, platform, idles, said, idle }: Held, owner: SessionOwner): PresenceEvent {
  const stillIdle = said === null ? idle : said === 'idle'
  const session = { id: sessionId, owner, leaseUntil: null, app, platform, idles, idle: stillIdle }
  return { type: 'session_opened', session: token === null ? session : { ...session, token } }
}

/**
 * The last input; for a client that tells its idleness and did not, the end itself. A declaration made while the session
 * was there ends with it, whoever made it (T3).
 */
function seenUntil(held: Held, endedAt: Instant, { declaredOnline }: PresenceRecord): Instant {
  const believed = held.lost?.at ?? endedAt
  if (held.idles === 'told' && !held.idle && held.said !== 'idle') return believed
  const declaredAt = declaredOnline?.at ?? 0
  return declaredAt <= believed ? Math.max(held.lastInputAt, declaredAt) : held.lastInputAt
}
