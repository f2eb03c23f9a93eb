import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { ASKED_MAX } from '../../src/dialects/mattermost/socket-line.ts'
import { type Server, startServer } from '../server.ts'
import { type Listener, type ListenOptions, listen } from './listener.ts'
import { newSpeaker, type Speaker } from './speaker.ts'

let server: Server
let ada: Speaker
let bob: Speaker
let open: Listener[] = []
let people = 0
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())
beforeEach(async () => {
  people++
  ada = await newSpeaker(server, `ada${people}`, { password: null })
  bob = await newSpeaker(server, `bob${people}`, { password: null, name: 'Bob <B>' })
})
afterEach(async () => {
  await Promise.all(open.map((socket) => socket[Symbol.asyncDispose]()))
  open = []
  await settings({ broadcastOthers: true, statusesEnabled: true })
})

const settings = (change: object): Promise<unknown> => server.call('PATCH', '/v1/settings', server.adminToken, change)
/** Longer than changes are gathered. */
const QUIET_MS = 120

async function enter({ token }: Speaker, options: ListenOptions = {}): Promise<Listener> {
  const socket = await listen(server, { token: token ?? '', ...options })
  open.push(socket)
  if (options.connectionId === undefined) await socket.hello()
  return socket
}

const statusesOf = (socket: Listener, { id }: Speaker): string[] =>
  socket.events('status_change').flatMap(({ user_id, status }) => (user_id === id ? [status] : []))
const isOf =
  ({ id }: Speaker, status: string) =>
  (content: { user_id: string; status: string }): boolean =>
    content.user_id === id && content.status === status

test("[MM-3.2-32] [MM-3.2-1] all of one's own connections hear of one's own status, each with its own numbers", async () => {
  const sockets = [await enter(ada), await enter(ada)]
  for (const status of ['away', 'dnd', 'offline']) {
    await ada.set(status)
    for (const socket of sockets) await socket.event('status_change', isOf(ada, status))
  }
  for (const socket of sockets) expect(socket.numbers()).toEqual(socket.numbers().map((_, at) => at))
  const text = sockets[0]?.texts.find((frame) => frame.includes('"away"'))
  expect(text).toMatch(
    new RegExp(
      `^{"event": "status_change", "data": {"status":"away","user_id":"${ada.id}"}, "broadcast": {"omit_users":null,"user_id":"${ada.id}","channel_id":"","team_id":"","connection_id":"","omit_connection_id":""}, "seq": \\d+}$`,
    ),
  )
})

test('[MM-3.2-33] who never asked hears nothing of others', async () => {
  const socket = await enter(ada)
  await bob.set('dnd')
  await wait(QUIET_MS)
  expect(statusesOf(socket, bob)).toEqual([])
})

test('[MM-3.2-33] who asked over status/ids hears of it live, on each connection', async () => {
  const sockets = [await enter(ada), await enter(ada)]
  expect((await ada.post('/users/status/ids', [bob.id])).body[0].status).toBe('offline')
  await bob.set('dnd')
  for (const socket of sockets) await socket.event('status_change', isOf(bob, 'dnd'))
  await bob.set('online')
  for (const socket of sockets) await socket.event('status_change', isOf(bob, 'online'))
  for (const socket of sockets) expect(socket.numbers()).toEqual(socket.numbers().map((_, at) => at))
})

test.each<[string, object | null]>([
  ['get_statuses_by_ids', {}],
  ['get_statuses', null],
])('[MM-3.2-33] who asked with %s too', async (action, content) => {
  await bob.set('away')
  const socket = await enter(ada)
  const { data } = await socket.ask(action, content && { user_ids: [bob.id] })
  expect(data[bob.id]).toBe('away')
  await bob.set('dnd')
  await socket.event('status_change', isOf(bob, 'dnd'))
})

