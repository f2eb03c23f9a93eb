import { createRequire } from 'node:module'
import type { Client4 as Client, WebSocketClient as SocketClient } from '@mattermost/client'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket as OwnWebSocket } from 'ws'
import { type Server, startServer } from '../server.ts'
import { newSpeaker, type Speaker } from './speaker.ts'

type Config = Partial<ConstructorParameters<typeof SocketClient>[0]>
const { Client4, WebSocketClient } = createRequire(import.meta.url)('@mattermost/client') as {
  Client4: new () => Client
  WebSocketClient: new (config?: Config) => SocketClient
}

/** The product's client as it is, which comes back soon enough for a test. */
const QUICK = { minWebSocketRetryTime: 100, reconnectJitterRange: 20 }

let server: Server
let ada: Speaker
let bob: Speaker
let clients: SocketClient[] = []
beforeAll(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined)
  server = await startServer()
  ada = await newSpeaker(server, 'ada', { password: null })
  bob = await newSpeaker(server, 'bob', { password: null })
})
afterAll(async () => {
  await server.stop()
  vi.restoreAllMocks()
})
afterEach(() => {
  for (const client of clients) client.close()
  clients = []
})

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever an event has
type Event = any

/** A client that listens, and all that it heard. */
function connect(config: Config = {}, token?: string) {
  const client = new WebSocketClient({ ...QUICK, ...config })
  clients.push(client)
  const heard: Event[] = []
  const counts = { missed: 0, reconnected: 0, closed: 0 }
  client.addMessageListener((message: Event) => void heard.push(message))
  client.addMissedMessageListener(() => void counts.missed++)
  client.addReconnectListener(() => void counts.reconnected++)
  client.addCloseListener(() => void counts.closed++)
  client.initialize(`${server.url.replace('http', 'ws')}/api/v4/websocket`, token)
  const event = (fits: (event: Event) => boolean): Promise<Event> =>
    vi.waitFor(() => heard.find(fits) ?? Promise.reject(new Error(`not among ${JSON.stringify(heard)}`)), {
      timeout: 5_000,
      interval: 10,
    })
  return {
    client,
    heard,
    counts,
    event,
    hello: () => event((message) => message.event === 'hello'),
    status: ({ id }: Speaker, status: string) =>
      event((message) => message.event === 'status_change' && message.data.user_id === id && message.data.status === status),
  }
}

/** What a request is answered: the client gives it to its callback, whatever the callback's type says. */
const asked = (ask: (callback: () => void) => void): Promise<unknown> => new Promise((resolve) => ask(resolve as () => void))

/** As a browser does it, which sends the cookie along; `cut` takes the line away without a word. */
function withCookie({ token }: Speaker) {
  const sockets: OwnWebSocket[] = []
  const newWebSocketFn = (url: string): WebSocket => {
    const socket = new OwnWebSocket(url, { headers: { Cookie: `MMAUTHTOKEN=${token}` } })
    sockets.push(socket)
    return socket as unknown as WebSocket
  }
  return { config: { newWebSocketFn }, cut: () => sockets.at(-1)?.terminate(), sockets }
}

test('it says who it is, and is greeted', async () => {
  const { hello, client, counts } = connect({}, ada.token ?? '')
  const greeting = await hello()
  expect(greeting).toMatchObject({ seq: 0, data: { server_hostname: 'rollcall' } })
  const reply = await asked((done) => client.getStatusesByIds([bob.id], done))
  expect(reply).toMatchObject({ status: 'OK', data: { [bob.id]: 'offline' } })
  expect(counts.closed).toBe(0)
})

test("an unmodified client goes live: a colleague's status comes by itself once it was asked for", async () => {
  const { hello, status, event, counts } = connect({}, ada.token ?? '')
  await hello()
  const rest = new Client4()
  rest.setUrl(server.url)
  rest.setToken(ada.token ?? '')
  await rest.getStatusesByIds([bob.id])
  await bob.set('dnd')
  expect((await status(bob, 'dnd')).broadcast.user_id).toBe(bob.id)
  await bob.put('/users/me/status/custom', { emoji: 'calendar', text: 'In a meeting' })
  const { user } = (await event((message) => message.event === 'user_updated')).data
  expect(JSON.parse(user.props.customStatus)).toMatchObject({ text: 'In a meeting' })
  await bob.set('online')
  await status(bob, 'online')
  expect(counts).toEqual({ missed: 0, reconnected: 0, closed: 0 })
})

