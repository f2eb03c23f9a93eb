import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { Failure } from '../../core/errors.ts'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { bearerOf } from './bearer.ts'
import { MetricsShape } from './shapes.ts'

/** Who may read what is measured without saying who they are: programs on this machine, nobody, or anybody. `off`: it is not served. */
export type MetricsReaders = 'loopback' | 'token' | 'open' | 'off'

export interface Metrics {
  readonly readers: MetricsReaders
  text(): string | Promise<string>
}

/** Of the text format. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** What is measured, for Prometheus. It names nobody. */
export function metricsRoutes({ authentication }: Services, { readers, text }: Metrics): readonly Route[] {
  return [
    route({
      rule: 'M1',
      method: 'GET',
      path: '/metrics',
      summary: 'Read what is measured',
      answers: { 200: MetricsShape },
      refuses: [401, 403, 404],
      access: 'anyone',
      rate: 'none',
      async handle({ request, reply }) {
        if (readers === 'off') throw new Failure('not_found', 'What is measured is not served here.', { reason: 'no_such_route' })
        if (readers !== 'open' && !(readers === 'loopback' && isLocal(request))) assertMayRead(request)
        return reply
          .header('Content-Type', CONTENT_TYPE)
          .header('Cache-Control', 'no-store')
          .send(await text())
      },
    }),
  ]

  function assertMayRead(request: FastifyRequest): void {
    const principal = bearerOf(request, authentication)
    if (principal === null) throw new Failure('unauthenticated', 'You must be logged in to do this.', { reason: 'not_logged_in' })
    if (!principal.permissions.has('read-metrics'))
      throw new Failure('forbidden', 'You do not have the permission for this.', { reason: 'permission_missing' })
  }
}

/** What proxies say of whom they ask for. A proxy on this machine is not the reader. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'] as const

function isLocal({ raw, headers }: FastifyRequest): boolean {
  return isLoopback(raw.socket.remoteAddress ?? '') && FORWARDED.every((name) => headers[name] === undefined)
}

function isLoopback(address: string): boolean {
  const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'))
}
