import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { type Ddp, enterDdp, openDdp } from './ddp-talk.ts'
import { createTalk, inMs, later } from './talk.ts'

/** Long enough for what was told to have come: it is gathered for 25 ms. */
const QUIET_MS = 150

let server: Server
let talk: ReturnType<typeof createTalk>
let admin: Person
let watcher: Person
let made = 0

beforeAll(async () => {
  server = await startServer()
  talk = createTalk(server)
  watcher = await someone()
  admin = { user: await server.call('GET', '/v1/users/admin', server.adminToken), token: server.adminToken }
})
afterAll(() => server.stop())

const someone = (): Promise<Person> => server.createUser({ username: `user-${++made}`, name: `User ${made}`, password: null })
const set = (person: Person, body: object) => talk.post('users.setStatus', person, body)
const watching = async (...people: Person[]): Promise<Ddp> => {
  const ddp = await enterDdp(server, watcher)
  expect(await ddp.watch(...people)).toMatchObject({ msg: 'ready' })
  return ddp
}

describe('stream-user-presence', () => {
  test('[RC-2.4-3] the first subscription is ready; later ones edit its list and end, which is no error', async () => {
    const [ann, bob] = [await someone(), await someone()]
    const ddp = await watching(ann)
    expect(await ddp.watch(bob)).toEqual({ msg: 'nosub', id: expect.any(String) })
    await set(bob, { status: 'busy' })
    expect(await ddp.told(bob, 0)).toEqual([bob.user.username, 3, '', 'manual'])
    await set(ann, { status: 'away' })
    expect(await ddp.told(ann, 0)).toEqual([ann.user.username, 2, '', 'manual'])
    await ddp.end()
  })

  test('[RC-2.4-4] it begins without a snapshot; an event carries name, code, text, source and end', async () => {
    const ann = await someone()
    const ddp = await watching(ann)
    await later(QUIET_MS)
    expect(ddp.events('user-presence')).toEqual([])
    const expiresAt = inMs(60_000)
    await set(ann, { status: 'busy', message: ':books: reading', expiresAt })
    const { username, id } = ann.user
    const event = await ddp.next(({ collection }) => collection === 'stream-user-presence')
    expect(event).toEqual({
      msg: 'changed',
      collection: 'stream-user-presence',
      id,
      fields: {
        uid: id,
        eventName: id,
        args: [[username, 3, ':books: reading', 'manual', { $date: Date.parse(expiresAt) }]],
      },
    })
    await ddp.end()
  })

  test('[RC-2.4-4] newer clients put the lists among the arguments', async () => {
    const ann = await someone()
    const ddp = await enterDdp(server, watcher)
    const options = { useCollection: false, args: [{ added: [ann.user.id] }] }
    expect(await ddp.subscribe('stream-user-presence', '', options)).toMatchObject({ msg: 'ready' })
    await set(ann, { status: 'away' })
    expect(await ddp.told(ann, 0)).toContain(2)
    await ddp.end()
  })

  test('[RC-2.4-5] who is removed is not told of any more; the end of the first ends all', async () => {
    const [ann, bob] = [await someone(), await someone()]
    const ddp = await enterDdp(server, watcher)
    ddp.say({ msg: 'sub', id: 'first', name: 'stream-user-presence', params: ['', { added: [ann.user.id, bob.user.id] }] })
    await ddp.next(({ msg }) => msg === 'ready')
    await ddp.subscribe('stream-user-presence', '', { removed: [ann.user.id, 'nobody'] })
    await set(ann, { status: 'busy' })
    await set(bob, { status: 'busy' })
    await ddp.told(bob, 0)
    ddp.say({ msg: 'unsub', id: 'first' })
    await ddp.next(({ msg, id }) => msg === 'nosub' && id === 'first')
    await set(bob, { status: 'away' })
    await later(QUIET_MS)
    expect(ddp.events('user-presence')).toHaveLength(1)
    expect(await ddp.watch(bob)).toMatchObject({ msg: 'ready' })
    await ddp.end()
  })

  test('[RC-2.4-6] ids of nobody and what is no id are passed over, however many', async () => {
    const ann = await someone()
    const ddp = await enterDdp(server, watcher)
    const unknown = Array.from({ length: 12_000 }, (_none, index) => `nobody-${index}`)
    const options = { added: [...unknown, 7, null, {}, ann.user.id], removed: 'nobody' }
    expect(await ddp.subscribe('stream-user-presence', '', options)).toMatchObject({ msg: 'ready' })
    await set(ann, { status: 'busy' })
    expect(await ddp.told(ann, 0)).toContain(3)
    await ddp.end()
  })

  test('[RC-2.4-12] of several changes at once only the last is told', async () => {
    const ann = await someone()
    const ddp = await watching(ann)
    await Promise.all(['busy', 'away', 'busy', 'away', 'busy', 'away', 'busy'].map((status) => set(ann, { status })))
    await set(ann, { status: 'away', message: 'last' })
    await ddp.next(({ fields }) => fields?.args?.[0]?.[2] === 'last')
    expect(ddp.events('user-presence').length).toBeLessThan(8)
    expect(ddp.events('user-presence').at(-1).args[0]).toEqual([ann.user.username, 2, 'last', 'manual'])
    await ddp.end()
  })

  test('[RC-2.4-17] a second device, and a status said again, are not told', async () => {
    const ann = await someone()
    const ddp = await watching(ann)
    const first = await enterDdp(server, ann)
    expect((await ddp.told(ann, 0))[1]).toBe(1)
    await later(QUIET_MS)
    const second = await enterDdp(server, ann)
    await later(QUIET_MS)
    await second.call('UserPresence:away')
    await set(ann, { status: 'online' })
    await later(QUIET_MS)
    expect(ddp.events('user-presence')).toHaveLength(1)
    const late = await watching(ann)
    await set(ann, { status: 'busy' })
    for (const one of [ddp, late]) expect((await one.told(ann, 0)).length).toBeGreaterThan(0)
    await expect.poll(() => ddp.events('user-presence').at(-1).args[0][1]).toBe(3)
    await Promise.all([first, second, ddp, late].map((one) => one.end()))
  })

  test('[RC-2.4-13] whoever hides looks offline to others, and sees the truth on their own connections', async () => {
    const ann = await someone()
    const own = await enterDdp(server, ann)
    await own.watch(ann)
    const ddp = await watching(ann)
    await set(ann, { status: 'offline', message: 'hidden' })
    // That they came may be told before.
    const last = () => ddp.events('user-presence').at(-1)?.args[0]
    await expect.poll(last).toEqual([ann.user.username, 0, 'hidden', 'manual'])
    const [told, before] = [ddp.messages.length, ddp.events('user-presence').length]
    await own.call('UserPresence:away')
    await set(ann, { status: 'busy' })
    expect(await ddp.told(ann, told)).toContain(3)
    expect(ddp.events('user-presence')).toHaveLength(before + 1)
    await expect.poll(() => own.events('user-presence').some(({ args }) => args[0][1] === 0)).toBe(true)
    await Promise.all([own.end(), ddp.end()])
  })

  test('[RC-2.4-13] so does whoever listens to everybody: one event each, of the own view and of the strangers’', async () => {
    const ann = await someone()
    const [own, ddp] = [await enterDdp(server, ann), await enterDdp(server, watcher)]
    await set(ann, { status: 'busy' })
    for (const listener of [own, ddp]) await listener.subscribe('stream-notify-logged', 'user-status', false)
    await later(QUIET_MS)
    const told = (listener: Ddp) =>
      listener
        .events('notify-logged')
        .map(({ args }) => args[0])
        .filter(([id]) => id === ann.user.ids.rocketchat)
    const before = [told(own).length, told(ddp).length]
    await set(ann, { status: 'offline' })
    await expect.poll(() => [told(own).length, told(ddp).length]).toEqual(before.map((count) => count + 1))
    await later(QUIET_MS)
    const start = [ann.user.ids.rocketchat, ann.user.username, 0, '', ann.user.name, ann.user.roles]
    expect([told(own), told(ddp)].map((events) => events.at(-1))).toEqual([[...start, 'manual'], start])
    expect([told(own).length, told(ddp).length]).toEqual(before.map((count) => count + 1))
    await Promise.all([own.end(), ddp.end()])
  })

  test('[RC-2.4-14] a status set in another dialect is told at once, in this one’s words', async () => {
    const ann = await someone()
    const ddp = await watching(ann)
    const id = ann.user.ids.mattermost
    const began = Date.now()
    await server.call('PUT', `/api/v4/users/${id}/status`, ann.token, { user_id: id, status: 'dnd' })
    expect(await ddp.told(ann, 0)).toEqual([ann.user.username, 3, '', 'manual'])
    expect(Date.now() - began).toBeLessThan(1_000)
    await server.call('PUT', '/v1/presence/me/note', ann.token, { text: 'on a call', emoji: 'phone' })
    expect((await ddp.told(ann)).slice(1, 3)).toEqual([3, ':phone: on a call'])
    await ddp.end()
  })

  test('[RC-2.4-14] a status that ends is told when it ends', async () => {
    const ann = await someone()
    const ddp = await watching(ann)
    await set(ann, { status: 'busy', expiresAt: inMs(400) })
    expect((await ddp.told(ann, 0))[1]).toBe(3)
    expect((await ddp.told(ann))[1]).toBe(0)
    await ddp.end()
  })

  test.each([
    ['its id is everywhere the same', {}],
    ['it has an id of its own here', { ids: { rocketchat: 'AnnHere' } }],
  ])('[RC-2.4-16] a watched user who is deleted looks offline: %s', async (_, ids) => {
    const ann = await server.createUser({ username: `user-${++made}`, password: null, ...ids })
    await set(ann, { status: 'online' })
    const ddp = await watching(ann)
    await server.call('DELETE', `/v1/users/${ann.user.id}`, server.adminToken)
    expect((await ddp.told(ann, 0))[1]).toBe(0)
    await ddp.end()
  })
})

