import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { talk } from '../native/talk.ts'
import { until } from '../nodes/trio.ts'
import { startRedis } from '../redis/server.ts'
import { COMPILED, startServer } from '../server.ts'
import { askAnew, bearer, childrenOf, isThere, measuredOf, say, startWorkers } from './crew.ts'

const ENTRY = fileURLToPath(new URL('../../src/bin/rollcall.ts', import.meta.url))
const HANDING = fileURLToPath(new URL('handing.ts', import.meta.url))

/** Runs `rollcall serve` to its end, which must come by itself. */
function refused(env: Readonly<Record<string, string>>): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const options = {
      env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: COMPILED, ROLLCALL_WORKERS: '2', ...env },
      timeout: 15_000,
    }
    execFile(process.execPath, [ENTRY, 'serve'], options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}

test('[WK1, WK8] the administrator’s frame comes once; a port that is taken refuses to start, though workers share theirs', {
  timeout: 30_000,
}, async () => {
  await using server = await startWorkers({
    env: { ROLLCALL_ADMIN_USERNAME: undefined, ROLLCALL_ADMIN_PASSWORD: undefined, ROLLCALL_WORKERS: '3' },
  })
  expect(server.logs.stdout.match(/password {2}\S+/g)).toHaveLength(1)
  expect(server.logs.stdout.trimEnd().split('\n').at(-1)).toBe(`rollcall listening on ${server.url}`)
  expect(childrenOf(server.pid)).toHaveLength(3)
  const port = new URL(server.url).port
  expect(await refused({ ROLLCALL_PORT: port, ROLLCALL_STORE: 'memory:' })).toEqual({
    code: 1,
    stdout: '',
    stderr: `rollcall: port ${port} of 127.0.0.1 is taken by another process; set ROLLCALL_PORT to another, or to 0\n`,
  })
})

test('[WK8] a worker that cannot start at first ends all, and its words are told once', { timeout: 20_000 }, async () => {
  const { code, stdout, stderr } = await refused({
    ROLLCALL_HOST: 'no.such.host.invalid',
    ROLLCALL_PORT: '0',
    ROLLCALL_STORE: 'memory:',
  })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^rollcall: there is no such host to listen on \(\w+\); set ROLLCALL_HOST\n$/)
})

test('[WK9] where the system spreads nothing, connections are handed to each worker in turn: requests, sockets, a drain', {
  timeout: 40_000,
}, async () => {
  await using server = await startWorkers({ entry: HANDING })
  for (let i = 0; i < 10; i++) expect((await askAnew(server, 'GET', '/readyz')).status).toBe(200)
  const requests = await measuredOf(server, 'rollcall_http_requests_total', { route: '/readyz' })
  for (const count of requests) expect(count).toBeGreaterThanOrEqual(5)
  const talks = [await talk(server, server.adminToken), await talk(server, server.adminToken)]
  expect(await measuredOf(server, 'rollcall_connections', { transport: 'websocket' })).toEqual([1, 1])
  const me = { userId: (await askAnew(server, 'GET', '/v1/presence/me', bearer(server.adminToken))).body.userId }
  for (const own of talks) await own.say({ type: 'watch', users: [me.userId] })
  await askAnew(server, 'PUT', '/v1/presence/me/availability', bearer(server.adminToken), { availability: 'away' })
  for (const own of talks) await own.presenceOf(me.userId, 'away')
  const [victim = 0] = childrenOf(server.pid)
  process.kill(victim, 'SIGKILL')
  for (let i = 0; i < 6; i++) expect((await askAnew(server, 'GET', '/readyz').catch(() => ({ status: 200 }))).status).toBe(200)
  await until(async () => !(await measuredOf(server, 'rollcall_ready')).includes(0), 20_000)
  expect(await server.stop()).toBe(0)
})

test('[WK1, WK4] on Redis, each worker is a node with a store of its own, and ends with the first process all the same', {
  timeout: 60_000,
}, async () => {
  const redis = await startRedis()
  try {
    await using server = await startWorkers({ store: `redis://127.0.0.1:${redis.port}` })
    await using other = await startServer({ store: `redis://127.0.0.1:${redis.port}`, env: { ROLLCALL_NODE: 'other' } })
    const ann = await server.createUser({ username: 'ann', password: null })
    await say(server, ann, 'busy')
    for (let i = 0; i < 8; i++)
      await until(async () => (await askAnew(server, 'GET', '/v1/presence/me', bearer(ann.token))).body.availability === 'busy')
    await until(async () => (await askAnew(other, 'GET', '/v1/presence/me', bearer(ann.token))).body.availability === 'busy')
    const workers = childrenOf(server.pid)
    await server.kill()
    await until(() => !workers.some(isThere))
  } finally {
    await redis.stop()
  }
})
