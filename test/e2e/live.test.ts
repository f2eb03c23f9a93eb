import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask } from '../native/ask.ts'
import { type Message, mirrorOf, type Talk, talk } from '../native/talk.ts'
import { type Person, type Server, startServer } from '../server.ts'

let server: Server
let people: Person[]
beforeAll(async () => {
  server = await startServer()
  people = await Promise.all(
    Array.from({ length: 20 }, (_, at) => server.createUser({ username: `person${at}`, password: null })),
  )
})
afterAll(() => server.stop())

const present = async ({ token }: Person): Promise<Talk> => {
  const client = await talk(server, token)
  await client.say({ type: 'attend', app: 'web', platform: 'test' })
  return client
}

async function watchAll(since: string | null): Promise<Talk> {
  const watcher = await talk(server, server.adminToken)
  await watcher.say({ type: 'watch', everyone: true, ...(since !== null && { since }) })
  await watcher.of('cursor')
  return watcher
}

const lastCursor = (heard: readonly Message[]): string => heard.findLast(({ type }) => type === 'cursor')?.cursor

const offlines = (heard: readonly Message[]): Message[] =>
  heard.filter(({ type, presence }) => type === 'presence' && presence.availability === 'offline')

test.each(['kill', 'restart'] as const)(
  '[W8] [Q7] after a %s whoever comes back was never gone: nothing false is told, and the cursor goes on',
  async (how) => {
    const clients = await Promise.all(people.map(present))
    const watcher = await watchAll(null)
    for (const { user } of people) await watcher.presenceOf(user.id, 'online')
    const cursor = lastCursor(watcher.heard)
    if (how === 'kill') await server.kill()
    await server.restart()
    const codes = await Promise.all([...clients, watcher].map(async ({ closed }) => (await closed).code))
    expect(new Set(codes)).toEqual(new Set([how === 'kill' ? 1006 : 1001]))
    const again = await watchAll(cursor)
    const back = await Promise.all(people.map(present))
    await ask(server, 'PUT /v1/presence/me/note', { token: people[0]?.token ?? null, body: { text: `after a ${how}` } })
    await again.until(({ presence }) => presence?.note?.text === `after a ${how}`)
    expect(offlines(again.heard).filter(({ presence }) => people.some(({ user }) => user.id === presence.userId))).toEqual([])
    const seen = again.heard.length
    for (const { socket } of back) socket.close(1000)
    for (const { user } of people) await again.presenceOf(user.id, 'offline', seen)
    const { presences } = (await ask(server, 'GET /v1/presence')).body
    for (const presence of presences)
      if (mirrorOf(again.heard).has(presence.userId)) expect(mirrorOf(again.heard).get(presence.userId)).toEqual(presence)
    again.socket.close()
  },
)

test('[W3] [N40] a watcher that stops reading is cut with a goodbye, and goes on from its cursor', async () => {
  const [watcher, other] = [await watchAll(null), await watchAll(null)]
  const cursor = lastCursor(watcher.heard)
  watcher.socket.pause()
  const token = people[0]?.token ?? null
  const text = 'x'.repeat(1_024)
  for (let at = 0; at < 40; at++)
    await ask(server, 'PUT /v1/presence/me/note', { token, body: { text: `${at} ${text}`.slice(0, 1_024) } })
  await other.until(({ presence }) => presence?.note?.text.startsWith('39 '))
  watcher.socket.terminate()
  const again = await watchAll(cursor)
  expect(mirrorOf(again.heard).get(people[0]?.user.id)?.note.text.startsWith('39 ')).toBe(true)
  expect(again.heard.filter(({ type }) => type === 'snapshot' || type === 'reset')).toEqual([])
  for (const { socket } of [other, again]) socket.close()
})

test('[C5] logins, new users and a restart leave a cursor good; a removal before the restart gives everything', async () => {
  const { cursor } = (await ask(server, 'GET /v1/presence')).body
  const { user } = await server.createUser({ username: 'newcomer' })
  await server.restart()
  const since = async () => (await ask(server, `GET /v1/presence?since=${cursor}`)).body
  const delta = await since()
  expect([delta.full, delta.presences.some(({ userId }: { userId: string }) => userId === user.id)]).toEqual([false, true])
  expect(delta.presences.length).toBeLessThan(5)
  await server.call('DELETE', `/v1/users/${user.id}`, server.adminToken)
  expect(await since()).toMatchObject({ full: false, removed: [user.id] })
  await server.restart()
  expect(await since()).toMatchObject({ full: true })
})
