import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { SOCKETS_PER_USER_MAX } from '../../src/realtime/limits.ts'
import { listen } from '../mattermost/listener.ts'
import { ask } from '../native/ask.ts'
import { mirrorOf, type Talk, talk } from '../native/talk.ts'
import { openDdp } from '../rocketchat/ddp-talk.ts'
import { type Person, type Server, startServer } from '../server.ts'

let server: Server
let names = 0
beforeAll(async () => {
  server = await startServer()
  await server.call('PATCH', '/v1/settings', server.adminToken, { graceMs: 500 })
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
  expect(native.heard).toEqual([{ type: 'goodbye', reason, cursor: null }])
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

const lastCursor = ({ heard }: Talk): string => heard.findLast(({ type }) => type === 'cursor')?.cursor
const set = ({ token }: Person, availability: string) =>
  ask(server, 'PUT /v1/presence/me/availability', { token, body: { availability } })

test('[W3] [N40] a reader that stops is cut by the server, and goes on from its cursor without loss', async () => {
  const [ann, bob, eve] = [await person(), await person(), await person()]
  const users = [ann.user.id, bob.user.id]
  const slow = await talk(server, eve.token)
  await slow.say({ type: 'attend', app: 'web', platform: 'test' })
  await slow.say({ type: 'watch', users })
  await slow.of('cursor')
  const quick = await talk(server, bob.token)
  await quick.say({ type: 'watch', users: [...users, eve.user.id] })
  await quick.presenceOf(eve.user.id, 'online')
  slow.socket.pause()
  // Each is answered with as much as it says: what waits grows until nothing more is kept for it.
  const unknown = Array.from({ length: 900 }, (_, at) => `${at}`.padEnd(60, '-'))
  for (let i = 0; i < 400; i++) slow.socket.send(JSON.stringify({ type: 'watch', users: unknown }))
  await set(ann, 'busy')
  await quick.presenceOf(ann.user.id, 'busy')
  const from = quick.heard.length
  await quick.until(
    ({ type, presence }) => type === 'presence' && presence.userId === eve.user.id && presence.availability === 'offline',
    from,
  )
  await set(bob, 'dnd')
  slow.socket.resume()
  // The goodbye stood behind what it had not taken, and was given up with it.
  expect((await slow.closed).code).toBe(1006)
  const back = await talk(server, eve.token)
  await back.say({ type: 'watch', users, since: lastCursor(slow) })
  await back.presenceOf(bob.user.id, 'dnd')
  const held = mirrorOf([...slow.heard, ...back.heard])
  for (const id of users) expect(held.get(id)).toEqual((await ask(server, `GET /v1/presence/${id}`, { token: eve.token })).body)
  for (const { socket } of [quick, back]) socket.close()
})

test('[W8] [N40] a server that ends says goodbye over its sockets, with the cursor from which nothing is lost', async () => {
  await using other = await startServer()
  const ann = await person(other)
  const watcher = await talk(other, other.adminToken)
  await watcher.say({ type: 'watch', everyone: true })
  await watcher.of('cursor')
  await other.restart()
  const reason = 'the server restarts'
  expect(await watcher.closed).toEqual({ code: 1001, reason })
  const goodbye = watcher.heard.at(-1)
  expect(goodbye).toEqual({ type: 'goodbye', reason, cursor: lastCursor(watcher) })
  await ask(other, 'PUT /v1/presence/me/availability', { token: ann.token, body: { availability: 'busy' } })
  const back = await talk(other, other.adminToken)
  await back.say({ type: 'watch', everyone: true, since: goodbye.cursor })
  await back.presenceOf(ann.user.id, 'busy')
  expect(back.heard.some(({ type }) => type === 'snapshot' || type === 'reset')).toBe(false)
  back.socket.close()
})

const rejected = (ms: number): Promise<never> =>
  new Promise((_resolve, reject) => setTimeout(() => reject(new Error('not in time')), ms))
