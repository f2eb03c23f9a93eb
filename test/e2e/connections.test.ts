import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { SOCKETS_PER_USER_MAX } from '../../src/realtime/limits.ts'
import { listen } from '../mattermost/listener.ts'
import { ask } from '../native/ask.ts'
import { talk } from '../native/talk.ts'
import { openDdp } from '../rocketchat/ddp-talk.ts'
import { type Person, type Server, startServer } from '../server.ts'

let server: Server
let names = 0
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

const person = (on = server): Promise<Person> => on.createUser({ username: `person${++names}`, password: null })

/** A socket that is welcomed, and says nothing. */
async function enter({ token }: Person): Promise<WebSocket> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/socket`, { headers: { Authorization: `Bearer ${token}` } })
  await new Promise((resolve, reject) => socket.once('message', resolve).once('error', reject))
  return socket
}

test('[W9] one person has so many connections; the next one is told so, in every dialect, and nobody else is', async () => {
  const [ann, bob] = [await person(), await person()]
  const sockets = await Promise.all(Array.from({ length: SOCKETS_PER_USER_MAX }, () => enter(ann)))
  const reason = 'too many connections of yours are open'
  const native = await talk(server, ann.token)
  expect(await native.closed).toEqual({ code: 1013, reason })
  expect((await ask(server, 'GET /v1/stream', { token: ann.token })).status).toBe(429)
  expect(await (await listen(server, { token: ann.token })).closed).toBe(1013)
  const ddp = await openDdp(server, { path: '/sockjs/000/abcdefgh/websocket' })
  await ddp.connect()
  ddp.say({ msg: 'method', method: 'login', id: '1', params: [{ resume: ann.token }] })
  expect(await ddp.closed).toBe(1013)
  expect(ddp.frames.at(-1)).toBe(`c[1013,"${reason}"]`)
  expect((await ask(server, `GET /v1/presence/${ann.user.id}`)).body.availability).toBe('offline')
  ;(await enter(bob)).close()
  sockets[0]?.terminate()
  await vi.waitFor(async () => sockets.push(await Promise.race([enter(ann), rejected(200)])), { timeout: 3_000 })
  for (const socket of sockets) socket.terminate()
})

const rejected = (ms: number): Promise<never> =>
  new Promise((_resolve, reject) => setTimeout(() => reject(new Error('not in time')), ms))
