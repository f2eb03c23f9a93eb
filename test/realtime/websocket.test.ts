import { connect } from 'node:net'
import { expect, test, vi } from 'vitest'
import type { Connection } from '../../src/realtime/connection.ts'
import { dial, handling, somebody, startSockets } from './sockets.ts'

test('a socket is opened, heard, answered, and said goodbye to', async () => {
  const ended: unknown[] = []
  await using sockets = await startSockets({
    accept: (_request, connection) =>
      handling(connection, () => ({
        message: (payload) => connection.send(`heard ${payload.toString()}`),
        closed: (code, by) => void ended.push([code, by]),
      })),
  })
  const { socket, texts, opened, closed } = dial(`ws://${sockets.url}/socket?x=1`)
  await opened
  socket.send('hello')
  await vi.waitFor(() => expect(texts).toEqual(['heard hello']))
  expect(sockets.realtime.figures.open).toBe(1)
  socket.close(1000)
  await closed
  await vi.waitFor(() => expect(ended).toEqual([[1000, 'client']]))
  expect(sockets.realtime.figures.open).toBe(0)
})

test('[W4] frames that are made once are read by every client, several in one write, small and large', async () => {
  const texts = ['a', 'ü'.repeat(200), 'x'.repeat(70_000)]
  await using sockets = await startSockets({
    accept: (_request, connection) => {
      connection.write(texts.map(connection.frame))
      connection.write([connection.frame('last')])
      return handling(connection, () => ({}))
    },
  })
  const clients = [0, 1, 2].map(() => dial(`ws://${sockets.url}/socket`))
  for (const client of clients) await vi.waitFor(() => expect(client.texts).toEqual([...texts, 'last']))
})

test('[W7] other protocols and other paths stay plain requests', async () => {
  await using sockets = await startSockets({ accept: (_request, connection) => handling(connection, () => ({})) })
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(sockets.url.split(':')[1]), '127.0.0.1', () =>
      socket.write('GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n'),
    )
    socket.once('data', (bytes) => {
      resolve(String(bytes))
      socket.destroy()
    })
  })
  expect(answer).toContain('200 OK')
  expect((await dial(`ws://${sockets.url}/elsewhere`).refused).status).toBe(200)
})

test('a refused socket gets an answer in plain HTTP', async () => {
  await using sockets = await startSockets({
    refuse: ({ foreign }) => (foreign ? { status: 403, body: 'no', headers: { 'X-Why': 'foreign' } } : null),
    accept: (_request, connection) => handling(connection, () => ({})),
  })
  const from = (origin: string) => dial(`ws://${sockets.url}/socket`, { origin })
  expect(await from('https://evil.example').refused).toMatchObject({ status: 403, headers: { 'x-why': 'foreign' } })
  await from('https://allowed.example').opened
  await from(`http://${sockets.url}`).opened
})

test('[W7] a socket that does not say who it is in time is ended, one that does stays until its token ends', async () => {
  await using sockets = await startSockets({
    identifyMsMax: 50,
    accept: (request, connection) => {
      if (request.query.has('who')) connection.identified(somebody)
      return handling(connection, () => ({}))
    },
  })
  const known = dial(`ws://${sockets.url}/socket?who`)
  const unknown = dial(`ws://${sockets.url}/socket`)
  expect(await unknown.closed).toMatchObject({ code: 1006 })
  expect(known.socket.readyState).toBe(known.socket.OPEN)
  sockets.end({ tokenId: 'other' })
  sockets.end({ tokenId: 'token' })
  expect(await known.closed).toMatchObject({ code: 1008, reason: 'the token has ended' })
})

