import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen } from '../mattermost/listener.ts'
import { type Nodes, startNodes } from '../nodes/trio.ts'
import { type RedisServer, startRedis } from '../redis/server.ts'
import { enterDdp } from '../rocketchat/ddp-talk.ts'

let redis: RedisServer
let nodes: Nodes
beforeAll(async () => {
  redis = await startRedis()
  nodes = await startNodes(() => `redis://127.0.0.1:${redis.port}`, ['b'])
}, 60_000)
afterAll(async () => {
  await nodes.stop()
  await redis.stop()
})

test('[RC-2.4-8] ready-made statuses are told on every node, through whichever dialect and node they are changed', async () => {
  const [a, b] = nodes.nodes
  const watcher = await nodes.person()
  const ddp = await enterDdp(b ?? a, watcher)
  for (const event of ['updateCustomUserStatus', 'deleteCustomUserStatus']) await ddp.subscribe('stream-notify-logged', event)
  const { id } = await a.call('POST', '/v1/presets', a.adminToken, { name: 'Lunch', availability: 'away' })
  await a.call('PUT', `/v1/presets/${id}`, a.adminToken, { name: 'Dinner', availability: 'busy' })
  await a.call('DELETE', `/v1/presets/${id}`, a.adminToken)
  await ddp.next(({ fields }) => fields?.eventName === 'deleteCustomUserStatus')
  expect(ddp.events('notify-logged').map(({ eventName, args }) => [eventName, args[0].userStatusData])).toEqual([
    ['updateCustomUserStatus', { _id: id, name: 'Lunch', statusType: 'away' }],
    ['updateCustomUserStatus', { _id: id, name: 'Dinner', statusType: 'busy' }],
    ['deleteCustomUserStatus', { _id: id, name: 'Dinner', statusType: 'busy' }],
  ])
  await ddp.end()
})

test('[MM-3.2-37] the recent custom statuses are told on every node', async () => {
  const [a, b] = nodes.nodes
  const { token } = await nodes.person()
  await using socket = await listen(b ?? a, { token })
  await socket.hello()
  await a.call('PUT', '/api/v4/users/me/status/custom', token, { emoji: 'calendar', text: 'from the other node' })
  const { data } = await socket.event('preferences_changed')
  expect(JSON.parse(JSON.parse(data.preferences)[0].value)[0].text).toBe('from the other node')
})