test('[MM-3.2-44] who asked for everybody hears of those who were offline, too', async () => {
  const socket = await enter(ada)
  const { data } = await socket.ask('get_statuses', null)
  expect(data).not.toHaveProperty(bob.id)
  await bob.set('away')
  await socket.event('status_change', isOf(bob, 'away'))
})

test('[MM-3.2-13] a list that is a moment old is followed by what changed since', async () => {
  const [socket, later] = [await enter(ada), await enter(ada)]
  await socket.ask('get_statuses', null)
  await bob.set('away')
  await socket.event('status_change', isOf(bob, 'away'))
  const { data } = await later.ask('get_statuses', null)
  if (data[bob.id] !== 'away') await later.event('status_change', isOf(bob, 'away'))
  await bob.set('dnd')
  await later.event('status_change', isOf(bob, 'dnd'))
})

test('[MM-3.2-33] what was asked before it connected does not count', async () => {
  await ada.post('/users/status/ids', [bob.id])
  const socket = await enter(ada)
  await bob.set('dnd')
  await wait(QUIET_MS)
  expect(statusesOf(socket, bob)).toEqual([])
})

test('[MM-3.2-33] a status said in another dialect, and one that ends by itself, are told as well', async () => {
  const socket = await enter(ada)
  await ada.post('/users/status/ids', [bob.id])
  await server.call('PUT', '/v1/presence/me/availability', bob.token, { availability: 'busy' })
  await socket.event('status_change', isOf(bob, 'dnd'))
  const until = new Date(Date.now() + 1_200).toISOString()
  await server.call('PUT', '/v1/presence/me/availability', bob.token, { availability: 'away', until })
  await socket.event('status_change', isOf(bob, 'away'))
  await socket.event('status_change', isOf(bob, 'dnd'), socket.frames.length)
})

test('[MM-3.2-34] broadcastOthers off: others are not told, oneself is', async () => {
  await settings({ broadcastOthers: false })
  const [own, other] = [await enter(bob), await enter(ada)]
  await ada.post('/users/status/ids', [bob.id])
  await bob.set('dnd')
  await own.event('status_change', isOf(bob, 'dnd'))
  await wait(QUIET_MS)
  expect(statusesOf(other, bob)).toEqual([])
  await settings({ broadcastOthers: true })
  await bob.set('away')
  await other.event('status_change', isOf(bob, 'away'))
})

test('[MM-3.2-40] statusesEnabled off: no status is told nor shown, custom statuses are told; on again, what changed meanwhile comes with the next change', async () => {
  const [socket, own] = [await enter(ada), await enter(bob)]
  await ada.post('/users/status/ids', [bob.id])
  await bob.set('away')
  await socket.event('status_change', isOf(bob, 'away'))
  await settings({ statusesEnabled: false })
  expect(await socket.ask('get_statuses', null)).not.toHaveProperty('data')
  expect(await socket.ask('get_statuses_by_ids', { user_ids: [bob.id] })).not.toHaveProperty('data')
  await server.call('PUT', '/v1/presence/me/availability', bob.token, { availability: 'busy' })
  await bob.put('/users/me/status/custom', { text: 'here all the same' })
  for (const each of [socket, own]) await each.event('user_updated', ({ user }) => user.id === bob.id)
  await wait(QUIET_MS)
  for (const each of [socket, own]) expect(statusesOf(each, bob).at(-1)).toBe('away')
  await settings({ statusesEnabled: true })
  await bob.put('/users/me/status/custom', { text: 'and still' })
  for (const each of [socket, own]) await each.event('status_change', isOf(bob, 'dnd'))
})

