import { serve } from '../../http/route.ts'
import type { Dialect } from '../../http/server.ts'
import type { SocketDialect } from '../../realtime/connection.ts'
import { leaveBodies } from './body.ts'
import { MATTERMOST_DESCRIPTION } from './description.ts'
import { answerUnknown, greet, mannersOf } from './manners.ts'
import { customStatusRoutes } from './routes-custom.ts'
import { preferenceRoutes } from './routes-preferences.ts'
import { sessionRoutes } from './routes-session.ts'
import { statusRoutes } from './routes-status.ts'
import { systemRoutes } from './routes-system.ts'
import { userRoutes } from './routes-users.ts'
import { createSocketRoute } from './socket.ts'
import { voiceOf } from './voice.ts'

/** Mattermost's REST API and its socket, as far as presence needs them. */
export const mattermostDialect: Dialect & SocketDialect = {
  name: 'mattermost',
  description: MATTERMOST_DESCRIPTION,
  owns: (path) => path === '/api/v4' || path.startsWith('/api/v4/'),
  answerUnknown,
  register(fastify, { services, rates, declare, meter }) {
    const voice = voiceOf(services)
    leaveBodies(fastify)
    greet(fastify, voice)
    const parts = [statusRoutes, customStatusRoutes, sessionRoutes, userRoutes, preferenceRoutes, systemRoutes]
    serve(fastify, {
      routes: parts.flatMap((routes) => routes(voice)),
      manners: mannersOf(voice),
      services,
      rates,
      declare,
      meter,
    })
  },
  sockets: ({ services, fanout }) => [createSocketRoute(voiceOf(services), fanout)],
}
