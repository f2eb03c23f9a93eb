import type { FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import type { Connection } from '../../realtime/connection.ts'
import type { Realtime } from '../../realtime/realtime.ts'

export type StreamingParts = Pick<Realtime, 'fanout' | 'openStream' | 'turnAway' | 'isFull'>

export interface EventsParts {
  readonly principal: Principal
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly closed: () => void
  /** The last event, as text. */
  readonly farewell: (reason: string) => string
}

/** How long clients wait before they come back, in ms, spread so that they do not all come at once. */
const RETRY_MS = 1_000
const RETRY_SPREAD_MS = 4_000

/** Answers a request with server-sent events. Throws Failure `unavailable` busy, `too_many`, while there still is one to answer. */
export function openEvents(realtime: StreamingParts, parts: EventsParts): Connection {
  const { principal, request, reply, closed, farewell } = parts
  const seconds = realtime.turnAway()
  if (seconds !== null) throw busy(seconds)
  if (realtime.isFull(principal)) throw new Failure('too_many', 'Too many connections of yours are open; close some first.')
  reply.hijack()
  const headers = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' }
  reply.raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...headers })
  const connection = realtime.openStream({
    response: reply.raw,
    address: request.ip,
    principal,
    dialect: 'native',
    closed,
    farewell: (_code, reason) => farewell(reason),
  })
  connection.send(`retry: ${RETRY_MS + Math.floor(Math.random() * RETRY_SPREAD_MS)}\n\n`)
  return connection
}

const busy = (seconds: number): Failure =>
  new Failure('unavailable', `Too many come at once; try again in ${seconds} s.`, {
    reason: 'busy',
    retryAfterMs: seconds * 1000,
  })