test('it asks for everything it can', async () => {
  const { hello, client, status } = connect({}, ada.token ?? '')
  await hello()
  expect(await asked((done) => client.getStatuses(done))).toMatchObject({ status: 'OK' })
  expect(await asked((done) => client.userTyping('channel', '', done))).toMatchObject({ status: 'OK' })
  expect(await asked((done) => client.updateActiveChannel('channel', done))).toMatchObject({ status: 'OK' })
  expect(await asked((done) => client.updateActiveTeam('team', done))).toMatchObject({ status: 'OK' })
  expect(await asked((done) => client.updateActiveThread(true, 'channel', done))).toMatchObject({ status: 'OK' })
  expect(await asked((done) => client.userUpdateActiveStatus(false, true, done))).toMatchObject({ status: 'OK' })
  await status(ada, 'away')
})

test('[MM-3.2-26] cut off, it comes back with the cookie and misses nothing', async () => {
  const { config, cut, sockets } = withCookie(ada)
  const { hello, status, heard, counts } = connect(config)
  await hello()
  await ada.post('/users/status/ids', [bob.id])
  await bob.set('away')
  await status(bob, 'away')
  cut()
  await bob.set('dnd')
  await status(bob, 'dnd')
  expect(sockets).toHaveLength(2)
  expect(counts).toEqual({ missed: 0, reconnected: 1, closed: 1 })
  expect(heard.map(({ seq }) => seq)).toEqual(heard.map((_, at) => at))
})

test('[MM-3.2-30] cut off after a challenge, it starts anew and knows that it missed something', async () => {
  const sockets: OwnWebSocket[] = []
  const newWebSocketFn = (url: string): WebSocket => {
    const socket = new OwnWebSocket(url)
    sockets.push(socket)
    return socket as unknown as WebSocket
  }
  const { hello, status, counts } = connect({ newWebSocketFn }, ada.token ?? '')
  await hello()
  sockets[0]?.terminate()
  await vi.waitFor(() => expect(counts.missed).toBe(1), { timeout: 5_000 })
  await ada.set('dnd')
  await status(ada, 'dnd')
  expect(counts).toEqual({ missed: 1, reconnected: 1, closed: 1 })
  await ada.set('online')
})

test('[MM-3.2-45] without anybody listening for missed messages it comes back once, not for ever', async () => {
  const { config, cut, sockets } = withCookie(ada)
  const client = new WebSocketClient({ ...QUICK, ...config })
  clients.push(client)
  const heard: Event[] = []
  client.addMessageListener((message: Event) => void heard.push(message))
  client.initialize(`${server.url.replace('http', 'ws')}/api/v4/websocket`)
  const heardOf = (status: string): Promise<unknown> =>
    vi.waitFor(() => expect(heard.some(({ data }) => data.user_id === ada.id && data.status === status)).toBe(true), 5_000)
  const greeted = (times: number): Promise<unknown> =>
    vi.waitFor(() => expect(heard.filter(({ event }) => event === 'hello')).toHaveLength(times), 5_000)
  // Before that it is told nothing of what is set.
  await greeted(1)
  await ada.set('away')
  await heardOf('away')
  cut()
  await vi.waitFor(() => expect(sockets).toHaveLength(2), 5_000)
  await greeted(2)
  await ada.set('dnd')
  await heardOf('dnd')
  await ada.set('online')
  await heardOf('online')
  expect(sockets).toHaveLength(2)
  expect(heard.map(({ seq }) => seq)).toEqual(heard.map((_, at) => at))
})

test('the server starts anew: it comes back, and knows that it missed something', async () => {
  const { config } = withCookie(ada)
  const { hello, status, counts } = connect(config)
  await hello()
  await server.restart()
  await vi.waitFor(() => expect(counts.missed).toBe(1), { timeout: 10_000 })
  await ada.set('away')
  await status(ada, 'away')
})
