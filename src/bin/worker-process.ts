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
  /** The URL, once it takes connections. */
  readonly onListening: (url: string) => void
  readonly onReady: (words: ReadyWords) => void
}

export interface Worker {
  /** How, in words, and whether it had come to serve. */
  readonly ended: Promise<{ readonly how: string; readonly served: boolean }>
  serves(): boolean
  measured(): Promise<string>
  /** Asks it to end as a server does. */
  end(): void
  /** Asks it to read its certificate again. */
  renew(): void
}

/** Starts a process that serves once it is told how. What it has to say to people goes where this one's words go. */
export function startWorker(start: Promise<WorkerStart>, parts: WorkerParts): Worker {
  const { host, handover, measure, onListening, onReady } = parts
  const child = spawn(process.execPath, [...process.execArgv, ENTRY], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', ...(handover !== null ? (['ipc'] as const) : [])],
  })
  const channel = createChannel(child.stdio[CHANNEL_DESCRIPTOR] as Duplex)
  let [listens, serves] = [false, false]
  host?.admit(channel)
  channel.handle({
    measure,
    address: () => handover?.url,
    // Both come again after a gap.
    listening(url: string) {
      if (!listens) handover?.add(child)
      listens = true
      onListening(url)
    },
    ready(words: ReadyWords) {
      if (!serves) onReady(words)
      serves = true
    },
  })
  void start.then((words) => channel.tell('start', words))
  const ended = once(child, 'exit').then(([code, signal]) => {
    const served = serves
    serves = false
    return { how: signal === null ? `code ${code}` : String(signal), served }
  })
  return {
    ended,
    serves: () => serves,
    measured: () => channel.ask('measured'),
    end: () => void child.kill('SIGTERM'),
    renew: () => void child.kill('SIGHUP'),
  }
}
