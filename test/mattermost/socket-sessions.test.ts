import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Server, startServer } from '../server.ts'
import { type Listener, type ListenOptions, listen } from './listener.ts'
import { newSpeaker, type Speaker } from './speaker.ts'

const GRACE_MS = 600
const AWAY_MS = 1_000

let server: Server
let ada: Speaker
let witness: Speaker
let watching: Listener
let open: Listener[] = []
let people = 0
beforeAll(async () => {
  server = await startServer()
  await server.call('PATCH', '/v1/settings', server.adminToken, { graceMs: GRACE_MS })
  witness = await newSpeaker(server, 'witness', { password: null })
})
afterAll(() => server.stop())
beforeEach(async () => {
  ada = await newSpeaker(server, `ada${++people}`, { password: null })
  watching = await enter(witness)
  await watching.ask('get_statuses_by_ids', { user_ids: [ada.id] })
})
afterEach(async () => {
  await Promise.all(open.map((socket) => socket[Symbol.asyncDispose]()))
  open = []
  await server.call('PATCH', '/v1/settings', server.adminToken, { awayAfterMs: 300_000 })
})

async function enter({ token }: Speaker, options: ListenOptions = {}): Promise<Listener> {
  const socket = await listen(server, { token: token ?? '', ...options })
  open.push(socket)
  if (options.connectionId === undefined) await socket.hello()
  return socket
}

const seen = (status: string, from = 0): Promise<unknown> =>
  watching.event('status_change', (content) => content.user_id === ada.id && content.status === status, from)
const statuses = (): string[] =>
  watching.events('status_change').flatMap(({ user_id, status }) => (user_id === ada.id ? [status] : []))
const statusNow = async (): Promise<string> => (await ada.get('/users/me/status')).body.status

test.each([
  ['with code 1000', 1000],
  ['without one', undefined],
])('[MM-3.2-41] [MM-3.2-42] a connection is presence, and a goodbye %s ends it at once', async (_name, code) => {
  const socket = await enter(ada)
  await seen('online')
  const began = Date.now()
  await socket.close(code)
  await seen('offline')
  expect(Date.now() - began).toBeLessThan(GRACE_MS / 2)
  expect(statuses()).toEqual(['online', 'offline'])
})

test.each<[string, (socket: Listener) => void]>([
  ['cut off', (socket) => socket.cut()],
  ['the page was left', (socket) => socket.socket.close(1001)],
])('[MM-3.2-42] %s: it lives through the grace', async (_name, end) => {
  const socket = await enter(ada)
  await seen('online')
  end(socket)
  await socket.closed
  const began = Date.now()
  await wait(GRACE_MS / 2)
  expect(await statusNow()).toBe('online')
  await seen('offline')
  expect(Date.now() - began).toBeGreaterThan(GRACE_MS * 0.8)
})

test('[MM-3.2-42] who comes back within it was never gone', async () => {
  const socket = await enter(ada)
  await seen('online')
  const { connection_id: connectionId } = (await socket.hello()).data
  socket.cut()
  await socket.closed
  const back = await enter(ada, { connectionId, sequence: socket.numbers().length })
  await wait(GRACE_MS * 1.5)
  expect(statuses()).toEqual(['online'])
  await back.close()
  await seen('offline')
})

test('[MM-3.2-42] of two connections each counts', async () => {
  const [one, other] = [await enter(ada), await enter(ada)]
  await seen('online')
  await one.close(1000)
  await wait(100)
  expect(await statusNow()).toBe('online')
  await other.close(1000)
  await seen('offline')
  expect(statuses()).toEqual(['online', 'offline'])
})

test('[MM-3.2-43] a logout ends what its connections mean, at once', async () => {
  await enter(ada)
  await seen('online')
  const began = Date.now()
  await ada.post('/users/logout')
  await seen('offline')
  expect(Date.now() - began).toBeLessThan(GRACE_MS / 2)
})