describe('stream-notify-logged', () => {
  test('[RC-2.4-1] user-status tells everybody’s changes to whoever is logged in', async () => {
    const ddp = await enterDdp(server, watcher)
    expect(await ddp.subscribe('stream-notify-logged', 'user-status', false)).toMatchObject({ msg: 'ready' })
    const ann = await someone()
    await set(ann, { status: 'busy', message: 'working' })
    const { username, name, id } = ann.user
    const { fields } = await ddp.next((one) => one.fields?.args?.[0]?.[0] === id && one.fields.args[0][2] !== 0)
    expect(fields).toEqual({
      eventName: 'user-status',
      args: [[id, username, 3, 'working', name, ['user'], 'manual']],
    })
    await ddp.end()
  })

  test('[RC-2.4-1] two subscriptions to it are told once, until both have ended', async () => {
    const [ann, ddp] = [await someone(), await enterDdp(server, watcher)]
    for (const id of ['one', 'two']) ddp.say({ msg: 'sub', id, name: 'stream-notify-logged', params: ['user-status'] })
    await ddp.next(({ subs }) => subs?.includes('two'))
    const told = () => ddp.events('notify-logged').filter(({ args }) => args[0][0] === ann.user.id)
    await set(ann, { status: 'busy' })
    await expect.poll(told).toHaveLength(1)
    ddp.say({ msg: 'unsub', id: 'one' })
    await set(ann, { status: 'away' })
    await expect.poll(told).toHaveLength(2)
    ddp.say({ msg: 'unsub', id: 'two' })
    await ddp.next(({ msg, id }) => msg === 'nosub' && id === 'two')
    await set(ann, { status: 'busy' })
    await later(QUIET_MS)
    expect(told()).toHaveLength(2)
    await ddp.end()
  })

  test('[RC-2.4-8] ready-made statuses that are put or deleted are told', async () => {
    const ddp = await enterDdp(server, watcher)
    for (const event of ['updateCustomUserStatus', 'deleteCustomUserStatus', 'roles-change'])
      expect(await ddp.subscribe('stream-notify-logged', event, false)).toMatchObject({ msg: 'ready' })
    const { body } = await talk.post('custom-user-status.create', admin, { name: 'Lunch', statusType: 'away' })
    const { _id } = body.customUserStatus
    const eventNamed = (name: string) => ddp.next(({ fields }) => fields?.eventName === name)
    const userStatusData = { _id, name: 'Lunch', statusType: 'away' }
    expect((await eventNamed('updateCustomUserStatus')).fields.args).toEqual([{ userStatusData }])
    await talk.post('custom-user-status.update', admin, { _id, name: 'Dinner', statusType: 'busy' })
    await ddp.next(({ fields }) => fields?.args?.[0]?.userStatusData?.name === 'Dinner')
    await talk.post('custom-user-status.delete', admin, { customUserStatusId: _id })
    expect((await eventNamed('deleteCustomUserStatus')).fields.args[0].userStatusData).toMatchObject({ _id, name: 'Dinner' })
    await ddp.end()
  })
})

