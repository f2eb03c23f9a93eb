import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction, RouteGenericInterface } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { Settings } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import type { Permission, Principal } from '../core/principal.ts'
import type { Services } from '../core/service.ts'
import type { Headers } from './description.ts'
import { failureOf } from './errors.ts'
import type { CallMeter, Meter } from './meter.ts'
import { addressOf } from './openapi-parameters.ts'
import type { RateAnswer, RateCounter, RateLimit } from './rate.ts'
import { echoRequestId, requestIdOf } from './request-id.ts'

/** What a handler gets. Body, query and params have passed the route's schemas. */
export interface Call<P = unknown, Q = unknown, B = unknown> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly principal: Principal
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** `login` and `none` are not counted here: logins have their own delays. */
export type RateClass = 'read' | 'set' | 'login' | 'none'

/** One route of a dialect: contract and handler in one place. What `handle` answers is sent as it is. */
export interface Route {
  /** The first rule of the contract that it serves. */
  readonly rule: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** `anyone`: `principal` is not to be used. */
  readonly access: 'user' | 'anyone'
  readonly rate: RateClass
  /** Whoever lacks it is refused before anything of the request is read; absent: none is needed. */
  readonly permission?: Permission
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  readonly bodyBytesMax?: number
  /** Its answer goes on until one of both hangs up: there is nothing that HEAD could answer. */
  readonly endless?: true
  /** It makes something that a request sent again must not make twice: its handler answers by returning the body. */
  readonly repeatable?: true
  /** What it does, in one line without a full stop: the title in the API description. */
  readonly summary: string
  /** Bodies of successful answers by status; null: none. JSON, unless the schema names another `contentMediaType`. */
  readonly answers: Answers
  /** Headers of successful answers that not every route has. */
  readonly answerHeaders?: Headers
  /** Statuses of refusals beside those that access, permission, rate, query and body bring with them. */
  readonly refuses?: readonly number[]
  /** What the handler reads by itself, without a schema that is checked before it: for the API description only. */
  readonly reads?: Reads
  handle(call: Call): unknown
}

/** Several where the caller may choose among media types. */
export type Body = TSchema | readonly TSchema[]

export type Answers = Readonly<Record<number, Body | null>>

export interface Reads {
  readonly query?: TSchema
  readonly headers?: TSchema
  readonly body?: TSchema
}

/** Declares one route; its handler's types come from its schemas. */
export function route<P extends TSchema, Q extends TSchema, B extends TSchema>(
  declared: Omit<Route, 'params' | 'query' | 'body' | 'handle'> & {
    readonly params?: P
    readonly query?: Q
    readonly body?: B
    handle(call: Call<Static<P>, Static<Q>, Static<B>>): unknown
  },
): Route {
  return declared as Route
}

/** How a dialect does over HTTP what all of them do. */
export interface Manners {
  /** Who asks; null: nobody said who. Throws Failure `unauthenticated` when the token that was said is not known, and is then asked once more. */
  identify(request: FastifyRequest): Principal | null | Promise<Principal | null>
  /** Answers a failure in the dialect's own form; null: a bug of ours, to be answered without its message. */
  refuse(failure: Failure | null, request: FastifyRequest, reply: FastifyReply, error: unknown): unknown
  /** Puts the dialect's rate headers on an answer; absent: none. */
  rateHeaders?(answer: RateAnswer, reply: FastifyReply): void
  /** Whether calls are counted before the body is read or, as the contract's order may demand, after validation. */
  readonly countsCalls: 'first' | 'validated'
  /** HEAD is answered as GET is, without the body; absent: it is a method that no address has. */
  readonly answersHead?: true
}

export interface ServeParts {
  readonly routes: readonly Route[]
  readonly manners: Manners
  readonly services: Services
  /** Null: request limits are off. */
  readonly rates: RateCounter | null
  /** Takes what is served into the API description. */
  declare(routes: readonly Route[]): void
  readonly meter: Meter
}

/** When each request began, by `performance.now()`; 0: it was refused before that was asked. */
declare module 'fastify' {
  interface FastifyRequest {
    began: number
    meter: CallMeter | null
  }
}

/** Hooks answer by callback: most callers are known at once, and a promise for each request is felt. */
type Hook = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void