test('[MM-3.2-36] a custom status comes with the whole user, to its owner with the recent ones', async () => {
  const [own, other] = [await enter(bob), await enter(ada)]
  await ada.post('/users/status/ids', [bob.id])
  await bob.put('/users/me/status/custom', { emoji: 'calendar', text: 'In a <meeting>' })
  const { user } = (await other.event('user_updated')).data
  expect(user).toEqual((await ada.get(`/users/${bob.id}`)).body)
  expect(JSON.parse(user.props.customStatus)).toMatchObject({ emoji: 'calendar', text: 'In a <meeting>' })
  expect((await other.event('user_updated')).broadcast).toMatchObject({
    omit_users: { [bob.id]: true },
    user_id: '',
    contains_sanitized_data: true,
  })
  expect(other.texts.find((text) => text.includes('user_updated'))).not.toContain('<')
  const told = await own.event('user_updated')
  expect(told.data.user.id).toBe(bob.id)
  expect(told.broadcast).toMatchObject({ omit_users: null, user_id: bob.id })
  const before = own.frames.length
  await bob.delete('/users/me/status/custom')
  const withdrawn = await own.event('user_updated', ({ user: shown }) => shown.props.customStatus === '', before)
  expect(withdrawn.data.user).toEqual((await bob.get('/users/me')).body)
  expect(JSON.parse(withdrawn.data.user.props.recentCustomStatuses)[0].text).toBe('In a <meeting>')
  expect(statusesOf(own, bob)).toEqual(['online'])
})

test('[MM-3.2-36] others hear no e-mail address: their connections may stand in pages', async () => {
  const eve = await newSpeaker(server, `eve${people}`, { password: null, email: `eve${people}@example.org` })
  const other = await enter(ada)
  await ada.post('/users/status/ids', [eve.id])
  await eve.put('/users/me/status/custom', { emoji: 'calendar', text: 'Away' })
  await other.event('user_updated', ({ user }) => user.username === `eve${people}`)
  expect(other.texts.join()).not.toContain('example.org')
})

test('[MM-3.2-36] a custom status that ends is told within a second', async () => {
  const socket = await enter(ada)
  await ada.post('/users/status/ids', [bob.id])
  const end = Date.now() + 1_200
  const expires_at = new Date(end).toISOString()
  await bob.put('/users/me/status/custom', { emoji: 'calendar', text: 'soon over', expires_at, duration: 'date_and_time' })
  await socket.event('user_updated', ({ user }) => user.props.customStatus === '')
  expect(Date.now() - end).toBeLessThan(1_000)
})

test('[MM-3.2-37] the recent custom statuses come as a preference, to their owner only', async () => {
  const [own, other] = [await enter(bob), await enter(ada)]
  await ada.post('/users/status/ids', [bob.id])
  await bob.put('/users/me/status/custom', { emoji: 'calendar', text: 'busy' })
  const { data, broadcast } = await own.event('preferences_changed')
  expect(broadcast.user_id).toBe(bob.id)
  const [preference] = JSON.parse(data.preferences)
  expect(preference).toMatchObject({ user_id: bob.id, category: 'custom_status', name: 'recent_custom_statuses' })
  const [recent] = JSON.parse(preference.value)
  expect(recent).toMatchObject({ emoji: 'calendar', text: 'busy' })
  const before = own.frames.length
  await bob.post('/users/me/status/custom/recent/delete', recent)
  const changed = await own.event('preferences_changed', () => true, before)
  expect(JSON.parse(changed.data.preferences)[0].value).toBe('[]')
  expect(other.events('preferences_changed')).toEqual([])
  expect(own.numbers()).toEqual(own.numbers().map((_, at) => at))
})

test('[MM-3.2-38] who hides is told to be offline once, and then nothing', async () => {
  await bob.set('away')
  const [own, other] = [await enter(bob), await enter(ada)]
  await ada.post('/users/status/ids', [bob.id])
  await bob.set('offline')
  await own.event('status_change', isOf(bob, 'offline'))
  await other.event('status_change', isOf(bob, 'offline'))
  await own.ask('user_update_active_status', { user_is_active: true })
  await bob.set('offline')
  await wait(QUIET_MS)
  expect(statusesOf(other, bob)).toEqual(['offline'])
})

