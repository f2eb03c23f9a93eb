import type { FastifyRequest } from 'fastify'
import type { Badges } from '../../core/badges.ts'
import { Failure } from '../../core/errors.ts'
import type { Subjects } from '../../core/ports.ts'
import type { Services } from '../../core/service.ts'
import type { WebhooksService } from '../../core/webhooks.ts'
import { isDecodable } from '../../http/address.ts'
import type { Catalogue } from '../../http/catalogue.ts'
import type { Repeats } from '../../http/repeats.ts'
import { type Route, serve, takesHead } from '../../http/route.ts'
import type { Dialect } from '../../http/server.ts'
import type { SocketDialect } from '../../realtime/connection.ts'
import type { Realtime } from '../../realtime/realtime.ts'
import { createTexts, type Texts } from './answers.ts'
import { bearerOf } from './bearer.ts'
import { readBodies } from './body.ts'
import { NATIVE_DESCRIPTION } from './description.ts'
import { METHOD_PROBLEM, refuse, sendProblem } from './errors.ts'
import { onceOnly } from './repeat.ts'
import { accessRoutes } from './routes-access.ts'
import { badgeRoutes } from './routes-badge.ts'
import { bulkRoutes } from './routes-bulk.ts'
import { claimRoutes } from './routes-claims.ts'
import { type ConsoleFiles, consoleRoutes } from './routes-console.ts'
import { descriptionRoutes } from './routes-description.ts'
import { explainRoutes } from './routes-explain.ts'
import { freeRoutes } from './routes-free.ts'
import { groupRoutes } from './routes-groups.ts'
import { type HistoryRoutesParts, historyRoutes } from './routes-history.ts'
import { type Metrics, metricsRoutes } from './routes-metrics.ts'
import { type OperationParts, operationRoutes } from './routes-operation.ts'
import { passwordRoutes } from './routes-password.ts'
import { peopleRoutes } from './routes-people.ts'
import { permissionRoutes } from './routes-permissions.ts'
import { preferenceRoutes } from './routes-preferences.ts'
import { presenceRoutes } from './routes-presence.ts'
import { presetRoutes } from './routes-presets.ts'
import { type Scripts, scriptRoutes } from './routes-scripts.ts'
import { sessionRoutes } from './routes-sessions.ts'
import { streamRoutes } from './routes-stream.ts'
import { webhookRoutes } from './routes-webhooks.ts'
import { fields } from './schemas.ts'
import { socketRoute } from './socket.ts'
import { compileValidator } from './validation.ts'

export interface NativeParts extends OperationParts, HistoryRoutesParts {
  /** For paging through users. */
  readonly subjects: Subjects
  readonly catalogue: Catalogue
  /** Answers for requests that are sent again. */
  readonly repeats: Repeats
  readonly webhooks: WebhooksService
  readonly badges: Badges
  readonly scripts: Scripts
  readonly consoleFiles: ConsoleFiles
  readonly metrics: Metrics
  readonly realtime: Pick<Realtime, 'fanout' | 'openStream' | 'turnAway' | 'isFull'>
}

/** Rollcall's own API. Mounted last, it answers what no other dialect owns. */
export function nativeDialect(parts: NativeParts): Dialect & SocketDialect {
  const texts = createTexts()
  let routes: readonly Route[] = []
  return {
    name: 'native',
    description: NATIVE_DESCRIPTION,
    register(fastify, { services, rates, declare, meter }) {
      routes = routesOf(services, parts, texts).map((route) =>
        exacting(route.repeatable ? onceOnly(route, { repeats: parts.repeats, log: services.log }) : route),
      )
      fastify.setValidatorCompiler(compileValidator)
      readBodies(fastify)
      const identify = (request: FastifyRequest) => bearerOf(request, services.authentication)
      const manners = { identify, refuse, countsCalls: 'first', answersHead: true } as const
      serve(fastify, { routes, services, rates, declare, meter, manners })
    },
    sockets: ({ services, fanout }) => [socketRoute(services, fanout, texts)],
    owns: () => true,
    answerUnknown(request, reply) {
      const path = request.url.split('?', 1)[0] ?? ''
      if (!isDecodable(path)) return refuse(malformedAddress(), request, reply)
      const methods = methodsAt(path, routes)
      if (methods.length === 0 || methods.includes(request.method)) return refuse(nothingAt(path), request, reply)
      const detail = `${request.method} is not served here; ${methods.join(', ')} would be.`
      return sendProblem(reply.header('Allow', methods.join(', ')), { ...METHOD_PROBLEM, detail })
    },
  }
}

function routesOf(services: Services, parts: NativeParts, texts: Texts): readonly Route[] {
  return [
    ...accessRoutes(services),
    ...peopleRoutes(services, parts.subjects),
    ...passwordRoutes(services),
    ...bulkRoutes(services, parts.subjects),
    ...presenceRoutes(services, parts.history, texts),
    ...historyRoutes(services, parts),
    ...claimRoutes(services, texts),
    ...explainRoutes(services),
    ...sessionRoutes(services),
    ...streamRoutes(services, parts.realtime),
    ...groupRoutes(services, texts),
    ...freeRoutes(services, parts.realtime, texts),
    ...presetRoutes(services),
    ...preferenceRoutes(services),
    ...permissionRoutes(services),
    ...webhookRoutes(services, parts.webhooks),
    ...operationRoutes(services, parts),
    ...metricsRoutes(services, parts.metrics),
    ...badgeRoutes(services, parts.badges),
    ...scriptRoutes(parts.scripts),
    ...consoleRoutes(parts.consoleFiles),
    ...descriptionRoutes(parts.catalogue),
  ]
}

const NOTHING = fields({})

/** A query that a route does not have is refused as one that it has not right. Pages and probes may be asked with anything. */
function exacting(route: Route): Route {
  const isOpen = route.query !== undefined || route.reads?.query !== undefined || !route.path.startsWith('/v1/')
  return isOpen ? route : { ...route, query: NOTHING }
}

function methodsAt(path: string, routes: readonly Route[]): string[] {
  const segments = path.split('/')
  const matching = routes.filter((route) => {
    const pattern = route.path.replaceAll('::', '\0').split('/')
    return (
      pattern.length === segments.length &&
      pattern.every((part, i) => (part.startsWith(':') ? segments[i] !== '' : part.replaceAll('\0', ':') === segments[i]))
    )
  })
  return [...new Set(matching.flatMap((route) => (takesHead(route) ? [route.method, 'HEAD'] : [route.method])))]
}

const malformedAddress = (): Failure =>
  new Failure('invalid', 'The address is not properly percent-encoded.', { reason: 'malformed' })

const nothingAt = (path: string): Failure =>
  new Failure('not_found', `There is nothing at ${path.slice(0, 200)}.`, { reason: 'no_such_route' })
