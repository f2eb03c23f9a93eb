import type { FastifyInstance } from 'fastify'
import type { SettingsView } from '../core/accounts.ts'

/** How long a browser may remember a preflight, in seconds. */
const PREFLIGHT_SECONDS = 600

/** Lets pages of the workspace's `allowedOrigins` in; by default there are none. The setting holds at once. */
export function answerCrossOrigin(fastify: FastifyInstance, settings: SettingsView): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    if (origin === undefined || !settings.current.allowedOrigins.includes(origin)) return done()
    reply.header('Access-Control-Allow-Origin', origin).header('Vary', 'Origin')
    reply.header('Access-Control-Allow-Credentials', 'true').header('Access-Control-Expose-Headers', 'Token, ETag, Retry-After')
    const method = request.headers['access-control-request-method']
    if (request.method !== 'OPTIONS' || method === undefined) return done()
    const headers = request.headers['access-control-request-headers']
    reply.header('Access-Control-Allow-Methods', method).header('Access-Control-Max-Age', PREFLIGHT_SECONDS)
    if (headers !== undefined) reply.header('Access-Control-Allow-Headers', headers)
    reply.code(204).send()
  })
}
