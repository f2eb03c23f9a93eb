import type { Idling, PresenceRecord, Session, SessionOwner } from '../core/record.ts'
import type { PresenceEvent } from '../core/transition.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'

/** One session that this node answers for, as it truly is; what the ledger holds follows it. */
export interface Held {
  readonly number: number
  readonly userId: UserId
  sessionId: string
  /** The node that the facts name, or will once they have it: this one, or one whose session is taken over or ended here. */
  holder: string
  readonly token: string | null
  readonly app: string
  readonly platform: string
  /** The door and whoever came through it, for the deed. */
  readonly via: string
  idles: Idling
  /** The last connection that it had. */
  connectionId: string
  /** The connection did not ask for this session, which another had before: when that one returns, this one has a say still. */
  byChance: boolean
  /** When somebody came back for it last; 0: nobody has. */
  backAt: Instant
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
  if (session !== undefined && !isHoldersOf(held, session, owner)) return []
  if (held.endedAt !== null)
    return session === undefined ? [] : [{ type: 'session_closed', sessionId, seenUntil: seenUntil(held, held.endedAt, record) }]
  if (session === undefined) return isInTrust(held, owner) ? [] : [opening(held, owner)]
  if (isInTrust(held, owner)) return []
  const events: PresenceEvent[] = []
  if (session.owner === null || !isSame(session.owner, owner))
    events.push({ type: 'session_adopted', sessionId, owner, leaseUntil: null })
  if (held.said === 'idle' && !session.idle) events.push({ type: 'session_idled', sessionId, lastInputAt: held.lastInputAt })
  if (held.said === 'active' && session.idle) events.push({ type: 'session_resumed', sessionId })
  return events
}

/** A session of a node that is gone, whose user has not come back yet. */
export const isInTrust = (held: Held, { node }: SessionOwner): boolean => held.holder !== node && held.lost !== null

/** Another node that has taken the session meanwhile is the one to speak of it. */
export const isHoldersOf = ({ holder }: Held, session: Session, { node }: SessionOwner): boolean =>
  session.owner !== null && (session.owner.node === holder || session.owner.node === node)

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

const isSame = (one: SessionOwner, other: SessionOwner): boolean =>
  one.node === other.node && one.incarnation === other.incarnation