test('[W7] a message that is too long, and a bug, close that socket and no other', async () => {
  await using sockets = await startSockets({
    accept: (_request, connection) =>
      handling(connection, () => ({
        message: (payload) => {
          if (String(payload) === 'bug') throw new Error('a bug')
          connection.send('fine')
        },
      })),
  })
  const [long, bug, other] = [0, 1, 2].map(() => dial(`ws://${sockets.url}/socket`))
  for (const client of [long, bug, other]) await client?.opened
  long?.socket.send('x'.repeat(101))
  bug?.socket.send('bug')
  expect((await long?.closed)?.code).toBe(1009)
  expect((await bug?.closed)?.code).toBe(1011)
  expect(sockets.bugs).toHaveLength(1)
  other?.socket.send('hello')
  await vi.waitFor(() => expect(other?.texts).toEqual(['fine']))
})

test('[W7] a bug while a socket is refused, accepted, told of its token or closed ends that socket and nothing else', async () => {
  await using sockets = await startSockets({
    refuse({ query }) {
      if (query.has('refuse')) throw new Error('a bug in refusing')
      return null
    },
    accept({ query }, connection) {
      if (query.has('accept')) throw new Error('a bug in accepting')
      connection.identified(somebody)
      return handling(connection, () => ({
        ended() {
          throw new Error('a bug in ending')
        },
        farewell() {
          throw new Error('a bug in leaving')
        },
      }))
    },
  })
  expect((await dial(`ws://${sockets.url}/socket?refuse`).refused).status).toBe(500)
  expect((await dial(`ws://${sockets.url}/socket?accept`).closed).code).toBe(1011)
  const other = dial(`ws://${sockets.url}/socket`)
  await other.opened
  await vi.waitFor(() => expect(sockets.realtime.figures.open).toBe(1))
  sockets.end({ tokenId: 'token' })
  expect((await other.closed).code).toBe(1011)
  expect(sockets.bugs).toHaveLength(4)
})

test('[W8] when the server leaves, everybody is told that they may come back', async () => {
  const sockets = await startSockets({ accept: (_request, connection) => handling(connection, () => ({})) })
  const client = dial(`ws://${sockets.url}/socket`)
  await client.opened
  await sockets[Symbol.asyncDispose]()
  expect((await client.closed).code).toBe(1001)
})

test('[W3] a reader that stops reading is cut once 4 MiB wait for it, and others are served meanwhile', async () => {
  const connections: Connection[] = []
  await using sockets = await startSockets({
    accept: (_request, connection) => {
      connections.push(connection)
      return handling(connection, () => ({}))
    },
  })
  const [slow, quick] = [dial(`ws://${sockets.url}/socket`), dial(`ws://${sockets.url}/socket`)]
  await Promise.all([slow.opened, quick.opened])
  await vi.waitFor(() => expect(connections).toHaveLength(2))
  slow.socket.pause()
  const [frame] = ['x'.repeat(65_536)].map((text) => connections[0]?.frame(text))
  for (let i = 0; i < 400 && sockets.realtime.figures.open === 2; i++) {
    for (const connection of connections) connection.write(frame === undefined ? [] : [frame])
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(connections.filter((connection) => connection.isOpen())).toHaveLength(1)
  connections.find((connection) => connection.isOpen())?.send('last')
  await vi.waitFor(() => expect(quick.texts.at(-1)).toBe('last'))
  await vi.waitFor(() => expect(sockets.realtime.figures.open).toBe(1), { timeout: 5_000 })
  slow.socket.terminate()
})

test('[W6] whoever comes when there is no room is asked to come back later, and does, once there is', async () => {
  await using sockets = await startSockets({ accept: (_request, connection) => handling(connection, () => ({})) }, 1)
  const first = dial(`ws://${sockets.url}/socket`)
  await first.opened
  expect(await dial(`ws://${sockets.url}/socket`).refused).toMatchObject({ status: 503, headers: { 'retry-after': '3' } })
  expect([sockets.turnedAway(), sockets.realtime.figures.turnedAway]).toEqual([1, 1])
  first.socket.close(1000)
  await first.closed
  await vi.waitFor(() => expect(sockets.realtime.figures.open).toBe(0))
  await dial(`ws://${sockets.url}/socket`).opened
})
