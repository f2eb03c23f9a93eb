import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'

/** How long new connections still find somebody who tells them that the server is draining, in ms, while requests are in flight. */
const DRAIN_MS_MAX = 2_000
const DRAIN_LOOK_MS = 25
/** After this long in all, in ms, requests in flight are cut. */
const CLOSE_MS_MAX = 7_000
/** Connections that wait to be taken; beyond, clients are not heard and ask again after seconds. The system may allow fewer. */
export const WAITING_MAX = 16_384

type Address = Pick<Config, 'host' | 'port' | 'tls'>

/** Answers the URL that a person or a script can use. With `reusePort` other processes may listen on the same port. */
export async function listen(http: FastifyInstance, address: Address, sharing: { reusePort?: true } = {}): Promise<string> {
  const { host, port } = address
  await http.listen({ host, port, backlog: WAITING_MAX, ...sharing })
  return urlOf(address, http.addresses()[0] ?? null)
}

/** Of what was asked for and what came of it. */
export function urlOf({ host, port, tls }: Address, bound: AddressInfo | string | null): string {
  const reached = bound !== null && typeof bound === 'object' ? bound.port : port
  return `${tls === null ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${reached}`
}

/** Throws, as listening would, when another process listens there. Processes that share a port would not hear of it. */
export async function assertFree({ host, port }: Address): Promise<void> {
  const server = createServer().listen({ host, port })
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
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
