import type { Attended } from '../core/service.ts'
import type { Instant } from '../core/vocabulary.ts'
import type { Held } from './held.ts'

export interface AttendingParts {
  readonly now: () => Instant
  /** The client's word, which may be none that the facts lack. */
  readonly say: (held: Held, said: 'active' | 'idle', lastInputAt: Instant) => void
  readonly end: (held: Held) => void
  /** The connection is no more; the session lives through the grace. */
  readonly cut: (held: Held) => void
}

/** A connection's part in a session. */
interface Attending extends Attended {
  readonly held: Held
  readonly connectionId: string
}

/** Makes the part that a connection has in a session; what it does is shared by all, so that none has closures of its own. */
export function createAttending({ now, say, end, cut }: AttendingParts): (held: Held, connectionId: string) => Attended {
  const shared: Omit<Attended, 'sessionId'> & ThisType<Attending> = {
    active() {
      if (isOwn(this)) say(this.held, 'active', now())
    },
    idle(lastInputAt) {
      const { held } = this
      const unknown = held.idles === 'told' ? now() : held.lastInputAt
      if (isOwn(this)) say(held, 'idle', lastInputAt === null ? unknown : Math.min(lastInputAt, now()))
    },
    leave() {
      if (isOwn(this)) end(this.held)
    },
    cut() {
      if (isOwn(this)) cut(this.held)
    },
  }
  return (held, connectionId) => Object.assign(Object.create(shared), { sessionId: held.sessionId, held, connectionId })
}

/** Nobody else has come for the session, and it has not ended. */
const isOwn = ({ held, connectionId }: Attending): boolean =>
  held.connectionId === connectionId && held.lost === null && held.endedAt === null