describe('stream-notify-user', () => {
  test('[RC-2.4-7] userData tells one’s own changes, whoever makes them', async () => {
    const ann = await someone()
    const ddp = await enterDdp(server, ann)
    const eventName = `${ann.user.id}/userData`
    expect(await ddp.subscribe('stream-notify-user', eventName, { useCollection: false, args: [] })).toMatchObject({
      msg: 'ready',
    })
    await set(ann, { status: 'busy', message: 'here' })
    const { fields } = await ddp.next(({ fields: { args } = {} }) => args?.[0]?.diff?.statusText === 'here')
    expect(fields).toEqual({
      eventName,
      args: [{ type: 'updated', id: ann.user.id, diff: { status: 'busy', statusText: 'here' }, unset: {} }],
    })
    await set(ann, { message: '' })
    await ddp.next(({ fields: { args } = {} }) => args?.[0]?.unset?.statusText === 1)
    await ddp.end()
  })

  test('[RC-2.4-7] another’s events are not to be heard; one’s own others never come', async () => {
    const [ann, bob] = [await someone(), await someone()]
    const ddp = await enterDdp(server, ann)
    expect(await ddp.subscribe('stream-notify-user', `${bob.user.id}/userData`)).toMatchObject({
      msg: 'nosub',
      error: { error: 'not-allowed' },
    })
    expect(await ddp.subscribe('stream-notify-user', `${ann.user.id}/rooms-changed`)).toMatchObject({ msg: 'ready' })
    await ddp.end()
  })
})

