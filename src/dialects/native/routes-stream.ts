import { Type } from 'typebox'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import type { PresenceView, Services } from '../../core/service.ts'
import type { UserId } from '../../core/vocabulary.ts'
import { type Route, route } from '../../http/route.ts'
import type { Realtime } from '../../realtime/realtime.ts'
import type { Texts } from './answers.ts'
import { createFeed, type Feed } from './feed.ts'
import { ringOf } from './rings.ts'
import { BATCH_USERS_MAX, StreamOf } from './schemas.ts'
import { EventsShape } from './shapes.ts'
import { findUser } from './translate.ts'
import { eventOf, streamVoice } from './voices.ts'

/** How long clients wait before they come back, in ms, spread so that they do not all come at once. */
const RETRY_MS = 1_000
const RETRY_SPREAD_MS = 4_000

const LastEvent = Type.Object({ 'Last-Event-ID': Type.Optional(Type.String({ description: 'The cursor to go on from.' })) })

/** Presence as server-sent events. */
export function streamRoutes(
  services: Services,
  realtime: Pick<Realtime, 'fanout' | 'openStream' | 'turnAway' | 'isFull'>,
  texts: Texts,
): readonly Route[] {
  const { presence, people } = services
  const voice = streamVoice(texts)
  const ring = ringOf(services, realtime.fanout, voice)

  return [
    route({
      rule: 'N32',
      method: 'GET',
      path: '/v1/stream',
      summary: 'Be told of presence as server-sent events',
      answers: { 200: EventsShape },
      reads: { headers: LastEvent },
      access: 'user',
      rate: 'read',
      query: StreamOf,
      handle({ query, principal, request, reply }) {
        const since = String(request.headers['last-event-id'] ?? query.since ?? '') || null
        const asked = query.users === undefined ? null : usersIn(query.users, principal, people)
        const { view } = presence.as(principal, 'native')
        assertReadable(view, since)
        const seconds = realtime.turnAway()
        if (seconds !== null) throw busy(seconds)
        if (realtime.isFull(principal)) throw new Failure('too_many', 'Too many connections of yours are open; close some first.')
        reply.hijack()
        const headers = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' }
        reply.raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...headers })
        let feed: Feed | null = null
        const connection = realtime.openStream({
          response: reply.raw,
          address: request.ip,
          principal,
          closed: () => feed?.stop(),
          farewell: (_code, reason) => String(eventOf('goodbye', JSON.stringify({ reason, cursor: feed?.cursor() ?? null }))),
        })
        connection.send(`retry: ${RETRY_MS + Math.floor(Math.random() * RETRY_SPREAD_MS)}\n\n`)
        feed = createFeed({ connection, principal, view, fanout: realtime.fanout, voice, ring })
        if (asked === null) feed.everyone(since)
        else feed.watch(asked.known, asked.unknown, since, asked.named)
        return reply
      },
    }),
  ]
}

/** Ids of the users that words name, the words for nobody, and whom those words mean that are not ids (absent: all are). */
export function usersOf(words: readonly string[], principal: Principal, people: Services['people']) {
  const known = new Set<UserId>()
  const unknown: string[] = []
  const others: [word: string, userId: UserId][] = []
  for (const word of words) {
    const userId = findUser(word, principal, people)
    if (userId === null) unknown.push(word)
    else known.add(userId)
    if (userId !== null && userId !== word) others.push([word, userId])
  }
  return { known: [...known], unknown, ...(others.length > 0 && { named: Object.fromEntries(others) }) }
}

function usersIn(text: string, principal: Principal, people: Services['people']) {
  const words = text.split(',').filter((word) => word !== '')
  if (words.length >= 1 && words.length <= BATCH_USERS_MAX) return usersOf(words, principal, people)
  throw new Failure('invalid', `"users" must name 1 to ${BATCH_USERS_MAX} users; without it the stream is of everyone.`, {
    reason: 'malformed',
    field: 'users',
  })
}

/** Refuses while there still is a request to answer. */
function assertReadable(view: PresenceView, since: string | null): void {
  if (since === null) view.many([])
  else view.changesSince(since)
}

const busy = (seconds: number): Failure =>
  new Failure('unavailable', `Too many come at once; try again in ${seconds} s.`, {
    reason: 'busy',
    retryAfterMs: seconds * 1000,
  })
