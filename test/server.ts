import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ENTRY = fileURLToPath(new URL('../src/bin/rollcall.ts', import.meta.url))
/** Halves what a start costs: there are many. */
export const COMPILED = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url))
const START_MS_MAX = 20_000
const END_MS_MAX = 12_000
const LISTENING = /^rollcall listening on (https?:\/\/\S+)$/m

/** Everybody's, unless a test says otherwise. */
export const PASSWORD = 'a password for tests'
export const ADMIN = { username: 'admin', password: 'correct horse battery staple' }

export interface ServerOptions {
  /** Beside the usual; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** ROLLCALL_STORE; a temporary folder when not given. */
  readonly store?: string
  /** Further arguments of `rollcall serve`. */
  readonly args?: readonly string[]
  /** Another program that serves as `rollcall` does. */
  readonly entry?: string
}

export interface Person {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has
  readonly user: any
  readonly token: string
}

/** A user of tests, as `POST /v1/users` takes it. */
export type NewPerson = { readonly username: string; readonly password?: string | null } & Readonly<Record<string, unknown>>

export type Server = Awaited<ReturnType<typeof startServer>>

/** Starts the real server as a process on a free port. `await using` ends it; its temporary folder goes with it. */
export async function startServer({ env = {}, store, args = [], entry = ENTRY }: ServerOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-test-'))
  const environment = {
    ...withoutOurs(process.env),
    NODE_COMPILE_CACHE: COMPILED,
    ROLLCALL_PORT: '0',
    ROLLCALL_STORE: store ?? `file:${join(folder, 'store')}`,
    ROLLCALL_ADMIN_USERNAME: ADMIN.username,
    ROLLCALL_ADMIN_PASSWORD: ADMIN.password,
    ROLLCALL_RATE_LIMIT: 'off',
    ...env,
  }
  const logs = { stdout: '', stderr: '' }
  const start = (more: Readonly<Record<string, string>> = {}) =>
    startProcess({ ...environment, ...more }, [entry, 'serve', ...args], logs)
  let running = await start().catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true })
    throw error
  })
  const url = running.url
  const request = (path: string, init?: RequestInit): Promise<Response> => fetch(new URL(path, url), init)

  /** Calls with a JSON body and a bearer token; throws on any answer that is not 2xx. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has
  async function call(method: string, path: string, token: string | null, body?: unknown): Promise<any> {
    const response = await request(path, {
      method,
      headers: {
        ...(token !== null && { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? null : JSON.parse(text)
  }
  const login = (username: string, password: string): Promise<Person> => call('POST', '/v1/login', null, { username, password })
  const end = (signal: NodeJS.Signals): Promise<number | null> => endProcess(running.child, signal)
  const passwordKnown = !('ROLLCALL_ADMIN_PASSWORD' in env)
  const adminToken = passwordKnown ? (await login(ADMIN.username, ADMIN.password)).token : ''

  async function stop(): Promise<number | null> {
    const code = await end('SIGTERM')
    await rm(folder, { recursive: true, force: true })
    return code
  }
  return {
    url,
    adminToken,
    folder,
    /** What it wrote so far, in all its starts. */
    logs,
    get pid() {
      return running.child.pid
    },
    /** Null while it runs. */
    ended() {
      const { exitCode: code, signalCode: signal } = running.child
      return code === null && signal === null ? null : { code, signal }
    },
    request,
    call,
    login,
    /** Made by the administrator, and logged in with PASSWORD or another one; with null they get a token, which costs no hashing. */
    async createUser({ password = PASSWORD, ...person }: NewPerson): Promise<Person> {
      const user = await call('POST', '/v1/users', adminToken, { ...person, ...(password !== null && { password }) })
      if (password !== null) return { user, token: (await login(person.username, password)).token }
      const wanted = { name: 'tests', kind: 'personal', user: user.id }
      return { user, token: (await call('POST', '/v1/tokens', adminToken, wanted)).token }
    },
    /** SIGTERM; answers the exit code and takes the temporary folder away. */
    stop,
    /** SIGKILL; the folder stays for `restart`. */
    kill: () => end('SIGKILL'),
    /** On the same store and port; ends it cleanly first when it still runs. */
    async restart(): Promise<void> {
      await end('SIGTERM')
      running = await start({ ROLLCALL_PORT: new URL(url).port })
    },
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}

interface Logs {
  stdout: string
  stderr: string
}

/** Resolves once it listens. Throws with what it wrote to standard error when it ends before, or takes too long. */
async function startProcess(environment: NodeJS.ProcessEnv, args: readonly string[], logs: Logs) {
  const child = spawn(process.execPath, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  const told = { stdout: '', stderr: '' }
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`the server ${why}\n${told.stderr || told.stdout}`))
    const timer = setTimeout(() => {
      fail(`did not listen within ${START_MS_MAX} ms`)
      child.kill('SIGKILL')
    }, START_MS_MAX)
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        told[stream] += text
        logs[stream] += text
        const listening = LISTENING.exec(told.stdout)?.[1]
        if (listening === undefined) return
        clearTimeout(timer)
        resolve(listening)
      })
    }
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      fail(`ended with ${signal ?? `code ${code}`} before it listened`)
    })
  })
  return { child, url }
}

/** Answers the exit code, null after a signal. A process that does not end in time is killed, and that is an error. */
async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const ended = once(child, 'close')
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX)
  child.kill(signal)
  await ended
  clearTimeout(timer)
  if (child.signalCode === 'SIGKILL' && signal !== 'SIGKILL') throw new Error(`the server did not end within ${END_MS_MAX} ms`)
  return child.exitCode
}

function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('ROLLCALL_')))
}
