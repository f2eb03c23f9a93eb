import fastifyCookie from '@fastify/cookie'
import { serve } from '../../http/route.ts'
import type { Dialect } from '../../http/server.ts'
import { leaveBodies } from './body.ts'
import { answerUnknown, greet, mannersOf } from './manners.ts'
import { customStatusRoutes } from './routes-custom.ts'
import { preferenceRoutes } from './routes-preferences.ts'
import { sessionRoutes } from './routes-session.ts'
import { statusRoutes } from './routes-status.ts'
import { systemRoutes } from './routes-system.ts'
import { userRoutes } from './routes-users.ts'
import { createVoice } from './voice.ts'

/** Mattermost's REST API, as far as presence needs it. */
export const mattermostDialect: Dialect = {
  name: 'mattermost',
  owns: (path) => path === '/api/v4' || path.startsWith('/api/v4/'),
  answerUnknown,
  async register(fastify, { services, rates }) {
    await fastify.register(fastifyCookie, { hook: false })
    const voice = createVoice(services)
    leaveBodies(fastify)
    greet(fastify, voice)
    const parts = [statusRoutes, customStatusRoutes, sessionRoutes, userRoutes, preferenceRoutes, systemRoutes]
    serve(fastify, { routes: parts.flatMap((routes) => routes(voice)), manners: mannersOf(voice), services, rates })
  },
}
