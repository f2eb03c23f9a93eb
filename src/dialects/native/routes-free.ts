import type { Services } from '../../core/service.ts'
import { type Call, type Route, route } from '../../http/route.ts'
import { CLOSE, type Connection } from '../../realtime/connection.ts'
import { answerTagged, type Texts, tag } from './answers.ts'
import { openEvents, type StreamingParts } from './events.ts'
import { ByGroup, ByUser } from './schemas.ts'
import { EventsShape } from './shapes.ts'
import { CountsShape, FreeShape } from './shapes-groups.ts'
import { presenceOut, userOf } from './translate.ts'
import { eventOf } from './voices.ts'

/** How the members of groups are, whose turn it is, and waiting until somebody is free. */
export function freeRoutes({ groups, people }: Services, realtime: StreamingParts, texts: Texts): readonly Route[] {
  /** One event, and the stream ends. */
  function awaitFree(
    params: { readonly group: string } | { readonly user: string },
    call: Pick<Call, 'principal' | 'request' | 'reply'>,
  ) {
    const own = groups.as(call.principal)
    const awaited =
      'group' in params ? { groupId: own.find(params.group).id } : { userId: userOf(params.user, call.principal, people) }
    let connection: Connection | null = null
    let last: Buffer | null = null
    const end = (event: Buffer): void => {
      last = event
      if (connection !== null) realtime.fanout.soon(() => connection?.close(CLOSE.goodbye))
    }
    const stop = own.untilFree(awaited, {
      free: (presence) => end(eventOf('free', `{"presence":${texts(presence).text}}`)),
      gone: () => end(eventOf('gone', JSON.stringify(awaited))),
    })
    try {
      connection = openEvents(realtime, {
        ...call,
        closed: stop,
        farewell: (reason) => String(last ?? eventOf('goodbye', JSON.stringify({ reason }))),
      })
    } catch (error) {
      stop()
      throw error
    }
    if (last !== null) connection.close(CLOSE.goodbye)
  }

  return [
    route({
      rule: 'V4',
      method: 'GET',
      path: '/v1/groups/:group/counts',
      summary: 'Count a group’s members by availability',
      answers: { 200: CountsShape, 304: null },
      access: 'user',
      rate: 'read',
      params: ByGroup,
      handle({ params, principal, request, reply }) {
        const own = groups.as(principal)
        const { id, members } = own.find(params.group)
        return answerTagged(tag(JSON.stringify({ group: id, members, ...own.counts(id) })), request, reply)
      },
    }),
    ...(['POST', 'GET'] as const).map((method) =>
      route({
        rule: 'V5',
        method,
        path: '/v1/groups/:group/first-available',
        ...(method === 'POST' && { repeatable: true }),
        summary: method === 'POST' ? 'Choose whoever is free and was not chosen for the longest' : 'See whose turn it is',
        answers: { 200: FreeShape },
        access: 'user',
        rate: 'read',
        params: ByGroup,
        handle({ params, principal, reply }) {
          reply.header('Cache-Control', 'no-store')
          const own = groups.as(principal)
          return { presence: presenceOut(own.firstAvailable(own.find(params.group).id, { peek: method === 'GET' })) }
        },
      }),
    ),
    ...(['/v1/groups/:group/until-free', '/v1/presence/:user/until-free'] as const).map((path) =>
      route({
        rule: 'V9',
        method: 'GET',
        path,
        endless: true,
        summary: path.includes(':group') ? 'Wait until somebody of a group is free' : 'Wait until a user is free',
        answers: { 200: EventsShape },
        access: 'user',
        rate: 'read',
        params: path.includes(':group') ? ByGroup : ByUser,
        handle({ params, principal, request, reply }) {
          awaitFree(params, { principal, request, reply })
          return reply
        },
      }),
    ),
  ]
}
