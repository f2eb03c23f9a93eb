import { Failure } from '../core/errors.ts'
import type { Principal } from '../core/principal.ts'
import type { PresenceRecord, Session } from '../core/record.ts'
import { lives } from '../core/resolve.ts'
import type { KeptSession, PresenceCommands } from '../core/service.ts'
import type { PresenceEvent } from '../core/transition.ts'
import type { Instant } from '../core/vocabulary.ts'
import { admit, inspectNames } from './admission.ts'
import type { ServiceParts } from './service.ts'

/** How long a session is believed without a heartbeat, in ms. A heartbeat is written only when less than half of it remains. */
export const LEASE_MS = 300_000

type Kept = Pick<PresenceCommands, 'openSession' | 'heartbeat' | 'closeSession'>

/** Sessions that belong to no node: heartbeats keep them, wherever they arrive. */
export function createKept({ ledger, subjects, roster, enact }: ServiceParts, principal: Principal, via: string): Kept {
  const { userId } = principal
  const deed = { via, by: principal.by, self: true }

  function inspectPrincipal(): void {
    const event: PresenceEvent = { type: 'session_resumed', sessionId: '' }
    const slot = admit(principal, userId, [event], subjects)
    if (subjects.isDeactivated(slot)) throw new Failure('forbidden', 'This user is deactivated.', { reason: 'deactivated' })
  }

  function leaseOf(sessionId: string): KeptSession {
    const record = roster.recordAt(subjects.slotOf(userId))
    return { sessionId, leaseUntil: found(record, sessionId, ledger.now()).leaseUntil ?? 0 }
  }

  return {
    async openSession({ app, platform, idle }) {
      inspectPrincipal()
      inspectNames({ app, platform })
      const id = crypto.randomUUID()
      const session = { id, owner: null, app, platform, idles: 'both', idle } as const
      const token = principal.tokenId === null ? {} : { token: principal.tokenId }
      const opening = (now: Instant): PresenceEvent => ({
        type: 'session_opened',
        session: { ...session, ...token, leaseUntil: now + LEASE_MS },
      })
      await enact(userId, (_record, now) => [opening(now)], deed)
      return leaseOf(id)
    },
    async heartbeat(sessionId, { idle, lastInputAt }) {
      inspectPrincipal()
      await enact(
        userId,
        (record, now) => {
          const session = found(record, sessionId, now)
          const events: PresenceEvent[] = []
          if ((session.leaseUntil ?? 0) - now < LEASE_MS / 2)
            events.push({ type: 'session_renewed', sessionId, leaseUntil: now + LEASE_MS })
          if (idle === true) events.push({ type: 'session_idled', sessionId, lastInputAt: lastInputAt ?? now })
          if (idle === false) events.push({ type: 'session_resumed', sessionId })
          return events
        },
        deed,
      )
      return leaseOf(sessionId)
    },
    async closeSession(sessionId) {
      inspectPrincipal()
      const closing = (record: PresenceRecord, now: Instant): PresenceEvent => {
        const { idle } = found(record, sessionId, now)
        const seenUntil = idle ? Math.max(record.lastActiveAt ?? 0, declaredBefore(record, now)) : now
        return { type: 'session_closed', sessionId, seenUntil }
      }
      await enact(userId, (record, now) => [closing(record, now)], deed)
    },
  }
}

/** A declaration made while the session was there ends with it (T3). */
const declaredBefore = ({ declaredOnline }: PresenceRecord, now: Instant): Instant => Math.min(declaredOnline?.at ?? 0, now)

/** Throws Failure `not_found` for a session that is none, has ended, or is kept by a connection. */
function found({ sessions }: PresenceRecord, sessionId: string, now: Instant): Session {
  const session = sessions.find(({ id, owner }) => id === sessionId && owner === null)
  if (session !== undefined && lives(session, now)) return session
  throw new Failure('not_found', 'There is no such session; it may have ended.', { reason: 'no_such_session' })
}
