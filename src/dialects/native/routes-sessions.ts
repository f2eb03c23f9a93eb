import type { KeptSession, Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { BySession, Heartbeat, NewSession } from './schemas.ts'
import { SessionShape } from './shapes.ts'
import { instantOf, timeOf } from './translate.ts'

/** Sessions of those who cannot hold a socket: heartbeats keep them. */
export function sessionRoutes({ presence }: Services): readonly Route[] {
  return [
    route({
      rule: 'N30',
      method: 'POST',
      path: '/v1/sessions',
      repeatable: true,
      summary: 'Open a session that heartbeats keep',
      answers: { 201: SessionShape },
      access: 'user',
      rate: 'read',
      body: NewSession,
      async handle({ body: { app, platform, idle = false }, principal, reply }) {
        reply.code(201)
        return sessionOut(await presence.as(principal, 'native').commands.openSession({ app, platform, idle }))
      },
    }),
    route({
      rule: 'N31',
      method: 'POST',
      path: '/v1/sessions/:session/heartbeat',
      summary: 'Keep a session',
      answers: { 200: SessionShape },
      access: 'user',
      rate: 'read',
      params: BySession,
      async handle({ params, body, principal }) {
        return sessionOut(await presence.as(principal, 'native').commands.heartbeat(params.session, saidIn(body)))
      },
      body: Heartbeat,
    }),
    route({
      rule: 'N31',
      method: 'DELETE',
      path: '/v1/sessions/:session',
      summary: 'End a session',
      answers: { 204: null },
      access: 'user',
      rate: 'read',
      params: BySession,
      async handle({ params, principal, reply }) {
        await presence.as(principal, 'native').commands.closeSession(params.session)
        return reply.code(204).send()
      },
    }),
  ]
}

const sessionOut = ({ sessionId, leaseUntil }: KeptSession): object => ({ sessionId, leaseUntil: timeOf(leaseUntil) })

function saidIn({ idle, lastInputAt }: { readonly idle?: boolean; readonly lastInputAt?: string | null }) {
  return {
    ...(idle !== undefined && { idle }),
    ...(lastInputAt != null && { lastInputAt: instantOf(lastInputAt, 'lastInputAt') }),
  }
}
