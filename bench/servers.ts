import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SERVER_CORE } from './wrk.ts'

const ROLLCALL = fileURLToPath(new URL('../dist/bin/rollcall.js', import.meta.url))
const BARE = fileURLToPath(new URL('bare.ts', import.meta.url))
const START_MS_MAX = 120_000

export interface Running {
  readonly url: string
  /** From the start of the process until it listened, in ms. */
  readonly startMs: number
  /** Resident memory now, in bytes. */
  residentBytes(): Promise<number>
  stop(): Promise<void>
}

export interface RollcallOptions {
  readonly store?: string
  readonly env?: Readonly<Record<string, string>>
  readonly nodeArguments?: readonly string[]
}

export const ADMIN = { username: 'admin', password: 'a password for benches' }

/** The built server on its own core, as a user starts it, but without request limits. */
export async function startRollcall({ store, env = {}, nodeArguments = [] }: RollcallOptions = {}): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  const began = performance.now()
  const child = spawn('taskset', ['-c', SERVER_CORE, process.execPath, ...nodeArguments, ROLLCALL, 'serve'], {
    env: {
      ...process.env,
      ROLLCALL_PORT: '0',
      ROLLCALL_STORE: store ?? `file:${join(folder, 'store')}`,
      ROLLCALL_ADMIN_USERNAME: ADMIN.username,
      ROLLCALL_ADMIN_PASSWORD: ADMIN.password,
      ROLLCALL_RATE_LIMIT: 'off',
      ROLLCALL_LOG: 'off',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the server did not start')), START_MS_MAX)
    let told = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text
      const listening = /^rollcall listening on (\S+)$/m.exec(told)?.[1]
      if (listening === undefined) return
      clearTimeout(timer)
      resolve(listening)
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  const startMs = performance.now() - began
  return running(child, url, startMs, () => rm(folder, { recursive: true, force: true }))
}

/** The baseline with its answers; on the same core as the server, which is idle meanwhile. */
export async function startBare(told: object): Promise<Running> {
  const began = performance.now()
  const child = spawn('taskset', ['-c', SERVER_CORE, process.execPath, BARE], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  child.send(told)
  const [address] = (await once(child, 'message')) as [AddressInfo]
  return running(child, `http://127.0.0.1:${address.port}`, performance.now() - began, async () => {})
}

function running(child: ChildProcess, url: string, startMs: number, clean: () => Promise<void>): Running {
  return {
    url,
    startMs,
    async residentBytes() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
    },
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      await clean()
    },
  }
}
