import { Server as SecureServer } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'

/** How long new connections still find somebody who tells them that the server is draining, in ms, while requests are in flight. */
const DRAIN_MS_MAX = 2_000
const DRAIN_LOOK_MS = 25
/** After this long in all, in ms, requests in flight are cut. */
const CLOSE_MS_MAX = 7_000
/** Connections that wait to be taken; beyond, clients are not heard and ask again after seconds. The system may allow fewer. */
const WAITING_MAX = 16_384

/** Answers the URL that a person or a script can use. */
export async function listen(http: FastifyInstance, { host, port }: Pick<Config, 'host' | 'port'>): Promise<string> {
  await http.listen({ host, port, backlog: WAITING_MAX })
  const [bound] = http.addresses()
  const scheme = http.server instanceof SecureServer ? 'https' : 'http'
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${typeof bound === 'object' ? bound.port : port}`
}

/** Lets the requests in flight finish while `/readyz` says that it is draining, then takes no more. */
export async function close(http: FastifyInstance): Promise<void> {
  const began = Date.now()
  while (Date.now() - began < DRAIN_MS_MAX) {
    http.server.closeIdleConnections()
    if ((await connectionsOf(http)) === 0) break
    await wait(DRAIN_LOOK_MS)
  }
  const cut = setTimeout(() => http.server.closeAllConnections(), CLOSE_MS_MAX - (Date.now() - began))
  await http.close().finally(() => clearTimeout(cut))
}

function connectionsOf(http: FastifyInstance): Promise<number> {
  return new Promise((resolve, reject) => {
    http.server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  })
}
