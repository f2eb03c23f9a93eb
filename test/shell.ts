import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { COMPILED } from './server.ts'

const ENTRY = fileURLToPath(new URL('../src/bin/rollcall.ts', import.meta.url))
const ENDS_MS_MAX = 60_000

export interface Shell {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** What stands on its standard input. */
  readonly input?: string
}

/** Runs a script as a reader of our pages would, in a clean environment; `rollcall` and `npx rollcall` are these sources. */
export function runShell(script: string, { cwd, env = {}, input = '' }: Shell) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const path = `${dirname(process.execPath)}:${process.env['PATH']}`
    const environment = { PATH: path, HOME: cwd, XDG_CONFIG_HOME: cwd, NODE_COMPILE_CACHE: COMPILED, ...env }
    const ours = `rollcall() { '${process.execPath}' '${ENTRY}' "$@"; }\nnpx() { "$@"; }\n`
    const options = { cwd, env: environment, timeout: ENDS_MS_MAX }
    const child = execFile('bash', ['-c', ours + script], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr })
    })
    child.stdin?.on('error', () => undefined).end(input)
  })
}
