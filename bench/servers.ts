import { type ChildProcess, type Serializable, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Told } from './bare.ts'
import { SERVER_CORE } from './wrk.ts'

const ROLLCALL = fileURLToPath(new URL('../dist/bin/rollcall.js', import.meta.url))
const BARE = fileURLToPath(new URL('bare.ts', import.meta.url))
/** As `npm start` and the command itself start it. */
const AS_STARTED = ['--max-semi-space-size=8']
/** With these, a server tells its pauses. */
export const WATCHING_PAUSES = ['--import', new URL('pauses.ts', import.meta.url).href]
const START_MS_MAX = 120_000
/** Of the clock in which the system counts a process's time. */
const TICK_MS = 10

export interface Running {
  readonly url: string
  readonly pid: number
  /** From the start of the process until it listened, in ms. */
  readonly startMs: number
  /** What the process and its threads have used of a core so far, in ms. */
  cpuMs(): Promise<number>
  /** Resident memory in bytes: now, at its highest, and without the files mapped into it, which the system may take back. */
  memory(): Promise<{ readonly resident: number; readonly highest: number; readonly own: number }>
  /** How long its event loop was held, where it was for more than 20 ms, when that ended after the start, and its CPU time, in ms. */
  readonly pauses: readonly { readonly at: number; readonly ms: number; readonly cpuMs: number }[]
  stop(): Promise<void>
}

export interface RollcallOptions {
  readonly store?: string
  readonly env?: Readonly<Record<string, string>>
  readonly nodeArguments?: readonly string[]
  /** Whether it has a core to itself, as beside a load generator; else it has all there are. */
  readonly pinned?: boolean
}

export const ADMIN = { username: 'admin', password: 'a password for benches' }

/** The built server, as a user starts it, but without request limits; on its own core unless told otherwise. */
export async function startRollcall({
  store,
  env = {},
  nodeArguments = [],
  pinned = true,
}: RollcallOptions = {}): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  const began = performance.now()
  const program = [process.execPath, ...AS_STARTED, ...nodeArguments, ROLLCALL, 'serve']
  const [command = '', ...args] = pinned ? ['taskset', '-c', SERVER_CORE, ...program] : program
  const child = spawn(command, args, {
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
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  })
  const pauses: { at: number; ms: number; cpuMs: number }[] = []
  child.stdio[3]?.on('data', (lines: Buffer) => {
    for (const line of lines.toString().trim().split('\n')) pauses.push(JSON.parse(line))
  })
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the server did not start')), START_MS_MAX)
    let told = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      told += text
      const listening = /^rollcall listening on (\S+)$/m.exec(told)?.[1]
      if (listening === undefined) return
      clearTimeout(timer)
      resolve(listening)
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  const clean = (): Promise<void> => rm(folder, { recursive: true, force: true })
  return running({ child, url, startMs: performance.now() - began, pauses, clean })
}

/** The baseline with what it serves; on the same core as the server, which is idle meanwhile. */
export const startBare = (told: Told): Promise<Running> => startScript(BARE, told)

/** A baseline that is told what it serves and answers where it listens. */
export async function startScript(script: string, told: Serializable): Promise<Running> {
  const began = performance.now()
  const child = spawn('taskset', ['-c', SERVER_CORE, process.execPath, script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  child.send(told)
  const [address] = (await once(child, 'message')) as [AddressInfo]
  const url = `http://127.0.0.1:${address.port}`
  return running({ child, url, startMs: performance.now() - began, pauses: [], clean: async () => {} })
}

/** What a process and its threads have used of a core so far, in ms. */
export async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return TICK_MS * (Number(fields[11]) + Number(fields[12]))
}

interface Started extends Pick<Running, 'url' | 'startMs' | 'pauses'> {
  readonly child: ChildProcess
  clean(): Promise<void>
}

function running({ child, clean, ...rest }: Started): Running {
  return {
    ...rest,
    pid: child.pid ?? 0,
    cpuMs: () => cpuMsOf(child.pid ?? 0),
    async memory() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
      const bytesOf = (name: string): number => 1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0)
      return { resident: bytesOf('VmRSS'), highest: bytesOf('VmHWM'), own: bytesOf('RssAnon') }
    },
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      await clean()
    },
  }
}
