import { Type } from 'typebox'
import { Failure } from '../../core/errors.ts'
import type { Group, Groups } from '../../core/groups.ts'
import type { Principal } from '../../core/principal.ts'
import type { PresenceView, Services } from '../../core/service.ts'
import type { UserId } from '../../core/vocabulary.ts'
import { type Route, route } from '../../http/route.ts'
import { openEvents, type StreamingParts } from './events.ts'
import { createFeed, type Feed } from './feed.ts'
import { ringOf } from './rings.ts'
import { BATCH_GROUPS_MAX, BATCH_USERS_MAX, StreamOf, WATCHED_MAX } from './schemas.ts'
import { EventsShape } from './shapes.ts'
import { findUser } from './translate.ts'
import { eventOf, streamVoice } from './voices.ts'

const LastEvent = Type.Object({ 'Last-Event-ID': Type.Optional(Type.String({ description: 'The cursor to go on from.' })) })

/** Presence as server-sent events. */
export function streamRoutes(services: Services, realtime: StreamingParts): readonly Route[] {
  const { presence, people, groups } = services
  const voice = streamVoice()
  const ring = ringOf(services, realtime.fanout, voice)

  return [
    route({
      rule: 'N32',
      method: 'GET',
      path: '/v1/stream',
      endless: true,
      summary: 'Be told of presence as server-sent events',
      answers: { 200: EventsShape },
      refuses: [404],
      reads: { headers: LastEvent },
      access: 'user',
      rate: 'read',
      query: StreamOf,
      handle({ query, principal, request, reply }) {
        const since = String(request.headers['last-event-id'] ?? query.since ?? '') || null
        const asked = query.users === undefined ? null : usersIn(query.users, principal, people)
        const { view } = presence.as(principal, 'native')
        assertReadable(view, since)
        const inGroups = query.groups === undefined ? [] : groupsIn(query.groups, groups.as(principal))
        const isAll = asked === null && inGroups.length === 0
        assertFewEnough((isAll ? [...(principal.reach ?? [])] : (asked?.known ?? [])).length, inGroups)
        let feed: Feed | null = null
        const connection = openEvents(realtime, {
          principal,
          request,
          reply,
          closed: () => feed?.stop(),
          farewell: (reason) => String(eventOf('goodbye', JSON.stringify({ reason, cursor: feed?.cursor() ?? null }))),
        })
        feed = createFeed({ connection, principal, view, groups, fanout: realtime.fanout, voice, ring })
        if (isAll) feed.everyone(since)
        if (asked !== null) feed.watch(asked.known, asked.unknown, since, asked.named)
        if (inGroups.length > 0) feed.watchGroups(inGroups.map(({ id }) => id))
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

function groupsIn(text: string, groups: Groups): readonly Group[] {
  const words = text.split(',').filter((word) => word !== '')
  if (words.length >= 1 && words.length <= BATCH_GROUPS_MAX) return words.map((word) => groups.find(word))
  throw new Failure('invalid', `"groups" must name 1 to ${BATCH_GROUPS_MAX} groups.`, { reason: 'malformed', field: 'groups' })
}

/** Refuses while there still is a request to answer. */
function assertFewEnough(users: number, groups: readonly Group[]): void {
  if (groups.reduce((sum, { members }) => sum + members, users) <= WATCHED_MAX) return
  throw new Failure('invalid', `One connection watches at most ${WATCHED_MAX} users; these groups have more.`, {
    reason: 'too_many_watched',
    field: 'groups',
  })
}

/** Refuses while there still is a request to answer. */
function assertReadable(view: PresenceView, since: string | null): void {
  if (since === null) view.many([])
  else view.changesSince(since)
}
