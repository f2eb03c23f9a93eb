import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, untilOpen } from '../../test/ports.ts'
import { type Running, startRollcall, startScript, WATCHING_PAUSES } from '../servers.ts'
import { type Crew, makeStore } from './people.ts'

const BROADCAST = fileURLToPath(new URL('broadcast.ts', import.meta.url))
const TEXTBOOK = fileURLToPath(new URL('textbook.ts', import.meta.url))
const REDIS = '/usr/bin/redis-server'

/** A server to compare with others. */
export interface Contender extends Running {
  readonly name: string
}

/** The product, on a store of its own with so many people. */
export interface Rollcall extends Contender {
  /** Ends it as an operator would, and starts it again on the same store and port. Answers how long it was away, in ms. */
  restart(): Promise<number>
}

export async function startOurs(crew: Crew, watchesPauses = false): Promise<Rollcall> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-live-'))
  const store = `file:${join(folder, 'store')}`
  await makeStore(store, crew)
  const nodeArguments = watchesPauses ? WATCHING_PAUSES : []
  const start = (port: string): Promise<Running> => startRollcall({ store, nodeArguments, env: { ROLLCALL_PORT: port } })
  let running = await start('0')
  return {
    name: 'rollcall',
    url: running.url,
    startMs: running.startMs,
    get pid() {
      return running.pid
    },
    cpuMs: () => running.cpuMs(),
    memory: () => running.memory(),
    get pauses() {
      return running.pauses
    },
    async stop() {
      await running.stop()
      await rm(folder, { recursive: true, force: true })
    },
    async restart() {
      const began = performance.now()
      await running.stop()
      running = await start(new URL(running.url).port)
      return performance.now() - began
    },
  }
}

export async function startBroadcast(users: number): Promise<Contender> {
  return { name: 'bare ws', ...(await startScript(BROADCAST, users)) }
}

/** With its own Redis, on the same core. */
export async function startTextbook(users: number, tokens: number): Promise<Contender> {
  const port = await freePort()
  const redis = spawn('taskset', ['-c', '0', REDIS, '--port', String(port), '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  })
  await untilOpen(port)
  const running = await startScript(TEXTBOOK, { redis: `redis://127.0.0.1:${port}`, users, tokens })
  return {
    ...running,
    name: 'redis + ws',
    async stop() {
      await running.stop()
      const ended = once(redis, 'exit')
      redis.kill('SIGTERM')
      await ended
    },
  }
}
