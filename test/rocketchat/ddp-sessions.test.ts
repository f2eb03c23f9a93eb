import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { type Ddp, enterDdp, openDdp } from './ddp-talk.ts'
import { createTalk, later } from './talk.ts'

const GRACE_MS = 1_000
/** Long enough for what was told to have come: it is gathered for 25 ms. */
const QUIET_MS = 150

let server: Server
let talk: ReturnType<typeof createTalk>
let admin: Person
let watcher: Ddp
let made = 0

beforeAll(async () => {
  server = await startServer()
  talk = createTalk(server)
  admin = { user: await server.call('GET', '/v1/users/admin', server.adminToken), token: server.adminToken }
  await server.call('PATCH', '/v1/settings', server.adminToken, { graceMs: GRACE_MS })
  watcher = await enterDdp(server, await someone())
})
afterAll(() => server.stop())

const someone = (): Promise<Person> => server.createUser({ username: `user-${++made}`, password: null })
const statusOf = async (person: Person) => (await talk.get('users.getStatus', person)).body

/** The codes that others were told of one user, from now on. */
async function codesOf(person: Person): Promise<() => number[]> {
  await watcher.watch(person)
  return () => watcher.events('user-presence').flatMap(({ uid, args }) => (uid === person.user.id ? [args[0][1]] : []))
}

test('[RC-3-1] a login over a socket makes online, one over HTTP does not; the last connection that leaves makes offline', async () => {
  const ann = await someone()
  const codes = await codesOf(ann)
  await talk.post('login', null, { resume: ann.token })
  expect(await statusOf(ann)).toMatchObject({ status: 'offline', connectionStatus: 'offline' })
  const stranger = await openDdp(server)
  await stranger.connect()
  expect(await statusOf(ann)).toMatchObject({ status: 'offline' })
  const [one, other] = [await enterDdp(server, ann), await enterDdp(server, ann)]
  await expect.poll(() => statusOf(ann)).toMatchObject({ status: 'online', connectionStatus: 'online' })
  await one.end()
  await later(QUIET_MS)
  expect(await statusOf(ann)).toMatchObject({ status: 'online' })
  await other.end()
  await expect.poll(codes, { timeout: 500 }).toEqual([1, 0])
  await stranger.end()
})

test('[RC-3-1] one connection that is online beats any that are away', async () => {
  const ann = await someone()
  const [one, other] = [await enterDdp(server, ann), await enterDdp(server, ann)]
  await one.call('UserPresence:away')
  await later(QUIET_MS)
  expect(await statusOf(ann)).toMatchObject({ status: 'online' })
  await other.call('UserPresence:away')
  await expect.poll(() => statusOf(ann)).toMatchObject({ status: 'away', connectionStatus: 'away' })
  await one.call('UserPresence:online')
  await expect.poll(() => statusOf(ann)).toMatchObject({ status: 'online' })
  await Promise.all([one.end(), other.end()])
})

test.each([
  ['closes with 1000', (ddp: Ddp) => ddp.end(1000)],
  ['closes without a code', (ddp: Ddp) => ddp.end('bare')],
  ['logs out', (ddp: Ddp) => ddp.call('logout')],
])('[RC-3-2] who %s is gone at once', async (_how, leave) => {
  const ann = await someone()
  const ddp = await enterDdp(server, ann)
  await expect.poll(() => statusOf(ann)).toMatchObject({ status: 'online' })
  const codes = await codesOf(ann)
  await leave(ddp)
  await expect.poll(codes, { timeout: GRACE_MS / 2 }).toEqual([0])
})

test.each([
  ['is cut', (ddp: Ddp) => ddp.end('cut')],
  ['leaves the page', (ddp: Ddp) => ddp.end(1001)],
])('[RC-3-2] who %s is believed to come back until the grace has passed', async (_how, leave) => {
  const ann = await someone()
  const ddp = await enterDdp(server, ann)
  await expect.poll(() => statusOf(ann)).toMatchObject({ status: 'online' })
  const codes = await codesOf(ann)
  const began = Date.now()
  await leave(ddp)
  await expect.poll(codes, { timeout: GRACE_MS * 3 }).toEqual([0])
  expect(Date.now() - began).toBeGreaterThanOrEqual(GRACE_MS - 50)
})

