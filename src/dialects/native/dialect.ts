import type { FastifyRequest } from 'fastify'
import { Failure } from '../../core/errors.ts'
import type { Subjects } from '../../core/ports.ts'
import type { Authentication, Principal, Services } from '../../core/service.ts'
import { readJson } from '../../http/json.ts'
import { type Route, serve } from '../../http/route.ts'
import type { Dialect } from '../../http/server.ts'
import { createTexts } from './answers.ts'
import { METHOD_PROBLEM, refuse, sendProblem } from './errors.ts'
import { accessRoutes } from './routes-access.ts'
import { type OperationParts, operationRoutes } from './routes-operation.ts'
import { peopleRoutes } from './routes-people.ts'
import { presenceRoutes } from './routes-presence.ts'
import { compileValidator } from './validation.ts'

export interface NativeParts extends OperationParts {
  /** For paging through users. */
  readonly subjects: Subjects
}

/** Rollcall's own API. Mounted last, it answers what no other dialect owns. */
export function nativeDialect(parts: NativeParts): Dialect {
  let routes: readonly Route[] = []
  return {
    name: 'native',
    register(fastify, { services, rates }) {
      routes = routesOf(services, parts)
      fastify.setValidatorCompiler(compileValidator)
      fastify.removeAllContentTypeParsers()
      fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
        try {
          done(null, body.length === 0 ? undefined : readJson(body as Buffer))
        } catch (error) {
          done(error as Error)
        }
      })
      const identify = (request: FastifyRequest) => bearerOf(request, services.authentication)
      serve(fastify, { routes, services, rates, manners: { identify, refuse, countsCalls: 'first' } })
    },
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

function routesOf(services: Services, parts: NativeParts): readonly Route[] {
  return [
    ...accessRoutes(services),
    ...peopleRoutes(services, parts.subjects),
    ...presenceRoutes(services, createTexts()),
    ...operationRoutes(services, parts),
  ]
}

const BEARER = /^bearer +(\S+)$/i

function bearerOf(request: FastifyRequest, authentication: Authentication): Principal | null {
  const { authorization, origin } = request.headers
  if (authorization === undefined) return null
  const token = BEARER.exec(authorization)?.[1]
  const principal = token === undefined ? null : authentication.byToken(token, origin)
  if (principal !== null) return principal
  const detail =
    token === undefined
      ? 'Say who you are with "Authorization: Bearer TOKEN".'
      : 'This token is unknown, has ended, or may not be used from here.'
  throw new Failure('unauthenticated', detail, { reason: 'not_logged_in' })
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
  return [...new Set(matching.map((route) => route.method))]
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

const malformedAddress = (): Failure =>
  new Failure('invalid', 'The address is not properly percent-encoded.', { reason: 'malformed' })

const nothingAt = (path: string): Failure =>
  new Failure('not_found', `There is nothing at ${path.slice(0, 200)}.`, { reason: 'no_such_route' })
