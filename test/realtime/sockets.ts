import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'ws'
import type { Principal } from '../../src/core/principal.ts'
import type { Services } from '../../src/core/service.ts'
import { createAdmission } from '../../src/realtime/admission.ts'
import type { Connection, SocketHandlers, SocketRoute } from '../../src/realtime/connection.ts'
import { createRealtime } from '../../src/realtime/realtime.ts'

type Ended = Parameters<Parameters<Services['authentication']['onEnded']>[0]>[0]

/** Sockets on a bare server, without a dialect. */
export async function startSockets(route: Partial<SocketRoute> & Pick<SocketRoute, 'accept'>, connectionsMax = 1_000) {
  const http = createServer((_request, response) => response.end('plain'))
  const endings: ((ended: Ended) => void)[] = []
  let ids = 0
  const services = {
    newId: () => `connection${++ids}`,
    authentication: { onEnded: (listener: (ended: Ended) => void) => void endings.push(listener), caughtUp: () => null },
    settings: { current: { allowedOrigins: ['https://allowed.example'] } },
  } as unknown as Services
  const bugs: object[] = []
  let turnedAway = 0
  const realtime = createRealtime({
    services,
    admission: createAdmission({ random: () => 0.5, connectionsMax }),
    onTurnedAway: () => void turnedAway++,
    log: { error: (details) => void bugs.push(details) },
  })
  const dialect = { sockets: () => [{ matches: (path: string) => path === '/socket', messageBytesMax: 100, ...route }] }
  realtime.attach(http, [dialect], () => '127.0.0.1')
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const url = `127.0.0.1:${(http.address() as AddressInfo).port}`
  return {
    url,
    realtime,
    bugs,
    turnedAway: () => turnedAway,
    end: (ended: Ended) => {
      for (const listener of endings) listener(ended)
    },
    async [Symbol.asyncDispose]() {
      await realtime.close()
      http.close()
      http.closeAllConnections()
    },
  }
}

/** What a socket was sent and how it ended. */
export function dial(url: string, options: object = {}) {
  const socket = new WebSocket(url, options)
  const texts: string[] = []
  socket.on('message', (payload: Buffer) => void texts.push(payload.toString()))
  socket.on('error', () => {})
  const opened = new Promise<void>((resolve) => socket.once('open', resolve))
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
  )
  const refused = new Promise<{ status: number; headers: Record<string, unknown> }>((resolve) =>
    socket.once('unexpected-response', (_request, response) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers })
      response.resume()
    }),
  )
  return { socket, texts, opened, closed, refused }
}

export type Accept = (connection: Connection) => Partial<SocketHandlers>

/** Handlers that do nothing but what a test says. */
export const handling = (connection: Connection, accept: Accept): SocketHandlers => ({
  message: () => {},
  closed: () => {},
  ...accept(connection),
})

export const somebody = { userId: 'anna', tokenId: 'token' } as Principal