describe('refusals', () => {
  test('[RC-2.4-9] a stream that is not there, or none at all, is nosub with an error', async () => {
    const ddp = await enterDdp(server, watcher)
    expect(await ddp.subscribe('stream-room-messages', 'GENERAL', false)).toMatchObject({
      msg: 'nosub',
      error: { error: 404, reason: "Subscription 'stream-room-messages' not found", errorType: 'Meteor.Error' },
    })
    for (const params of [[], [7], [{ added: [] }]])
      expect(await ddp.subscribe('stream-user-presence', ...params)).toMatchObject({ msg: 'nosub', error: { error: 400 } })
    ddp.say({ msg: 'unsub', id: 'never' })
    expect(await ddp.next(({ id }) => id === 'never')).toEqual({ msg: 'nosub', id: 'never' })
    await ddp.end()
  })

  test('[RC-2.4-9] nobody listens without a login', async () => {
    const ddp = await openDdp(server)
    await ddp.connect()
    for (const name of ['stream-user-presence', 'stream-notify-logged', 'stream-notify-user'])
      expect(await ddp.subscribe(name, 'user-status')).toMatchObject({ msg: 'nosub', error: { error: 'not-allowed' } })
    await ddp.end()
  })

  test('[RC-2.4-18] what Meteor’s clients wait for before a login is ready, and empty', async () => {
    const ddp = await openDdp(server)
    await ddp.connect()
    const names = ['meteor.loginServiceConfiguration', 'meteor_autoupdate_clientVersions']
    for (const name of names) expect(await ddp.subscribe(name)).toMatchObject({ msg: 'ready' })
    ddp.say({ msg: 'sub', id: 'services', name: names[0] })
    await ddp.next(({ subs }) => subs?.includes('services'))
    ddp.say({ msg: 'unsub', id: 'services' })
    expect(await ddp.next(({ id }) => id === 'services')).toEqual({ msg: 'nosub', id: 'services' })
    expect(ddp.messages.filter(({ msg }) => msg === 'added')).toEqual([])
    await ddp.end()
    const inside = await enterDdp(server, watcher)
    for (const name of names) expect(await inside.subscribe(name)).toMatchObject({ msg: 'ready' })
    await inside.end()
  })

  test('[RC-2.4-9] a connection has at most 256 subscriptions', async () => {
    const ddp = await enterDdp(server, watcher)
    for (let i = 0; i < 256; i++) ddp.say({ msg: 'sub', id: `n${i}`, name: 'stream-notify-logged', params: [`event-${i}`] })
    await ddp.next(({ subs }) => subs?.includes('n255'))
    expect(await ddp.subscribe('stream-notify-logged', 'user-status')).toMatchObject({
      msg: 'nosub',
      error: { error: 'too-many-subscriptions' },
    })
    ddp.say({ msg: 'unsub', id: 'n0' })
    expect(await ddp.subscribe('stream-notify-logged', 'user-status')).toMatchObject({ msg: 'ready' })
    await ddp.end()
  })

  test('[RC-2.4-11] while broadcasting is off nothing is told; presets are, and later changes', async () => {
    const ann = await someone()
    const ddp = await watching(ann)
    await ddp.subscribe('stream-notify-logged', 'user-status')
    await ddp.subscribe('stream-notify-user', `${watcher.user.id}/userData`)
    await later(QUIET_MS)
    await talk.setting(admin, 'Presence_broadcast_disabled', true)
    const quiet = ddp.messages.length
    await set(ann, { status: 'busy' })
    await set(watcher, { message: 'unheard' })
    await later(QUIET_MS)
    expect(ddp.messages.slice(quiet)).toEqual([])
    await talk.post('presence.enableBroadcast', admin)
    await set(ann, { status: 'busy', expiresAt: inMs(500) })
    expect((await ddp.told(ann, quiet))[1]).toBe(3)
    await ddp.end()
  })
})

test('[RC-2.4-15] a client that does not read is cut, and nobody else is told later for it', async () => {
  const ann = await someone()
  const [slow, ddp] = [await watching(ann), await watching(ann)]
  const count = async (): Promise<number> => (await talk.get('presence.getConnections', admin)).body.current
  const before = await count()
  slow.socket.pause()
  for (let i = 0; i < 40; i++) slow.say({ msg: 'ping', id: 'x'.repeat(500_000) })
  for (let i = 0; i < 10; i++) {
    const [from, began, status] = [ddp.messages.length, Date.now(), i % 2 === 0 ? 'busy' : 'away']
    await set(ann, { status })
    expect((await ddp.told(ann, from))[1]).toBe(status === 'busy' ? 3 : 2)
    expect(Date.now() - began).toBeLessThan(1_000)
  }
  await expect.poll(count, { timeout: 5_000 }).toBe(before - 1)
  await ddp.end()
})
