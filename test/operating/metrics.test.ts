import { once } from 'node:events'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { type Person, type Server, startServer } from '../server.ts'
import { startReceiver } from '../webhooks/receiver.ts'
import { type Exposition, readExposition } from './exposition.ts'

let server: Server
let ann: Person

beforeAll(async () => {
  server = await startServer({ store: 'memory:' })
  ann = await server.createUser({ username: 'ann', password: null })
})
afterAll(() => server.stop())

const read = async (): Promise<Exposition> => readExposition(await (await server.request('/metrics')).text())
const until = (check: (measured: Exposition) => void) =>
  vi.waitFor(async () => check(await read()), { timeout: 10_000, interval: 50 })
const say = (availability: string) => server.call('PUT', '/v1/presence/me/availability', ann.token, { availability })

test('[M1] it is the text that Prometheus reads, with names, units and kinds as they should be', async () => {
  const response = await server.request('/metrics')
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const { types, samples, sum } = readExposition(await response.text())
  for (const [name, kind] of types) {
    expect([name, name.endsWith('_total')]).toEqual([name, kind === 'counter'])
    expect(name).toMatch(/^(rollcall|process|nodejs)_[a-z0-9_]+$/)
    if (kind === 'histogram') expect(name).toMatch(/_seconds$/)
  }
  expect(sum('process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
  expect(sum('process_start_time_seconds')).toBeGreaterThan(1_700_000_000)
  expect(sum('process_open_fds')).toBeGreaterThan(3)
  expect(sum('rollcall_ready')).toBe(1)
  expect(samples.length).toBeGreaterThan(50)
})

test('[M5] requests are counted by dialect, route and class of status, and refusals by reason', async () => {
  const before = await read()
  await server.call('GET', '/v1/presence/me', ann.token)
  await server.request('/v1/presence/me')
  await server.request(`/api/v4/users/${ann.user.ids.mattermost}/status`, { headers: { Authorization: `Bearer ${ann.token}` } })
  await server.request('/api/v1/users.nothing')
  await server.request('/api/v1/nothing/at/all')
  await server.request('/v1/presence/me?who=', { headers: { Authorization: `Bearer ${ann.token}` } })
  const after = await read()
  const more = (name: string, labels: Readonly<Record<string, string>>) => after.sum(name, labels) - before.sum(name, labels)
  const requests = 'rollcall_http_requests_total'
  const one = { dialect: 'native', method: 'GET', route: '/v1/presence/{user}' }
  expect(more(requests, { ...one, status: '2xx' })).toBe(1)
  expect(more(requests, { ...one, status: '4xx' })).toBe(2)
  expect(more('rollcall_http_request_duration_seconds_count', one)).toBe(3)
  expect(more(requests, { dialect: 'mattermost', route: '/api/v4/users/{user_id}/status', status: '2xx' })).toBe(1)
  expect(more(requests, { dialect: 'rocketchat', route: 'none', status: '4xx' })).toBe(1)
  expect(more(requests, { dialect: 'superoffice', route: 'none', status: '4xx' })).toBe(1)
  for (const reason of ['not_logged_in', 'malformed'])
    expect(more('rollcall_refusals_total', { dialect: 'native', reason })).toBe(1)
})

test('[M3] nothing that a client sends becomes a label', async () => {
  await server.request('/v1/presence/somebody-nobody-knows', { headers: { Authorization: `Bearer ${ann.token}` } })
  await server.request('/a/strange/address?with=a-query')
  await server.request('/v1/presence/me', { method: 'PROPFIND' })
  const text = await (await server.request('/metrics')).text()
  for (const word of ['nobody-knows', 'strange', 'a-query', 'PROPFIND', ann.user.id, 'ann"', ann.token])
    expect(text).not.toContain(word)
})

test('[M6] commits are counted and timed', async () => {
  const before = await read()
  await say('busy')
  await say('away')
  const after = await read()
  const name = 'rollcall_ledger_commits_total'
  expect(after.sum(name, { outcome: 'committed' }) - before.sum(name, { outcome: 'committed' })).toBeGreaterThanOrEqual(2)
  const seconds = 'rollcall_ledger_commit_duration_seconds_count'
  expect(after.sum(seconds, { partition: 'facts' }) - before.sum(seconds, { partition: 'facts' })).toBeGreaterThanOrEqual(2)
  expect(after.sum('rollcall_ledger_away')).toBe(0)
})

test('[M7] connections, sessions, cuts and what is told are counted', async () => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/socket`)
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  for (const message of [
    { type: 'hello', token: ann.token },
    { type: 'watch', everyone: true },
    { type: 'attend', app: 'test', platform: 'web' },
  ])
    socket.send(JSON.stringify(message))
  const open = { dialect: 'native', transport: 'websocket' }
  await until(({ sum }) =>
    expect([sum('rollcall_connections', open), sum('rollcall_sessions', { dialect: 'native' })]).toEqual([1, 1]),
  )
  const before = await read()
  await say('dnd')
  await until(({ sum }) => {
    expect(sum('rollcall_told_changes_total') - before.sum('rollcall_told_changes_total')).toBeGreaterThanOrEqual(1)
    expect(sum('rollcall_told_lag_seconds_count')).toBeGreaterThan(before.sum('rollcall_told_lag_seconds_count'))
    expect(sum('rollcall_outbox_waiting_connections')).toBe(0)
  })
  const { token } = await server.call('POST', '/v1/tokens', ann.token, { name: 'short', kind: 'personal' })
  const other = new WebSocket(`${server.url.replace('http', 'ws')}/v1/socket`)
  await once(other, 'open')
  other.send(JSON.stringify({ type: 'hello', token }))
  await once(other, 'message')
  const closed = once(other, 'close')
  const { tokens } = await server.call('GET', '/v1/tokens', ann.token)
  const short = tokens.find(({ name }: { name: string }) => name === 'short')
  await server.call('DELETE', `/v1/tokens/${short.id}`, ann.token)
  await closed
  await until(({ sum }) => expect(sum('rollcall_connections_cut_total', { reason: 'policy' })).toBe(1))
  socket.close()
  await until(({ sum }) => expect(sum('rollcall_connections', open)).toBe(0))
})

test('[M4] what a hidden user does unseen counts as no change', async () => {
  await say('offline')
  const told = async () => (await read()).sum('rollcall_told_changes_total')
  const before = await told()
  const { sessionId } = await server.call('POST', '/v1/sessions', ann.token, { app: 'test', platform: 'web' })
  await server.call('POST', `/v1/sessions/${sessionId}/heartbeat`, ann.token, { idle: true })
  await server.call('DELETE', `/v1/sessions/${sessionId}`, ann.token)
  expect(await told()).toBe(before)
  await say('busy')
  expect(await told()).toBe(before + 1)
})

test('[M2] programs on this machine read it, a proxy asking for somebody does not, and a permitted token always does', async () => {
  const status = async (headers: Readonly<Record<string, string>>) => (await server.request('/metrics', { headers })).status
  for (const name of ['X-Forwarded-For', 'Forwarded', 'Via', 'X-Real-IP'])
    expect([name, await status({ [name]: '192.0.2.1' })]).toEqual([name, 401])
  const admin = { 'X-Forwarded-For': '192.0.2.1', Authorization: `Bearer ${server.adminToken}` }
  expect(await status(admin)).toBe(200)
  expect(await status({ ...admin, Authorization: `Bearer ${ann.token}` })).toBe(403)
  expect(await status({ ...admin, Authorization: 'Bearer nonsense' })).toBe(401)
})

test.each([
  { readers: 'token', local: 401, foreign: 401 },
  { readers: 'open', local: 200, foreign: 200 },
  { readers: 'off', local: 404, foreign: 404 },
])('[M2] with ROLLCALL_METRICS=$readers it is $local on this machine', async ({ readers, local, foreign }) => {
  await using other = await startServer({ store: 'memory:', env: { ROLLCALL_METRICS: readers } })
  const status = async (headers: Readonly<Record<string, string>>) => (await other.request('/metrics', { headers })).status
  expect([await status({}), await status({ Via: '1.1 proxy' })]).toEqual([local, foreign])
})

test('[M8] tries to deliver to webhooks are counted by outcome', async () => {
  await using receiver = await startReceiver()
  await server.call('PATCH', '/v1/settings', server.adminToken, { webhookHosts: ['127.0.0.1'] })
  const { id } = await server.call('POST', '/v1/webhooks', server.adminToken, { url: receiver.url, active: false })
  const before = await read()
  await server.call('POST', `/v1/webhooks/${id}/test`, server.adminToken)
  receiver.answerWith(() => 500)
  await server.call('POST', `/v1/webhooks/${id}/test`, server.adminToken)
  const after = await read()
  const more = (outcome: string) =>
    after.sum('rollcall_webhook_deliveries_total', { outcome }) - before.sum('rollcall_webhook_deliveries_total', { outcome })
  expect([more('taken'), more('failed')]).toEqual([1, 1])
})
