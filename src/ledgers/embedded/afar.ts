import { on } from 'node:events'
import { extname } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Failure, type FailureCode, type FailureReason } from '../../core/errors.ts'
import type { Entry, Partition, Positions } from '../../core/ports.ts'

/** What the thread is given. `taken`: how many chunks were, in memory that both see; negative: no more are. */
export interface ToRead {
  readonly folder: string
  readonly partitions: readonly Partition[]
  readonly taken: Int32Array
}

/** Entries of one partition: the values one after another, and where each ends. */
export interface Chunk<Memory extends ArrayBufferLike = ArrayBufferLike> {
  readonly partition: Partition
  readonly keys: readonly string[]
  readonly versions: Float64Array<Memory>
  readonly ends: Uint32Array<Memory>
  readonly bytes: Uint8Array<Memory>
}

export type Told = Chunk | { readonly positions: Positions } | { readonly failed: Failed }

/** A Failure for the way. */
interface Failed {
  readonly words: string
  readonly code?: FailureCode
  readonly reason?: FailureReason | null
}

/** Reads the store in threads of their own, so that two cores share the work of loading. */
export interface Afar {
  /** Visits every entry of one consistent picture and answers its positions. Throws Failure as `openScan` does. */
  load(visit: (entry: Entry) => void): Promise<Positions>
  /** Resolves once no thread has the store open; what is being read fails. Before that it must not be closed. */
  stop(): Promise<void>
}

const THREAD = new URL(`thread${extname(import.meta.url)}`, import.meta.url)
/** What it reads is soon given away: so it looks for garbage seldom. */
const YOUNG_MEGABYTES = 16
/** Below zero for good, however many chunks are counted after it. */
const NO_MORE = -(2 ** 30)

export function createAfar(folder: string, partitions: readonly Partition[]): Afar {
  const reading = new Map<Int32Array, Promise<unknown>>()

  async function load(visit: (entry: Entry) => void): Promise<Positions> {
    const taken = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    const workerData: ToRead = { folder, partitions, taken }
    const worker = new Worker(THREAD, {
      workerData,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    })
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    reading.set(taken, ended)
    try {
      return await takeAll(worker, taken, visit)
    } finally {
      letGo(taken)
      await ended
      reading.delete(taken)
    }
  }

  return {
    load,
    async stop() {
      for (const taken of reading.keys()) letGo(taken)
      await Promise.all(reading.values())
    },
  }
}

async function takeAll(worker: Worker, taken: Int32Array, visit: (entry: Entry) => void): Promise<Positions> {
  for await (const [told] of on(worker, 'message', { close: ['exit'] }) as AsyncIterable<[Told]>) {
    if ('positions' in told) return told.positions
    if ('failed' in told) throw failureOf(told.failed)
    visitAll(told, visit)
    // Chunks that come as fast as they are taken would never let the event loop turn.
    await setImmediate()
    Atomics.add(taken, 0, 1)
    Atomics.notify(taken, 0)
  }
  throw failureOf({ words: 'the ledger cannot be read: the thread that read it has ended' })
}

function letGo(taken: Int32Array): void {
  Atomics.store(taken, 0, NO_MORE)
  Atomics.notify(taken, 0)
}

function visitAll({ partition, keys, versions, ends, bytes }: Chunk, visit: (entry: Entry) => void): void {
  const values = Buffer.from(bytes.buffer)
  let start = 0
  for (let at = 0; at < keys.length; at++) {
    const end = ends[at] ?? 0
    visit({ partition, key: keys[at] ?? '', value: values.subarray(start, end), version: versions[at] ?? 0 })
    start = end
  }
}

const failureOf = ({ words, code = 'unavailable', reason }: Failed): Failure =>
  new Failure(code, words, { reason: reason ?? 'ledger_away' })