test('[MM-3.2-17] a locked screen is idle at once, whatever was asked, and no claim is made', async () => {
  const socket = await enter(ada)
  await seen('online')
  await socket.ask('user_update_active_status', { user_is_active: false })
  await socket.ask('user_update_active_status', { user_is_active: false, manual: false })
  expect(await statusNow()).toBe('online')
  await socket.ask('user_update_active_status', { user_is_active: false, manual: true })
  await seen('away')
  expect((await ada.get('/users/me/status')).body).toMatchObject({ status: 'away', manual: false })
  await socket.ask('user_update_active_status', { user_is_active: true, manual: true })
  await seen('online', watching.frames.length - 1)
  expect((await ada.get('/users/me/status')).body).toMatchObject({ status: 'online', manual: false })
})

test('[MM-3.2-17] nor does it touch one that was made', async () => {
  await ada.set('dnd')
  const socket = await enter(ada)
  for (const [user_is_active, manual] of [
    [false, true],
    [true, true],
    [true, false],
  ]) {
    await socket.ask('user_update_active_status', { user_is_active, manual })
    expect((await ada.get('/users/me/status')).body).toMatchObject({ status: 'dnd', manual: true })
  }
})

test('[MM-3.2-16] [MM-3.2-41] who does not say that somebody is there goes away; asking does not count', async () => {
  await server.call('PATCH', '/v1/settings', server.adminToken, { awayAfterMs: AWAY_MS })
  const [socket, quiet] = [await enter(ada), await newSpeaker(server, `quiet${people}`, { password: null })]
  await watching.ask('get_statuses_by_ids', { user_ids: [quiet.id] })
  const idle = await enter(quiet)
  for (let beat = 0; beat < 8; beat++) {
    await socket.ask('user_update_active_status', { user_is_active: true })
    await idle.ask('ping')
    await idle.ask('presence', { channel_id: '' })
    await idle.ask('user_update_active_status', { user_is_active: false })
    await wait(AWAY_MS / 5)
  }
  await watching.event('status_change', ({ user_id, status }) => user_id === quiet.id && status === 'away')
  expect(statuses()).toEqual(['online'])
  await seen('away')
})

test('[MM-3.2-18] manual that is no boolean is false', async () => {
  const socket = await enter(ada)
  await seen('online')
  expect((await socket.ask('user_update_active_status', { user_is_active: false, manual: 'true' })).status).toBe('OK')
  expect(await statusNow()).toBe('online')
})

test('[MM-3.2-41] a token that may look, and not be present, listens unseen', async () => {
  const { token } = await server.call('POST', '/v1/tokens', server.adminToken, {
    name: 'eyes',
    kind: 'application',
    scopes: ['presence:read'],
  })
  const eyes = await enter({ ...ada, token })
  await eyes.ask('get_statuses_by_ids', { user_ids: [ada.id] })
  await ada.set('dnd')
  await eyes.event('status_change', ({ user_id, status }) => user_id === ada.id && status === 'dnd')
  expect((await eyes.ask('user_update_active_status', { user_is_active: true })).status).toBe('OK')
})

test('[MM-3.2-25] who does not read is cut, and nobody else notices', async () => {
  const slow = await enter(ada)
  const ids = Array.from({ length: 280 }, (_, at) => `${at}`.padStart(26, 'x'))
  slow.socket.pause()
  let seq = 0
  let isCut = false
  void slow.closed.then(() => {
    isCut = true
  })
  const began = Date.now()
  while (!isCut && Date.now() - began < 20_000) {
    for (let count = 0; count < 100; count++) slow.say({ action: 'get_statuses_by_ids', seq: ++seq, data: { user_ids: ids } })
    expect((await watching.settled()).status).toBe('OK')
    await wait(100)
    if (seq > 3_000) slow.socket.resume()
  }
  expect(isCut).toBe(true)
  expect(slow.frames.filter(({ seq_reply }) => seq_reply > 0).length).toBeLessThan(seq)
})
