import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createChannel } from '../ledgers/shared/channel.ts'
import type { LedgerHost } from '../ledgers/shared/host.ts'
import type { Handover } from './handover.ts'
import type { ReadyWords } from './place.ts'
import { CHANNEL_DESCRIPTOR, type WorkerStart } from './worker-start.ts'

const HERE = fileURLToPath(import.meta.url)
const ENTRY = fileURLToPath(new URL(`worker${extname(HERE)}`, import.meta.url))

export interface WorkerParts {
  /** Null: the workers have the store's address, and open it themselves. */
  readonly host: LedgerHost | null
  /** Null: the worker listens itself. */
  readonly handover: Handover | null
  /** What is measured of all. */
  readonly measure: () => Promise<string>
  readonly onReady: (words: ReadyWords) => void
}

export interface Worker {
  /** The URL, once it takes connections; never, when it ends before. */
  readonly listening: Promise<string>
  /** How, in words. */
  readonly ended: Promise<string>
  serves(): boolean
  measured(): Promise<string>
  /** Asks it to end as a server does. */
  end(): void
  /** Asks it to read its certificate again. */
  renew(): void
}

/** Starts a process that serves. What it has to say to people goes where this one's words go. */
export function startWorker(start: WorkerStart, { host, handover, measure, onReady }: WorkerParts): Worker {
  const child = spawn(process.execPath, [...process.execArgv, ENTRY], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', ...(start.isHanded ? (['ipc'] as const) : [])],
  })
  const channel = createChannel(child.stdio[CHANNEL_DESCRIPTOR] as Duplex)
  const listening = Promise.withResolvers<string>()
  let serves = false
  host?.admit(channel)
  channel.handle({
    measure,
    address: () => handover?.url,
    listening(url: string) {
      handover?.add(child)
      listening.resolve(url)
    },
    ready(words: ReadyWords) {
      serves = true
      onReady(words)
    },
  })
  channel.tell('start', start)
  const ended = once(child, 'exit').then(([code, signal]) => {
    serves = false
    return signal === null ? `code ${code}` : String(signal)
  })
  return {
    listening: listening.promise,
    ended,
    serves: () => serves,
    measured: () => channel.ask('measured'),
    end: () => void child.kill('SIGTERM'),
    renew: () => void child.kill('SIGHUP'),
  }
}
