import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Services } from '../core/service.ts'
import type { Instant } from '../core/vocabulary.ts'
import { withoutOrigin } from './address.ts'
import type { Catalogue } from './catalogue.ts'
import { answerNoRequest } from './client-error.ts'
import { answerCrossOrigin } from './cors.ts'
import type { DialectDescription } from './description.ts'
import { refuseWhile, tellStale } from './gate.ts'
import {
  BODY_BYTES_MAX,
  HEADER_BYTES_MAX,
  HEADERS_MS_MAX,
  KEEP_ALIVE_MS,
  PARAM_LENGTH_MAX,
  REQUEST_MS_MAX,
  SLOW_LOOK_MS,
} from './limits.ts'
import { type Meter, NO_ROUTE } from './meter.ts'
import type { RateCounter } from './rate.ts'
import { echoRequestId } from './request-id.ts'
import type { Route, ServeParts } from './route.ts'

export type DialectParts = Pick<ServeParts, 'services' | 'rates' | 'declare' | 'meter'>

/** One product's API, as the server mounts it. */
export interface Dialect {
  readonly name: string
  readonly description: DialectDescription
  /** Registers routes inside an instance of its own: content parsers, error form and hooks reach nobody else. */
  register(fastify: FastifyInstance, parts: DialectParts): void | Promise<void>
  /** Whether a path that no route serves is to be answered in this dialect's form. */
  owns(path: string): boolean
  /** Answers what no route serves, and what is no proper request. */
  answerUnknown(request: FastifyRequest, reply: FastifyReply): unknown
  /** Turns a URL as this product's clients may spell it into the one its route has; null: none of its own. */
  respell?(url: string): string | null
}

export interface HttpParts {
  readonly dialects: readonly Dialect[]
  readonly services: Services
  readonly rates: RateCounter | null
  readonly catalogue: Catalogue
  /** Addresses whose X-Forwarded headers are believed; empty: nobody's. */
  readonly trustedProxies: readonly string[]
  readonly isLoading: () => boolean
  /** Since when what is held may be old; absent: never. */
  readonly staleSince?: (() => Instant | null) | undefined
  /** Counts the calls of each dialect's routes. */
  readonly meterOf: (dialect: string) => Meter
  /** In PEM; absent: plain HTTP. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | null
}

/** All dialects on one port. The last dialect answers what nobody owns. */
export async function createHttpServer({
  dialects,
  services,
  rates,
  catalogue,
  trustedProxies,
  isLoading,
  staleSince,
  meterOf,
  tls = null,
}: HttpParts): Promise<FastifyInstance> {
  const fastify = Fastify({
    // With a logger, every request pays for one of its own; what is logged goes to the services' log and says its route.
    logger: false,
    exposeHeadRoutes: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    ...(tls === null ? { http: NODE_OPTIONS } : { https: { ...NODE_OPTIONS, ...tls } }),
    clientErrorHandler: answerNoRequest,
    rewriteUrl: (request) => respell(dialects, asked(request)),
    frameworkErrors: (_error, request, reply) => void ownerOf(dialects, request.url).answerUnknown(request, reply),
  })
  answerCrossOrigin(fastify, services.settings)
  refuseWhile(fastify, isLoading)
  if (staleSince !== undefined) tellStale(fastify, staleSince)
  // A dialect has a handler of its own: what comes here is of an address that is nobody's, as a body of no known type.
  const unknown = new Map(dialects.map(({ name }) => [name, meterOf(name)(NO_ROUTE.method, NO_ROUTE.path)]))
  const answerUnknown = (request: FastifyRequest, reply: FastifyReply): unknown => {
    const began = performance.now()
    const owner = ownerOf(dialects, request.url)
    echoRequestId(request, reply)
    const answer = owner.answerUnknown(request, reply)
    unknown.get(owner.name)?.answered(reply.statusCode, performance.now() - began)
    return answer
  }
  fastify.setErrorHandler((_error, request, reply) => answerUnknown(request, reply))
  fastify.setNotFoundHandler(answerUnknown)
  for (const { name, description, register } of dialects) {
    const declare = (routes: readonly Route[]) => catalogue.add({ name, description, routes })
    await fastify.register(async (own) => register(own, { services, rates, declare, meter: meterOf(name) }))
  }
  return fastify
}

const NODE_OPTIONS = {
  maxHeaderSize: HEADER_BYTES_MAX,
  headersTimeout: HEADERS_MS_MAX,
  connectionsCheckingInterval: SLOW_LOOK_MS,
}

/** A request's address, by which whoever answers tells of it too. */
function asked(request: { readonly url?: string | undefined; originalUrl?: string }): string {
  request.originalUrl = withoutOrigin(request.url ?? '/')
  return request.originalUrl
}

function respell(dialects: readonly Dialect[], url: string): string {
  for (const dialect of dialects) {
    const respelt = dialect.respell?.(url)
    if (respelt) return respelt
  }
  return url
}

function ownerOf(dialects: readonly Dialect[], url: string): Dialect {
  const path = url.split('?', 1)[0] ?? url
  const owner = dialects.find((dialect) => dialect.owns(path)) ?? dialects.at(-1)
  if (owner === undefined) throw new Error('a server without dialects')
  return owner
}