test('[MM-3.2-39] changes that follow closely are told as the last leaves it', async () => {
  const socket = await enter(ada)
  await ada.post('/users/status/ids', [bob.id])
  for (let round = 0; round < 10; round++) {
    await Promise.all([bob.set('away'), bob.set('dnd')])
  }
  await bob.set('dnd')
  await wait(QUIET_MS)
  const statuses = statusesOf(socket, bob)
  expect(statuses.at(-1)).toBe('dnd')
  expect(statuses.every((status, at) => status !== statuses[at - 1])).toBe(true)
  expect(statuses.length).toBeLessThan(20)
})

test('[MM-3.2-35] who was asked for first is forgotten first', async () => {
  const more = Array.from({ length: ASKED_MAX }, (_, at) => ({ username: `extra${at}`, id: `${at}`.padStart(26, 'x') }))
  for (let at = 0; at < more.length; at += 100)
    await Promise.all(more.slice(at, at + 100).map((user) => server.call('POST', '/v1/users', server.adminToken, user)))
  const [first, socket] = [await newSpeaker(server, 'first', { password: null }), await enter(ada)]
  await ada.post('/users/status/ids', [first.id])
  await ada.post('/users/status/ids', [bob.id])
  await ada.post(
    '/users/status/ids',
    more.slice(1).map(({ id }) => id),
  )
  await first.set('dnd')
  await bob.set('dnd')
  await socket.event('status_change', isOf(bob, 'dnd'))
  expect(statusesOf(socket, first)).toEqual([])
})

test('[MM-3.2-26] [MM-3.2-31] who was cut comes back, hears what it missed, and counts on', async () => {
  const socket = await enter(ada)
  const { connection_id: connectionId } = (await socket.hello()).data
  await ada.post('/users/status/ids', [bob.id])
  await bob.set('away')
  await socket.event('status_change', isOf(bob, 'away'))
  const seen = socket.numbers().length
  socket.cut()
  await socket.closed
  await bob.set('dnd')
  await bob.set('online')
  await bob.put('/users/me/status/custom', { emoji: 'calendar', text: 'while away' })
  const back = await enter(ada, { connectionId, sequence: seen - 1 })
  await back.event('user_updated')
  expect(back.events('hello')).toEqual([])
  expect(statusesOf(back, bob)).toEqual(['away', 'online'])
  expect(back.numbers()).toEqual(back.numbers().map((_, at) => seen - 1 + at))
  await bob.set('dnd')
  await back.event('status_change', isOf(bob, 'dnd'))
  expect(back.numbers()).toEqual(back.numbers().map((_, at) => seen - 1 + at))
})

test('[MM-3.2-26] it comes back before the server saw that it was gone: the old socket goes', async () => {
  const socket = await enter(ada)
  const { connection_id: connectionId } = (await socket.hello()).data
  const seen = socket.numbers().length
  const back = await enter(ada, { connectionId, sequence: seen })
  expect(await socket.closed).toBe(1006)
  await ada.set('dnd')
  await back.event('status_change', isOf(ada, 'dnd'))
  expect(back.numbers()).toEqual(back.numbers().map((_, at) => seen + at))
})

test('[MM-3.2-27] a number that is not there any more, or not yet: a new connection', async () => {
  for (const sequence of [40, 999_999_999]) {
    const socket = await enter(ada)
    const { connection_id: connectionId } = (await socket.hello()).data
    socket.cut()
    await socket.closed
    const back = await enter(ada, { connectionId, sequence })
    const hello = await back.hello()
    expect(hello.seq).toBe(0)
    expect(hello.data.connection_id).not.toBe(connectionId)
  }
})

