import { Failure } from '../core/errors.ts'
import type { Principal } from '../core/principal.ts'
import type { PresenceRecord, Session } from '../core/record.ts'
import { lives } from '../core/resolve.ts'
import type { Attendance } from '../core/service.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { SESSIONS_MAX } from './admission.ts'
import type { Held } from './held.ts'
import type { Holding } from './holding.ts'
import type { Nodes } from './nodes.ts'

export interface TakingParts {
  readonly holding: Holding
  readonly nodes: Nodes
  readonly now: () => Instant
  readonly recordOf: (userId: UserId) => PresenceRecord
  readonly end: (held: Held) => void
}

/** How a session comes to be held here. */
export interface Taking {
  /** For a connection: one that is taken back, else a new one. Throws Failure `invalid` when the user has too many. */
  take(principal: Principal, via: string, attendance: Attendance): { readonly held: Held; readonly isNew: boolean }
  /** One that was found in the facts: somebody may come back for it until so long after it was lost. */
  keep(userId: UserId, session: Session, record: PresenceRecord, lost: Held['lost']): Held
}

export function createTaking({ holding, nodes, now, recordOf, end }: TakingParts): Taking {
  function keep(userId: UserId, session: Session, { lastActiveAt }: PresenceRecord, lost: Held['lost']): Held {
    const { id, owner, token = null, app, platform, idles, idle, openedAt } = session
    const holder = owner?.node ?? nodes.self().node
    const known = { userId, sessionId: id, connectionId: id, holder, token, app, platform, idles, idle }
    return holding.add({ ...known, ...UNTOUCHED, via: '', lost, lastInputAt: lastActiveAt ?? openedAt })
  }

  /** The one that had the connection or has the id, else the longest cut one, of the same token and app (T7). */
  function adoptable(userId: UserId, token: string | null, { app, resumes }: Attendance): Held | undefined {
    const own = holding.of(userId).filter((held) => held.endedAt === null && held.token === token && held.app === app)
    const named = own.find((held) => held.connectionId === resumes || (held.sessionId === resumes && !isTaken(held)))
    if (named !== undefined) return named
    const record = recordOf(userId)
    const others = elsewhere(userId, record).filter((session) => (session.token ?? null) === token && session.app === app)
    const [cut] = own.filter((held) => held.lost !== null).sort(byLost)
    const other = others.find(({ id }) => id === resumes) ?? (cut === undefined ? others.find(isLeft) : undefined)
    return other === undefined ? cut : keep(userId, other, record, null)
  }

  /** Live sessions that other nodes speak of, the oldest first. */
  function elsewhere(userId: UserId, { sessions }: PresenceRecord): readonly Session[] {
    const held = holding.of(userId)
    const { node } = nodes.self()
    return sessions.filter(
      ({ id, owner, seenUntil }) =>
        owner !== null && owner.node !== node && seenUntil === null && !held.some(({ sessionId }) => sessionId === id),
    )
  }

  /** While its node lives, nobody else knows whether a session is cut. */
  const isLeft = ({ owner }: Session): boolean => owner !== null && nodes.goneAt(owner.node) !== null

  function open(principal: Principal, via: string, { connectionId, app, platform, idles }: Attendance): Held {
    const { userId, tokenId: token } = principal
    makeRoom(userId)
    const sessionId = holding.of(userId).some((held) => held.sessionId === connectionId) ? crypto.randomUUID() : connectionId
    const holder = nodes.self().node
    const known = { userId, sessionId, connectionId, holder, token, app, platform, idles, idle: false }
    return holding.add({ ...known, ...UNTOUCHED, via, lost: null, lastInputAt: now() })
  }

  /** Beyond the bound the longest cut session ends; when all are connected, nobody else comes in. */
  function makeRoom(userId: UserId): void {
    const held = holding.of(userId)
    const own = held.filter(({ endedAt }) => endedAt === null)
    const live = recordOf(userId).sessions.filter((session) => lives(session, now()))
    const others = live.filter(({ id }) => !held.some(({ sessionId }) => sessionId === id))
    if (own.length + others.length < SESSIONS_MAX) return
    const [oldest] = own.filter(({ lost }) => lost !== null).sort(byLost)
    if (oldest === undefined) throw new Failure('invalid', `A user has at most ${SESSIONS_MAX} sessions.`, { field: 'sessions' })
    end(oldest)
  }

  return {
    take(principal, via, attendance) {
      const adopted = adoptable(principal.userId, principal.tokenId, attendance)
      const held = adopted ?? open(principal, via, attendance)
      // Who comes back for a connection of its own has the session as that had it.
      if (adopted !== undefined && attendance.resumes !== held.connectionId) held.byChance = attendance.resumes !== held.sessionId
      if (adopted !== undefined) held.backAt = now()
      held.connectionId = attendance.connectionId
      held.lost = null
      held.idles = attendance.idles
      held.ended = attendance.ended ?? null
      return { held, isNew: adopted === undefined }
    },
    keep,
  }
}

/** Somebody else is connected to it, who was given it. */
const isTaken = ({ lost, byChance }: Held): boolean => lost === null && byChance

const UNTOUCHED = { byChance: false, backAt: 0, said: null, endedAt: null, settling: false, failures: 0, ended: null } as const

const byLost = (one: Held, other: Held): number => (one.lost?.at ?? 0) - (other.lost?.at ?? 0)
