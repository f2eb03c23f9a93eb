import { createServer } from 'node:http'
import { createClient } from '@redis/client'
import { type WebSocket, WebSocketServer } from 'ws'
import { tokenOf, userId } from './people.ts'
import { answer, changed, frameOf, offline, type Plain } from './plain.ts'

/*
 * The textbook baseline: statuses in a Redis hash, changes through Redis pub/sub, each sent by `ws` to whoever watches.
 * Who connects is online, who is gone is offline. Its parent says where Redis is and how many users there are.
 */
interface Told {
  readonly redis: string
  readonly users: number
  readonly tokens: number
}

process.once('message', (told: Told) => void serve(told))

async function serve({ redis: url, users, tokens }: Told): Promise<void> {
  const redis = createClient({ url })
  const subscriber = redis.duplicate()
  await Promise.all([redis.connect(), subscriber.connect()])
  const everyone = new Set<WebSocket>()
  const watchers = new Map<string, Set<WebSocket>>()
  for (let number = 0; number < users; number++) {
    const presence = offline(number)
    void redis.hSet('presence', presence.userId, JSON.stringify(presence))
  }
  for (let number = 0; number < tokens; number++) void redis.set(`token:${tokenOf(number)}`, userId(number % users))
  await redis.ping()

  await subscriber.subscribe('presence', (text) => {
    const presence = JSON.parse(text) as Plain
    const frame = frameOf(presence)
    for (const client of everyone) client.send(frame, { binary: false })
    for (const client of watchers.get(presence.userId) ?? []) client.send(frame, { binary: false })
  })

  async function set(user: string, said: { readonly text?: string; readonly availability?: string }): Promise<Plain> {
    const before = JSON.parse((await redis.hGet('presence', user)) ?? '{}') as Plain
    const presence = changed(before, said)
    const text = JSON.stringify(presence)
    await redis.hSet('presence', user, text)
    await redis.publish('presence', text)
    return presence
  }

  async function watch(client: WebSocket, wanted: readonly string[] | null): Promise<void> {
    if (wanted === null) everyone.add(client)
    for (const user of wanted ?? []) {
      const group = watchers.get(user) ?? new Set()
      watchers.set(user, group.add(client))
    }
    const known = wanted === null ? await redis.hVals('presence') : await redis.hmGet('presence', [...wanted])
    for (const text of known) if (text !== null) client.send(frameOf(JSON.parse(text)), { binary: false })
  }

  const all = async (): Promise<Plain[]> => (await redis.hVals('presence')).map((text) => JSON.parse(text) as Plain)
  const http = createServer((request, response) => answer(request, response, set, all))
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, clientTracking: false })
  sockets.on('connection', (client, request) => void welcome(client, request.headers.authorization))

  async function welcome(client: WebSocket, authorization = ''): Promise<void> {
    let watched: readonly string[] = []
    let attends = false
    client.on('error', () => {})
    const user = await redis.get(`token:${authorization.slice('Bearer '.length)}`)
    if (user === null) return client.close(1008)
    client.on('message', (payload: Buffer) => {
      const said = JSON.parse(String(payload)) as { readonly type: string; readonly users?: readonly string[] }
      if (said.type === 'watch') {
        watched = [...watched, ...(said.users ?? [])]
        void watch(client, said.users ?? null)
      } else if (said.type === 'attend') {
        attends = true
        void set(user, { availability: 'online' })
      }
    })
    client.on('close', () => {
      everyone.delete(client)
      for (const other of watched) watchers.get(other)?.delete(client)
      if (attends) void set(user, { availability: 'offline' })
    })
    client.send('{"type":"hello"}')
  }
  http.listen(0, '127.0.0.1', () => process.send?.(http.address()))
}
