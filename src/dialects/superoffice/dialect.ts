import type { Services } from '../../core/service.ts'
import { type Route, serve } from '../../http/route.ts'
import type { Dialect } from '../../http/server.ts'
import { owns, respell } from './address.ts'
import { readBodies } from './body.ts'
import { SUPEROFFICE_DESCRIPTION } from './description.ts'
import { answerUnknown, refuse } from './errors.ts'
import { createIdentify } from './identify.ts'
import { discoveryRoutes } from './routes-discovery.ts'
import { presenceRoutes } from './routes-presence.ts'
import { userRoutes } from './routes-users.ts'

/** SuperOffice's WebAPI, as far as presence needs it. */
export const superofficeDialect: Dialect = {
  name: 'superoffice',
  description: SUPEROFFICE_DESCRIPTION,
  register(fastify, { services, rates, declare, meter }) {
    readBodies(fastify)
    const identify = createIdentify(services.authentication)
    serve(fastify, {
      routes: routesOf(services),
      manners: { identify, refuse, countsCalls: 'first' },
      services,
      rates,
      declare,
      meter,
    })
  },
  owns,
  answerUnknown,
  respell,
}

function routesOf(services: Services): Route[] {
  return [...presenceRoutes(services), ...userRoutes(services), ...discoveryRoutes(services)]
}
