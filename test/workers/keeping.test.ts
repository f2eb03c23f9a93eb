import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createChannel } from '../../src/ledgers/shared/channel.ts'
import { talk } from '../native/talk.ts'
import { until } from '../nodes/trio.ts'
import { type RedisServer, startRedis } from '../redis/server.ts'
import { COMPILED, type Server } from '../server.ts'
import { childrenOf, measuredOf, say, startWorkers } from './crew.ts'

const HANDING = fileURLToPath(new URL('handing.ts', import.meta.url))
const WORKER = fileURLToPath(new URL('../../src/bin/worker.ts', import.meta.url))
const CERTIFICATES = join(import.meta.dirname, '../operating/tls')
/** So long that a test fails which waits for half of it. */
const LEASE_MS = 60_000

let redis: RedisServer
let server: Server
beforeAll(async () => {
  redis = await startRedis()
  const store = `redis://127.0.0.1:${redis.port}`
  server = await startWorkers({ store, entry: HANDING, env: { ROLLCALL_LEASE_MS: String(LEASE_MS) } })
}, 60_000)
afterAll(async () => {
  await server.stop()
  await redis.stop()
}, 30_000)

/** It may have ended since it was listed. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const serveAll = async (): Promise<boolean> => !(await measuredOf(server, 'rollcall_ready').catch(() => [0])).includes(0)

test('[F10, WK9] after a gap each worker loads again in its process, takes its turn of connections, and tells what is said', {
  timeout: 60_000,
}, async () => {
  const ann = await server.createUser({ username: 'ann', password: null })
  const before = [await talk(server, ann.token), await talk(server, ann.token)]
  const workers = childrenOf(server.pid)
  execFileSync('redis-cli', ['-p', String(redis.port), 'HSET', 'rollcall:{meta}', 'epoch', 'another'])
  for (const { closed } of before) expect((await closed).code).toBe(1001)
  await until(() => server.logs.stderr.split('everything is loaded again').length > 2)
  await until(serveAll, 40_000)
  expect(childrenOf(server.pid)).toEqual(workers)
  expect(server.logs.stdout).toBe(`rollcall listening on ${server.url}\n`)
  const talks = [await talk(server, ann.token), await talk(server, ann.token)]
  expect(await measuredOf(server, 'rollcall_connections', { transport: 'websocket' })).toEqual([1, 1])
  for (const own of talks) await own.say({ type: 'watch', users: [ann.user.id] })
  await say(server, ann, 'busy')
  for (const own of talks) await own.presenceOf(ann.user.id, 'busy')
})

test('[WK3] the successor of a worker that was killed has its name at once, and does not wait for its lease to end', {
  timeout: 60_000,
}, async () => {
  const [victim = 0] = childrenOf(server.pid)
  const began = performance.now()
  process.kill(victim, 'SIGKILL')
  await until(() => !childrenOf(server.pid).includes(victim))
  await until(async () => childrenOf(server.pid).length === 2 && (await serveAll()), LEASE_MS)
  expect(performance.now() - began).toBeLessThan(LEASE_MS / 2)
})

test('[WK3] when no worker comes to serve any more, all of it ends with code 1, and says so', { timeout: 60_000 }, async () => {
  await until(() => {
    for (const worker of childrenOf(server.pid)) kill(worker)
    return server.ended() !== null
  }, 40_000)
  expect(server.ended()).toEqual({ code: 1, signal: null })
  expect(server.logs.stderr).toMatch(
    /worker \d ended \(SIGKILL\) [5-9] times before it served, and no other serves: all of it ends/,
  )
})

test('[WK3] a worker of another version than the process that starts it refuses, with words', async () => {
  const worker = spawn(process.execPath, [WORKER], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
  })
  const words = text(worker.stderr as Socket)
  createChannel(worker.stdio[3] as Socket).tell('start', { version: '0.0.0-before' })
  expect((await once(worker, 'exit'))[0]).toBe(1)
  expect(await words).toMatch(/^rollcall: the program was replaced: .* runs as 0\.0\.0-before; start all of it again\n$/)
})

test('[WK6] SIGHUP has each worker read the certificate again; without one it ends all, as it does any process', {
  timeout: 40_000,
}, async () => {
  const env = {
    ROLLCALL_TLS_CERT: join(CERTIFICATES, 'one.cert.pem'),
    ROLLCALL_TLS_KEY: join(CERTIFICATES, 'one.key.pem'),
    ROLLCALL_ADMIN_PASSWORD: undefined,
  }
  await using safe = await startWorkers({ env })
  process.kill(safe.pid ?? 0, 'SIGHUP')
  await until(() => safe.logs.stderr.split('certificate and key were read again').length === 3)
  expect(childrenOf(safe.pid)).toHaveLength(2)
  expect(await safe.stop()).toBe(0)
  await using plain = await startWorkers({ store: 'memory:' })
  const workers = childrenOf(plain.pid)
  process.kill(plain.pid ?? 0, 'SIGHUP')
  await until(() => plain.ended() !== null && childrenOf(plain.pid).length === 0)
  expect([plain.ended(), workers.length]).toEqual([{ code: null, signal: 'SIGHUP' }, 2])
})
