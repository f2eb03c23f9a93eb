import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Authentication } from '../core/accounts.ts'
import type { Refusal, SocketRoute, UpgradeRequest } from './connection.ts'
import { IDENTIFY_MS_MAX } from './limits.ts'
import type { Members } from './members.ts'
import { openSocket } from './socket.ts'

export interface WebSocketParts {
  readonly members: Members
  /** With the dialect that is spoken there. */
  readonly routes: ReadonlyMap<SocketRoute, string>
  /** Of the peer, as far as proxies are trusted. */
  readonly addressOf: (request: IncomingMessage) => string
  /** Origins of pages that may use what their visitors' cookies say. */
  readonly allowedOrigins: () => readonly string[]
  readonly caughtUp: Authentication['caughtUp']
  readonly log: { error(details: object, message: string): void }
}

/** Takes WebSockets on a server; every other request, one that asks for another protocol too, goes on as plain HTTP. */
export function serveWebSockets(
  http: Server,
  { members, routes, addressOf, allowedOrigins, caughtUp, log }: WebSocketParts,
): void {
  const all = [...routes.keys()]
  const servers = new Map<SocketRoute, WebSocketServer>(all.map((route) => [route, serverOf(route)]))
  const routeOf = (url = ''): SocketRoute | undefined => {
    const path = pathOf(url)
    return all.find((route) => route.matches(path))
  }
  const failed = (error: unknown, path: string): void => log.error({ err: error, path }, 'a bug of ours')
  const shared = { members, failed }
  const asksForSocket = (request: IncomingMessage): boolean =>
    request.headers.upgrade?.toLowerCase() === 'websocket' && routeOf(request.url) !== undefined
  // Node asks this of each request with an Upgrade header; its types do not know the property of a server that exists.
  Object.assign(http, { shouldUpgradeCallback: asksForSocket })

  http.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    const socket = duplex as Socket
    socket.on('error', ignore)
    const route = routeOf(request.url)
    if (route === undefined) return refuse(socket, 404, '')
    const seconds = members.turnAway()
    if (seconds !== null)
      return refuse(socket, 503, `Too many come at once; try again in ${seconds} s.\n`, { 'Retry-After': String(seconds) })
    const take = (): void => {
      const upgrade = upgradeOf(request, addressOf(request), allowedOrigins())
      const refusal = refusalOf(route, upgrade)
      if (refusal !== null) refuse(socket, refusal.status, refusal.body, refusal.headers)
      else servers.get(route)?.handleUpgrade(request, socket, head, (websocket) => open(route, upgrade, websocket, socket))
    }
    // Another node may just have made the token that this socket comes with.
    const known = caughtUp()
    if (known === null) take()
    else void known.then(take, take)
  })

  function refusalOf(route: SocketRoute, upgrade: UpgradeRequest): Refusal | null {
    try {
      return route.refuse?.(upgrade) ?? null
    } catch (error) {
      log.error({ err: error, path: upgrade.path }, 'a bug of ours')
      return { status: 500, body: 'Internal Server Error\n' }
    }
  }

  function open(route: SocketRoute, upgrade: UpgradeRequest, websocket: WebSocket, socket: Socket): void {
    // From here on it is the WebSocket's to hear of.
    socket.off('error', ignore)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    const identifyMsMax = route.identifyMsMax === undefined ? IDENTIFY_MS_MAX : route.identifyMsMax
    const { path, address } = upgrade
    const dialect = routes.get(route) ?? ''
    const parts = { websocket, socket, address, path, dialect, identifyMsMax }
    openSocket(shared, parts, (connection) => route.accept(upgrade, connection))
  }
}

function serverOf({ messageBytesMax, protocols }: SocketRoute): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: messageBytesMax,
    ...(protocols !== undefined && { handleProtocols: (offered) => protocols.find((one) => offered.has(one)) ?? false }),
  })
}

const ignore = (): void => {}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? url

function upgradeOf(request: IncomingMessage, address: string, allowedOrigins: readonly string[]): UpgradeRequest {
  const { headers, url = '/' } = request
  const { origin } = headers
  const foreign = origin !== undefined && hostOf(origin) !== headers.host && !allowedOrigins.includes(origin)
  const query = new URLSearchParams(url.slice(pathOf(url).length + 1))
  return { headers, url, path: pathOf(url), query, address, origin, foreign }
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null
}

function refuse(socket: Socket, status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
  const lines = Object.entries({
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`)
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n'))
}
