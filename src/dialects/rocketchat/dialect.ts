import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Failure } from '../../core/errors.ts'
import type { Principal, Services } from '../../core/service.ts'
import type { Manners } from '../../http/route.ts'
import { serve } from '../../http/route.ts'
import type { Dialect, DialectParts } from '../../http/server.ts'
import { prepare } from './answers.ts'
import { bodyOf, queryOf } from './decoding.ts'
import { answerUnknown, refuse } from './errors.ts'
import { NAME } from './ids.ts'
import { accountRoutes } from './routes-accounts.ts'
import { administrationRoutes } from './routes-administration.ts'
import { loginRoutes } from './routes-login.ts'
import { presetRoutes } from './routes-presets.ts'
import { statusRoutes } from './routes-status.ts'
import { tokenRoutes } from './routes-tokens.ts'
import { userRoutes } from './routes-users.ts'
import { compileValidator } from './validation.ts'

/** Paths below /api/v1 without a dot that are this product's. */
const OWN_WORDS: ReadonlySet<string> = new Set(['me', 'login', 'logout', 'settings', 'method.call'])

/** Rocket.Chat's REST API, as far as presence needs it. */
export const rocketchatDialect: Dialect = {
  name: NAME,
  register(fastify, { services, rates }: DialectParts) {
    readAsTheProductDoes(fastify)
    const routes = [statusRoutes, loginRoutes, userRoutes, accountRoutes, tokenRoutes, presetRoutes, administrationRoutes]
    serve(fastify, { routes: routes.flatMap((make) => make(services)), manners: mannersFor(services), services, rates })
  },
  owns(path) {
    if (!path.startsWith('/api/v1/')) return path === '/api/info'
    const [first = ''] = path.slice('/api/v1/'.length).split('/', 1)
    return first.includes('.') || OWN_WORDS.has(first)
  },
  answerUnknown,
}

function readAsTheProductDoes(fastify: FastifyInstance): void {
  fastify.setValidatorCompiler(compileValidator)
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (request, bytes, done) =>
    done(null, bodyOf(request.headers['content-type'], bytes)),
  )
  fastify.addHook('onRequest', (_request, reply, done) => {
    prepare(reply)
    done()
  })
  fastify.addHook('preValidation', (request, _reply, done) => {
    try {
      request.query = queryOf(request.url, request.query)
      request.body ??= {}
      done()
    } catch (error) {
      done(error instanceof Error ? error : new Failure('invalid', 'Invalid query parameters'))
    }
  })
}

function mannersFor({ authentication, people }: Services): Manners {
  /** Id and token are both needed; the token's user must be the one with that id. */
  function identify({ headers }: FastifyRequest): Principal | null {
    const [token, id] = [headers['x-auth-token'], headers['x-user-id']]
    if (typeof token !== 'string' || typeof id !== 'string') return null
    const principal = authentication.byToken(token, headers.origin)
    return principal !== null && people.idIn(NAME, principal.userId) === id ? principal : null
  }
  return {
    identify,
    refuse,
    countsCalls: 'validated',
    rateHeaders({ callsMax, remaining, resetAt }, reply) {
      reply.header('x-ratelimit-limit', callsMax)
      reply.header('x-ratelimit-remaining', remaining)
      reply.header('x-ratelimit-reset', resetAt)
    },
  }
}
