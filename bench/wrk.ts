import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** One kind of request, sent over keep-alive connections as fast as answers come. */
export interface Load {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly headers: Readonly<Record<string, string>>
  /** Body of a Lua function `request()` for requests that differ; `wrk` and `counter` are at hand. Absent: GET the URL. */
  readonly lua?: string
  /** How long each connection waits before its next request, in ms. */
  readonly delayMs?: number
}

export interface Figures {
  readonly requests: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Answers that were not 2xx, and broken connections. */
  readonly errors: number
}

/** wrk drives one core from its own process; it comes as a Debian package. */
export function requireWrk(): void {
  if (hasCommand('wrk')) return
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'ignore' })
    execFileSync('apt-get', ['install', '-y', '-qq', 'wrk'], { stdio: 'ignore' })
    return
  }
  throw new Error('The load generator is missing. Install the package "wrk" (Debian: apt-get install wrk).')
}

/** Runs one load on the second core, where there is one. Throws when nothing was answered. */
export async function drive({ url, connections, seconds, headers, lua, delayMs }: Load): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  const script = join(folder, 'load.lua')
  const sent = Object.entries(headers).map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`)
  await writeFile(
    script,
    `${sent.join('\n')}\ncounter = 0\n${lua === undefined ? '' : `function request()\ncounter = counter + 1\n${lua}\nend`}\n${
      delayMs === undefined ? '' : `function delay() return ${delayMs} end`
    }\n`,
  )
  const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url]
  const { stdout } = await run('taskset', ['-c', LOAD_CORE, ...wrk])
  await rm(folder, { recursive: true })
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0)
  if (perSecond === 0) throw new Error(`no answers from ${url}:\n${stdout}`)
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0)
  const broken = [...(/Socket errors: (.*)/.exec(stdout)?.[1] ?? '').matchAll(/\d+/g)].reduce(
    (sum, [count]) => sum + Number(count),
    0,
  )
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0)
  return { requests, perSecond, p50: millisecondsOf(stdout, '50%'), p99: millisecondsOf(stdout, '99%'), errors: refused + broken }
}

/** The server has one core for itself, the load the other. */
export const SERVER_CORE = '0'
const LOAD_CORE = '1'

function millisecondsOf(output: string, percentile: string): number {
  const [, value, unit] = new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s)`).exec(output) ?? []
  return Number(value) * (unit === 'us' ? 0.001 : unit === 's' ? 1000 : 1)
}

function hasCommand(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, name)))
}
