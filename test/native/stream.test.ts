import { get } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { ask } from './ask.ts'

let server: Server
let names = 0
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

const person = (): Promise<Person> => server.createUser({ username: `person${++names}`, password: null })
const set = (token: string, availability: string) =>
  ask(server, 'PUT /v1/presence/me/availability', { token, body: { availability } })

interface Told {
  readonly event: string
  readonly id?: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the event has
  readonly data: any
}

/** Server-sent events as they come. */
function listen(path: string, headers: Readonly<Record<string, string>> = {}) {
  const events: Told[] = []
  const wakers = new Set<() => void>()
  let rest = ''
  const request = get(new URL(path, server.url), { headers: { Authorization: `Bearer ${server.adminToken}`, ...headers } })
  request.on('error', () => {})
  const answered = new Promise<Record<string, unknown>>((resolve) =>
    request.once('response', (response) => {
      resolve({ status: response.statusCode, ...response.headers })
      response.setEncoding('utf8').on('data', (text: string) => {
        const blocks = (rest + text).split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) {
          const fields = Object.fromEntries(
            block.split('\n').map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]),
          )
          if (fields['event'] !== undefined)
            events.push({ ...fields, event: fields['event'], data: JSON.parse(fields['data'] ?? '') })
        }
        for (const waker of wakers) waker()
      })
      response.on('error', () => {})
    }),
  )
  const until = (wanted: (told: Told) => boolean): Promise<Told> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not told; told ${JSON.stringify(events).slice(-1_000)}`)), 5_000)
      const look = (): void => {
        const found = events.find(wanted)
        if (found === undefined) return
        clearTimeout(timer)
        resolve(found)
      }
      wakers.add(look)
      look()
    })
  return { events, answered, until, stop: () => request.destroy() }
}

test('[N32] a stream of some users tells a snapshot, then what changes; each cursor is an id', async () => {
  const [ann, bob] = [await person(), await person()]
  const stream = listen(`/v1/stream?users=${ann.user.id},nobody`)
  expect(await stream.answered).toMatchObject({ status: 200, 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const cursor = await stream.until(({ event }) => event === 'cursor')
  expect(cursor.id).toBe(cursor.data.cursor)
  expect(stream.events.map(({ event }) => event)).toEqual(['snapshot', 'presence', 'cursor'])
  expect(stream.events[0]?.data).toEqual({ users: [ann.user.id], unknown: ['nobody'] })
  await set(bob.token, 'busy')
  await set(ann.token, 'busy')
  const told = await stream.until(({ event, data }) => event === 'presence' && data.availability === 'busy')
  expect(told.data.userId).toBe(ann.user.id)
  stream.stop()
})

test('[N32] [N36] a stream of everyone goes on after its last event id, and the cursor is that of polling', async () => {
  const ann = await person()
  const first = listen('/v1/stream')
  const { id = '' } = await first.until(({ event }) => event === 'cursor')
  first.stop()
  await set(ann.token, 'busy')
  const again = listen('/v1/stream', { 'Last-Event-ID': id })
  await again.until(({ event }) => event === 'cursor')
  expect(again.events.map(({ event, data }) => data.userId ?? event)).toContain(ann.user.id)
  expect(again.events.some(({ event }) => event === 'snapshot')).toBe(false)
  const bob = await person()
  await again.until(({ data }) => data.userId === bob.user.id)
  again.stop()
  expect((await ask(server, `GET /v1/presence?since=${id}`)).body.full).toBe(false)
})

test('[N32] what cannot be streamed is refused before it begins', async () => {
  expect((await ask(server, 'GET /v1/stream?since=nonsense!')).body).toMatchObject({ status: 400, field: 'since' })
  expect((await ask(server, 'GET /v1/stream?users=')).body).toMatchObject({ status: 400, field: 'users' })
  expect((await ask(server, 'GET /v1/stream', { token: null })).status).toBe(401)
})

test('[N40] a stream that the server ends says goodbye with the cursor', async () => {
  await using other = await startServer()
  const events: string[] = []
  const ended = new Promise<void>((resolve) => {
    get(new URL('/v1/stream', other.url), { headers: { Authorization: `Bearer ${other.adminToken}` } }, (response) => {
      response.setEncoding('utf8').on('data', (text: string) => void events.push(text))
      response.on('end', resolve)
    })
  })
  while (!events.join('').includes('event: cursor')) await new Promise((resolve) => setTimeout(resolve, 10))
  await other.stop()
  await ended
  expect(events.join('')).toMatch(/event: goodbye\ndata: \{"reason":"the server restarts","cursor":"[\w.-]+"\}\n\n$/)
})