test("[MM-3.2-28] an id that is not known, or is somebody else's or another token's: a new connection", async () => {
  const socket = await enter(bob)
  const { connection_id: known } = (await socket.hello()).data
  for (const connectionId of ['z'.repeat(26), known]) {
    const hello = await (await enter(ada, { connectionId, sequence: 1 })).hello()
    expect(hello.seq).toBe(0)
    expect(hello.data.connection_id).not.toBe(connectionId)
  }
  const { token } = (await bob.post('/users/me/tokens', { description: 'another' })).body
  const hello = await (await enter({ ...bob, token }, { connectionId: known, sequence: 1 })).hello()
  expect(hello.data.connection_id).not.toBe(known)
  expect((await socket.settled()).status).toBe('OK')
})

test('[MM-3.2-29] an id that is none, and a known one without a proper number: closed', async () => {
  expect(await (await enter(ada, { connectionId: 'junk', sequence: 0 })).closed).toBe(1006)
  const { connection_id: connectionId } = (await (await enter(ada)).hello()).data
  for (const sequence of ['', '-1', '1.5', 'junk']) expect(await (await enter(ada, { connectionId, sequence })).closed).toBe(1006)
})

test('[MM-3.2-30] after a challenge it is always a new connection', async () => {
  const socket = await enter(ada)
  const { connection_id: connectionId } = (await socket.hello()).data
  socket.cut()
  await socket.closed
  const back = await listen(server, { challenge: ada.token ?? '', connectionId, sequence: 1 })
  open.push(back)
  const hello = await back.hello()
  expect(hello.seq).toBe(0)
  expect(hello.data.connection_id).not.toBe(connectionId)
})

test('a token that may not read presence is not let in', async () => {
  const { token } = await server.call('POST', '/v1/tokens', server.adminToken, {
    name: 'mute',
    kind: 'application',
    scopes: ['sessions'],
  })
  expect(await (await listen(server, { token })).closed).toBe(1006)
})

test.each<[string, (who: Speaker) => Promise<unknown>]>([
  ['a logout', (who) => who.post('/users/logout')],
  ['a deactivation', async ({ id }) => server.call('PATCH', `/v1/users/${id}`, server.adminToken, { active: false })],
  ['a deletion', async ({ id }) => server.call('DELETE', `/v1/users/${id}`, server.adminToken)],
])('[MM-3.2-43] %s ends the connections, which cannot be resumed', async (_name, end) => {
  const socket = await enter(ada)
  await end(ada)
  expect(await socket.closed).toBe(1008)
  const back = await listen(server, { token: ada.token ?? '' })
  back.say({ action: 'ping', seq: 1 })
  await wait(QUIET_MS)
  expect(back.texts).toEqual([])
  open.push(back)
})

test('[MM-3.2-33] a token that may look at some users hears of nobody else, whoever asked', async () => {
  const other = await newSpeaker(server, `carol${people}`, { password: null })
  const wanted = { name: 'some', kind: 'application', scopes: ['presence:read'], users: [`bob${people}`] }
  const { token } = await server.call('POST', '/v1/tokens', server.adminToken, wanted)
  const socket = await enter({ ...ada, token })
  const admin = (await server.request('/api/v4/users/status/ids', {
    method: 'POST',
    headers: { Authorization: `Bearer ${server.adminToken}` },
    body: JSON.stringify([bob.id, other.id]),
  })) as Response
  expect(admin.status).toBe(200)
  await bob.set('dnd')
  await other.set('dnd')
  await socket.event('status_change', isOf(bob, 'dnd'))
  await socket.ask('get_statuses', null)
  await wait(QUIET_MS)
  expect(statusesOf(socket, other)).toEqual([])
})

test.each([
  ['its id serves all products', 'whoserves14allproducts1234'],
  ['its id here is another', 'of-elsewhere'],
])('[MM-3.2-46] who was asked for and is deleted is told to be offline: %s', async (_, id) => {
  const cleo = await newSpeaker(server, `cleo${people}`, { password: null, id })
  const socket = await enter(ada)
  await cleo.set('dnd')
  await ada.post('/users/status/ids', [cleo.id])
  await server.call('DELETE', `/v1/users/${id}`, server.adminToken)
  await socket.event('status_change', isOf(cleo, 'offline'))
})
