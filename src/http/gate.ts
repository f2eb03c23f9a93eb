import type { FastifyInstance } from 'fastify'
import { Failure } from '../core/errors.ts'
import type { Instant } from '../core/vocabulary.ts'

/** What probes ask; answered from the first moment on. */
const PROBES: ReadonlySet<string | undefined> = new Set(['/healthz', '/readyz'])
/** When whoever is refused may try again, in ms. */
const RETRY_MS = 1_000

const LOADING = 'This server is still loading.'

/** While the server loads, everything but probes is refused with 503 in its dialect's form, to be tried again. */
export function refuseWhile(fastify: FastifyInstance, isLoading: () => boolean): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!isLoading() || PROBES.has(request.routeOptions.url)) return done()
    if (!request.is404) return done(new Failure('unavailable', LOADING, { reason: 'busy', retryAfterMs: RETRY_MS }))
    // No route, and so no form: a socket's address among them.
    const problem = { type: 'about:blank', title: 'Service Unavailable', status: 503, detail: LOADING }
    reply
      .code(503)
      .header('Retry-After', RETRY_MS / 1_000)
      .type('application/problem+json')
      .send(problem)
  })
}

/** What is answered while more may be true than is known here, says as of when it is: `Rollcall-As-Of`, RFC 3339. */
export function tellStale(fastify: FastifyInstance, staleSince: () => Instant | null): void {
  fastify.addHook('onRequest', (_request, reply, done) => {
    const asOf = staleSince()
    if (asOf !== null) reply.header('Rollcall-As-Of', new Date(asOf).toISOString())
    done()
  })
}