test('[RC-3-3] a page that is loaded again within the grace is not seen to have gone', async () => {
  const ann = await someone()
  let ddp = await enterDdp(server, ann)
  await expect.poll(() => statusOf(ann)).toMatchObject({ status: 'online' })
  const codes = await codesOf(ann)
  for (let i = 0; i < 3; i++) {
    await ddp.end(1001)
    await later(GRACE_MS / 4)
    ddp = await enterDdp(server, ann)
  }
  await later(GRACE_MS * 1.5)
  expect(codes()).toEqual([])
  await ddp.end()
})

test('[RC-3-3] who was away and begins anew is online; who only carries on stays away', async () => {
  const ann = await someone()
  const first = await openDdp(server)
  const session = await first.connect()
  await first.call('login', { resume: ann.token })
  await first.call('UserPresence:away')
  await expect.poll(() => statusOf(ann)).toMatchObject({ status: 'away' })
  await first.end('cut')
  const second = await openDdp(server)
  second.say({ msg: 'connect', version: '1', support: ['1'], session })
  await second.next(({ msg }) => msg === 'connected')
  await second.call('login', { resume: ann.token })
  await later(QUIET_MS)
  expect(await statusOf(ann)).toMatchObject({ status: 'away' })
  await second.end('cut')
  const third = await enterDdp(server, ann)
  await expect.poll(() => statusOf(ann)).toMatchObject({ status: 'online' })
  await third.end()
})

test('[RC-3-4] busy is hidden while its user is gone, and shows again when they come back', async () => {
  const ann = await someone()
  const codes = await codesOf(ann)
  const first = await enterDdp(server, ann)
  await first.call('setUserStatus', 'busy', 'deep work')
  await expect.poll(() => codes().at(-1)).toBe(3)
  await first.end()
  await expect.poll(() => codes().at(-1)).toBe(0)
  expect(await statusOf(ann)).toMatchObject({ status: 'offline', message: 'deep work' })
  const second = await enterDdp(server, ann)
  await expect.poll(() => codes().at(-1)).toBe(3)
  expect(await statusOf(ann)).toMatchObject({ status: 'busy', connectionStatus: 'online' })
  await second.end()
})

test('[RC-3-4] what was set in another dialect stays', async () => {
  const ann = await someone()
  const first = await enterDdp(server, ann)
  await server.call('PUT', '/v1/presence/me/availability', ann.token, { availability: 'busy' })
  await first.end()
  await later(QUIET_MS)
  expect(await statusOf(ann)).toMatchObject({ status: 'busy', connectionStatus: 'offline' })
})

test('[RC-3-5] presence.getConnections counts open sockets, and never refuses one', async () => {
  const count = async (): Promise<number> => (await talk.get('presence.getConnections', admin)).body.current
  const before = await count()
  const sockets = await Promise.all(Array.from({ length: 220 }, () => openDdp(server)))
  expect((await talk.get('presence.getConnections', admin)).body).toEqual({ current: before + 220, max: 200, success: true })
  await Promise.all(sockets.map((ddp) => ddp.end()))
  await expect.poll(count).toBe(before)
})

test('[RC-3-6] a restart of the server is not seen: sessions are taken back by those who return', async () => {
  const own = await startServer()
  const ann = await own.createUser({ username: 'ann', password: null })
  const first = await enterDdp(own, ann)
  const status = async () => (await createTalk(own).get('users.getStatus', ann)).body.status
  await expect.poll(status).toBe('online')
  await own.restart()
  expect([1001, 1006]).toContain(await first.closed)
  expect(await status()).toBe('online')
  const second = await enterDdp(own, ann)
  expect(await status()).toBe('online')
  await second.end()
  await expect.poll(status).toBe('offline')
  await own.stop()
})