/** Serves a dialect's routes inside its own encapsulated Fastify instance. */
export function serve(fastify: FastifyInstance, { routes, manners, services, rates, declare, meter }: ServeParts): void {
  declare(routes)
  fastify.decorateRequest('principal', null)
  fastify.decorateRequest('began', 0)
  fastify.decorateRequest('meter', null)
  fastify.setErrorHandler((error, request, reply) => {
    const failure = failureOf(error)
    if (failure === null) {
      const requestId = requestIdOf(reply, services.newId)
      services.log.error({ err: error, requestId, method: request.method, route: request.routeOptions.url }, 'a bug of ours')
    }
    const answer = manners.refuse(failure, request, reply, error)
    request.meter?.refused(failure === null ? 'bug' : (failure.reason ?? failure.code))
    measure(request, reply)
    return answer
  })
  for (const declared of routes) {
    const calls = meter(declared.method, addressOf(declared.path))
    const begin = (request: FastifyRequest, reply: FastifyReply): void => {
      request.began = performance.now()
      request.meter = calls
      echoRequestId(request, reply)
    }
    const beginOnly: Hook = (request, reply, done) => {
      begin(request, reply)
      done()
    }
    const count: Hook = (request, reply, done) => {
      try {
        countCall(declared, request, reply, { manners, services, rates })
      } catch (error) {
        return done(error as Error)
      }
      done()
    }
    const identify: Hook = (request, reply, done) => {
      begin(request, reply)
      const admit = (principal: Principal | null): void => {
        const failure = refusalOf(principal, declared)
        if (failure === null) request.setDecorator('principal', principal)
        done(failure ?? undefined)
      }
      const ask = (): void => {
        const asked = manners.identify(request)
        if (asked instanceof Promise) asked.then(admit, done)
        else admit(asked)
      }
      try {
        ask()
      } catch (error) {
        // Another node may have made the token just now.
        const known = services.authentication.caughtUp()
        if (known === null) done(error as Error)
        else known.then(ask).catch(done)
      }
    }
    const first = declared.access === 'user' ? [identify] : [beginOnly]
    const counted = rates !== null && (declared.rate === 'read' || declared.rate === 'set')
    fastify.route<RouteGenericInterface>({
      method: declared.method,
      url: declared.path,
      exposeHeadRoute: manners.answersHead === true && takesHead(declared),
      onRequest: counted && manners.countsCalls === 'first' ? [...first, count] : first,
      preHandler: counted && manners.countsCalls === 'validated' ? [count] : [],
      schema: {
        ...(declared.params && { params: declared.params }),
        ...(declared.query && { querystring: declared.query }),
        ...(declared.body && { body: declared.body }),
      },
      ...(declared.bodyBytesMax !== undefined && { bodyLimit: declared.bodyBytesMax }),
      handler(request, reply) {
        const answer = declared.handle(callOf(request, reply))
        if (answer instanceof Promise) answer.then(() => measure(request, reply), leaveToErrors)
        else measure(request, reply)
        return answer
      },
    })
  }
}

/** Whether HEAD may be answered as this is. */
export const takesHead = ({ method, endless }: Route): boolean => method === 'GET' && endless !== true

/** Failures are measured where they are answered. */
const leaveToErrors = (): void => {}

function measure({ meter, began }: FastifyRequest, { statusCode }: FastifyReply): void {
  meter?.answered(statusCode, performance.now() - began)
}

/** Setting a status may be called a tenth as often as anything else, at least 5 times a window. */
export function rateLimitOf(rate: RateClass, settings: Settings): RateLimit {
  const callsMax = rate === 'set' ? Math.max(5, Math.floor(settings.rateCallsMax / 10)) : settings.rateCallsMax
  return { callsMax, windowMs: settings.rateWindowMs }
}

function refusalOf(principal: Principal | null, { permission }: Route): Failure | null {
  if (principal === null) return new Failure('unauthenticated', 'You must be logged in to do this.', { reason: 'not_logged_in' })
  if (permission !== undefined && !principal.permissions.has(permission))
    return new Failure('forbidden', 'You do not have the permission for this.', { reason: 'permission_missing' })
  return null
}

function callOf(request: FastifyRequest, reply: FastifyReply): Call {
  const principal = request.getDecorator<Principal>('principal')
  return { params: request.params, query: request.query, body: request.body, principal, request, reply }
}

/** Whose calls are counted together; a token that stands in pages is its readers', each at their address, and not its owner's. */
function callerOf(principal: Principal | null, { ip }: FastifyRequest): string {
  if (principal === null) return ip
  return principal.origins === null ? principal.userId : `${principal.tokenId} ${ip}`
}

function countCall(
  declared: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  { manners, services, rates }: Pick<ServeParts, 'manners' | 'services' | 'rates'>,
): void {
  const principal = request.getDecorator<Principal | null>('principal')
  if (rates === null || principal?.permissions.has('bypass-rate-limit')) return
  const caller = callerOf(principal, request)
  const answer = rates.take(
    `${caller} ${declared.method} ${declared.path}`,
    rateLimitOf(declared.rate, services.settings.current),
  )
  manners.rateHeaders?.(answer, reply)
  if (answer.allowed) return
  const retryAfterMs = Math.max(0, answer.resetAt - services.now())
  throw new Failure('too_many', 'Too many requests.', { reason: 'too_many_requests', retryAfterMs })
}
