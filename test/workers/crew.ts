import { execFileSync } from 'node:child_process'
import { request } from 'node:http'
import { until } from '../nodes/trio.ts'
import { readExposition } from '../operating/exposition.ts'
import { type Person, type Server, type ServerOptions, startServer } from '../server.ts'

/** Of the workers of tests, in ms: short, so that what comes after them comes soon. */
export const LEASE_MS = 1_000
export const GRACE_MS = 1_500

export const startWorkers = (options: ServerOptions = {}): Promise<Server> =>
  startServer({
    ...options,
    env: {
      ROLLCALL_WORKERS: '2',
      ROLLCALL_LEASE_MS: String(LEASE_MS),
      ROLLCALL_RESTART_GRACE_MS: String(GRACE_MS),
      ...options.env,
    },
  })

/** Process ids of those that a process started, in the order in which they were. */
export function childrenOf(pid: number | undefined): readonly number[] {
  const told = execFileSync('ps', ['-eo', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  return told
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, state = '']) => Number(parent) === pid && !state.startsWith('Z'))
    .map(([child]) => Number(child))
    .sort((one, other) => one - other)
}

/** What the server's processes measure under a name, by worker; 0 of one that is not there. */
export async function measuredOf(server: Server, name: string, labels: Readonly<Record<string, string>> = {}) {
  const { sum } = readExposition((await askAgain(server, '/metrics')).body)
  return [1, 2].map((worker) => sum(name, { ...labels, worker: String(worker) }))
}

/** Reads over connections of their own until one is not cut: one that a killed worker was to take is. */
export function askAgain(server: Server, path: string, token?: string): Promise<Answered> {
  return askAnew(server, 'GET', path, token === undefined ? {} : bearer(token)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNRESET' || error.message === 'socket hang up') return askAgain(server, path, token)
    throw error
  })
}

export const availabilityOf = async (server: Server, { user }: Person): Promise<string> =>
  (await askAgain(server, `/v1/presence/${user.id}`, server.adminToken)).body.availability

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has
  readonly body: any
}

/** Over a connection of its own, which any worker may get. */
export function askAnew(
  { url }: Pick<Server, 'url'>,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: object,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const content = body === undefined ? undefined : JSON.stringify(body)
    const more = content === undefined ? {} : { 'Content-Type': 'application/json' }
    const asked = request(new URL(path, url), { method, agent: false, headers: { ...headers, ...more } }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const isJson = /^application\/(problem\+)?json/.test(answer.headers['content-type'] ?? '')
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: isJson ? JSON.parse(text) : text })
      })
    })
    asked.on('error', reject)
    asked.end(content)
  })
}

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

/** Whether the process is there. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Says it to whichever worker, once that one has heard of the token. */
export async function say({ url }: Server, { token }: Person, availability: string): Promise<void> {
  const asked = () => askAnew({ url }, 'PUT', '/v1/presence/me/availability', bearer(token), { availability })
  await until(async () => (await asked()).status === 200)
}
