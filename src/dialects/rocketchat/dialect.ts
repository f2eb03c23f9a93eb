import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { RateCounter } from '../../http/rate.ts'
import type { Manners } from '../../http/route.ts'
import { serve } from '../../http/route.ts'
import type { Dialect } from '../../http/server.ts'
import type { SocketDialect } from '../../realtime/connection.ts'
import { prepare } from './answers.ts'
import { bodyOf, queryOf } from './decoding.ts'
import { ROCKETCHAT_DESCRIPTION } from './description.ts'
import { answerUnknown, refuse } from './errors.ts'
import { NAME } from './ids.ts'
import { createMethods } from './methods.ts'
import { accountRoutes } from './routes-accounts.ts'
import { administrationRoutes } from './routes-administration.ts'
import { loginRoutes } from './routes-login.ts'
import { methodRoutes } from './routes-methods.ts'
import { presetRoutes } from './routes-presets.ts'
import { statusRoutes } from './routes-status.ts'
import { tokenRoutes } from './routes-tokens.ts'
import { userRoutes } from './routes-users.ts'
import { createHearts } from './socket-hearts.ts'
import { socketRoutes } from './socket-routes.ts'
import { createNews } from './streams-news.ts'
import { createPresetEvents } from './streams-presets.ts'
import { compileValidator } from './validation.ts'

/** Paths below /api/v1 without a dot that are this product's. */
const OWN_WORDS: ReadonlySet<string> = new Set(['me', 'login', 'logout', 'settings', 'method.call'])

/** Rocket.Chat's REST API and its realtime protocol, as far as presence needs them. */
export function rocketchatDialect(): Dialect & SocketDialect {
  let openSockets = (): number => 0
  let rates: RateCounter | null = null
  return {
    name: NAME,
    description: ROCKETCHAT_DESCRIPTION,
    register(fastify, parts) {
      const { services, declare, meter } = parts
      ;({ rates } = parts)
      readAsTheProductDoes(fastify)
      const routes = [
        ...[statusRoutes, loginRoutes, userRoutes, accountRoutes, tokenRoutes, presetRoutes].flatMap((make) => make(services)),
        ...administrationRoutes(services, () => openSockets()),
        ...methodRoutes({ services, methods: createMethods({ services, rates }) }),
      ]
      serve(fastify, { routes, manners: mannersFor(services), services, rates, declare, meter })
    },
    sockets(parts) {
      const { services, fanout, log } = parts
      ;({ openSockets } = parts)
      const hearts = createHearts({ now: () => performance.now() })
      const news = createNews()
      // What was told while broadcasting was off has reached nobody.
      services.settings.onChange(() => news.forgetAll())
      return socketRoutes({
        services,
        fanout,
        presets: createPresetEvents(services.administration),
        news,
        hearts,
        log,
        methods: createMethods({ services, rates }),
      })
    },
    owns,
    answerUnknown,
  }
}

function owns(path: string): boolean {
  if (!path.startsWith('/api/v1/')) return path === '/api/info' || path === '/websocket' || path.startsWith('/sockjs/')
  const [first = ''] = path.slice('/api/v1/'.length).split('/', 1)
  return first.includes('.') || OWN_WORDS.has(first)
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
    if (principal !== null && people.idIn(NAME, principal.userId) === id) return principal
    throw new Failure('unauthenticated', 'You must be logged in to do this.', { reason: 'not_logged_in' })
  }
  return {
    identify,
    refuse,
    countsCalls: 'validated',
    answersHead: true,
    rateHeaders({ callsMax, remaining, resetAt }, reply) {
      reply.header('x-ratelimit-limit', callsMax)
      reply.header('x-ratelimit-remaining', remaining)
      reply.header('x-ratelimit-reset', resetAt)
    },
  }
}
