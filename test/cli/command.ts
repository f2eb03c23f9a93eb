import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { COMPILED, type Server, startServer } from '../server.ts'

const ENTRY = fileURLToPath(new URL('../../src/bin/rollcall.ts', import.meta.url))
const ENDS_MS_MAX = 20_000

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  /** What stands on its standard input. */
  readonly input?: string
}

/** Runs `rollcall …` as a person would, with a home of its own, against one server or none. */
export function commandLine({ url, home }: { readonly url: string; readonly home: string }) {
  return (args: readonly string[], { env = {}, input = '' }: CommandOptions = {}): Promise<Ended> =>
    new Promise((resolve) => {
      const environment = {
        PATH: process.env['PATH'],
        XDG_CONFIG_HOME: home,
        ROLLCALL_URL: url,
        NODE_COMPILE_CACHE: COMPILED,
        ...env,
      }
      const options = { env: environment, timeout: ENDS_MS_MAX }
      const child = execFile(process.execPath, [ENTRY, ...args], options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr })
      })
      child.stdin?.end(input)
    })
}

/** The command line of a server's administrator, by token. */
export function administratorOf(server: Server) {
  const run = commandLine({ url: server.url, home: server.folder })
  return (args: readonly string[], options: CommandOptions = {}) =>
    run(args, { ...options, env: { ROLLCALL_TOKEN: server.adminToken, ...options.env } })
}

/** A server for all tests of a file, with the command line of its administrator. */
export async function serveFile() {
  const server = await startServer()
  afterAll(() => server.stop())
  return { server, rollcall: administratorOf(server) }
}
