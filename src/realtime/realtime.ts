import type { IncomingMessage, Server } from 'node:http'
import type { Principal } from '../core/principal.ts'
import type { Services } from '../core/service.ts'
import type { Admission } from './admission.ts'
import type { Connection, SocketDialect, SocketRoute } from './connection.ts'
import { createFanout, type Fanout } from './fanout.ts'
import { type CutReason, createMembers } from './members.ts'
import { openStream, type StreamParts } from './stream.ts'
import { serveWebSockets } from './websocket.ts'

export interface RealtimeParts {
  readonly services: Services
  /** Who is let in; absent: within the bounds of `limits.ts`. */
  readonly admission?: Admission
  /** Somebody was turned away for so long, in ms, who may have a session that waits for them. */
  readonly onTurnedAway?: (ms: number) => void
  /** Many more will be told of in a moment. */
  readonly tellsMore?: () => boolean
  readonly log: { error(details: object, message: string): void }
}

/** How changes travel: sockets and streams, and one ticker that sends what waits for them. */
export interface Realtime {
  readonly fanout: Fanout
  /** In how many seconds a stream that is asked for now may be asked for again; null: now. */
  turnAway(): number | null
  /** Whether this principal has as many sockets and streams as it may. */
  isFull(principal: Principal): boolean
  openStream(parts: StreamParts): Connection
  /** Takes the sockets of these dialects on a server; who asks for one before is answered as for any other request. */
  attach(http: Server, dialects: readonly object[], addressOf: (request: IncomingMessage) => string): void
  readonly figures: {
    readonly open: number
    readonly turnedAway: number
    readonly rounds: number
    readonly longestSliceMs: number
    /** Connections that wait to be sent something. */
    readonly waiting: number
    /** Open connections by dialect and transport, with a space between. */
    readonly openByKind: ReadonlyMap<string, number>
    readonly cuts: ReadonlyMap<CutReason, number>
  }
  /** Lets everyone go, to come back; resolves once they are gone. */
  close(): Promise<void>
}

export function createRealtime({ services, admission, onTurnedAway, tellsMore, log }: RealtimeParts): Realtime {
  const fanout = createFanout({ ...(tellsMore && { tellsMore }), failed: (error) => log.error({ err: error }, 'a bug of ours') })
  const members = createMembers({
    newId: services.newId,
    onEnded: services.authentication.onEnded,
    ...(admission !== undefined && { admission }),
    ...(onTurnedAway !== undefined && { onTurnedAway }),
  })
  return {
    fanout,
    turnAway: members.turnAway,
    isFull: members.isFull,
    openStream: (parts) => openStream(members, parts),
    attach(http, dialects, addressOf) {
      const parts = { services, fanout, log, openSockets: () => members.open }
      const routes = new Map<SocketRoute, string>()
      for (const dialect of dialects.filter(isSocketDialect))
        for (const route of dialect.sockets(parts)) routes.set(route, dialect.name)
      const allowedOrigins = () => services.settings.current.allowedOrigins
      const { caughtUp } = services.authentication
      serveWebSockets(http, { members, routes, addressOf, allowedOrigins, caughtUp, log })
    },
    get figures() {
      const { open, turnedAway, openByKind, cuts } = members
      return { open, turnedAway, openByKind, cuts, ...fanout.figures }
    },
    async close() {
      fanout.stop()
      await members.leave()
    },
  }
}

const isSocketDialect = (dialect: object): dialect is SocketDialect => 'sockets' in dialect
