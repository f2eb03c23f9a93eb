import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Orders } from './generator.ts'

const GENERATOR = fileURLToPath(new URL('generator.ts', import.meta.url))
const LOAD_CORE = '1'

/** The load generator, from outside. */
export type Load = Orders & { stop(): Promise<void> }

export function startLoad(): Load {
  const child = spawn('taskset', ['-c', LOAD_CORE, process.execPath, GENERATOR], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  const ask = async (name: string, ...asked: readonly unknown[]): Promise<unknown> => {
    const heard = once(child, 'message')
    child.send([name, ...asked])
    const [{ answer, error }] = (await heard) as [{ answer?: unknown; error?: string }]
    if (error !== undefined) throw new Error(error)
    return answer
  }
  const stop = async (): Promise<void> => {
    const ended = once(child, 'exit')
    child.disconnect()
    await ended
  }
  return new Proxy({} as Load, {
    get: (_, name) => {
      if (name === 'then') return undefined
      return name === 'stop' ? stop : (...asked: readonly unknown[]) => ask(String(name), ...asked)
    },
  })
}
