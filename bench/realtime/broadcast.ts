import { createServer } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import { answer, changed, frameOf, offline, type Plain } from './plain.ts'

/*
 * The bare baseline: every change is sent to every client at once, in one frame and one write, by `ws` and nothing else.
 * No authentication, no sessions, nothing durable. Its parent says how many users there are.
 */
process.once('message', (users: number) => {
  const presences = new Map<string, Plain>(
    Array.from({ length: users }, (_, number) => [offline(number).userId, offline(number)]),
  )
  const clients = new Set<WebSocket>()

  function set(userId: string, said: object): Plain {
    const presence = changed(presences.get(userId) ?? offline(0), said)
    presences.set(userId, presence)
    const frame = frameOf(presence)
    for (const client of clients) client.send(frame, { binary: false })
    return presence
  }

  const http = createServer((request, response) => answer(request, response, set, () => [...presences.values()]))
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, clientTracking: false })
  sockets.on('connection', (client) => {
    client.send('{"type":"hello"}')
    client.on('message', () => {
      for (const presence of presences.values()) client.send(frameOf(presence), { binary: false })
      clients.add(client)
    })
    client.on('error', () => {})
    client.on('close', () => void clients.delete(client))
  })
  http.listen(0, '127.0.0.1', () => process.send?.(http.address()))
})
