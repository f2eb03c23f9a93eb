import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Server, startServer } from '../server.ts'
import { type RedisServer, startRedis } from './server.ts'

let redis: RedisServer
let nodes: readonly Server[] = []

beforeAll(async () => {
  redis = await startRedis()
  const store = `redis://127.0.0.1:${redis.port}`
  nodes = [
    await startServer({ store, env: { ROLLCALL_NODE: 'one' } }),
    await startServer({ store, env: { ROLLCALL_NODE: 'other' } }),
  ]
}, 60_000)
afterAll(async () => {
  for (const node of nodes) await node.stop()
  await redis.stop()
})

test('what is set on one node is seen on the other, whoever logged in where', async () => {
  const [one, other] = nodes as [Server, Server]
  const shown = () => other.call('GET', '/v1/presence/me', one.adminToken)
  expect((await shown()).availability).toBe('offline')
  await one.call('PUT', '/v1/presence/me/availability', one.adminToken, { availability: 'busy' })
  await vi.waitFor(async () => expect((await shown()).availability).toBe('busy'))
  await other.call('PUT', '/v1/presence/me/note', one.adminToken, { text: 'from afar' })
  await vi.waitFor(async () => expect(await one.call('GET', '/v1/presence/me', other.adminToken)).toEqual(await shown()))
})

test('while Redis is away reads go on and writes say so; afterwards nothing is lost', async () => {
  const [one, other] = nodes as [Server, Server]
  await one.call('PUT', '/v1/presence/me/availability', one.adminToken, { availability: 'dnd' })
  await redis.kill()
  await expect(one.call('PUT', '/v1/presence/me/note', one.adminToken, { text: 'no' })).rejects.toThrow(/503/)
  expect((await one.call('GET', '/v1/presence/me', one.adminToken)).availability).toBe('dnd')
  expect((await one.request('/readyz?writable')).status).toBe(503)
  await wait(500)
  await redis.start()
  await vi.waitFor(async () => expect((await one.request('/readyz?writable')).status).toBe(200), {
    timeout: 10_000,
    interval: 100,
  })
  await one.call('PUT', '/v1/presence/me/note', one.adminToken, { text: 'again' })
  await vi.waitFor(
    async () => {
      expect(await other.call('GET', '/v1/presence/me', other.adminToken)).toMatchObject({
        availability: 'dnd',
        note: { text: 'again' },
      })
    },
    { timeout: 10_000, interval: 100 },
  )
})
