import { parentPort, workerData } from 'node:worker_threads'
import { Failure } from '../../core/errors.ts'
import type { Entry, Partition } from '../../core/ports.ts'
import { positionsOf } from '../positions.ts'
import type { Chunk, Told, ToRead } from './afar.ts'
import { notOpen, openScan } from './scan.ts'
import { shareStore } from './store.ts'

/*
 * What runs in the thread that `afar.ts` starts: a scan of the store, its chunks packed for the way. It is never more than a few
 * of them ahead of whoever takes them.
 */

const AHEAD_MAX = 8

const { folder, partitions, taken } = workerData as ToRead
const tell = (told: Told, transfer: ArrayBuffer[] = []): void => parentPort?.postMessage(told, transfer)

const store = await shareStore(folder)
try {
  await using scan = await openScan(store, partitions)
  let sent = 0
  for await (const entries of scan.chunks) {
    if (!isWanted(sent++)) throw notOpen()
    const chunk = packed(entries)
    tell(chunk, [chunk.versions.buffer, chunk.ends.buffer, chunk.bytes.buffer])
  }
  tell({ positions: positionsOf(scan.heads) })
} catch (error) {
  if (!(error instanceof Failure)) throw error
  tell({ failed: { code: error.code, reason: error.reason, words: error.message } })
} finally {
  await store.close()
}

/** Waits until there is room for one more. False: nobody takes any more. */
function isWanted(sent: number): boolean {
  for (;;) {
    const so = Atomics.load(taken, 0)
    if (so < 0) return false
    if (sent - so < AHEAD_MAX) return true
    Atomics.wait(taken, 0, so)
  }
}

function packed(entries: readonly Entry[]): Chunk<ArrayBuffer> {
  const length = entries.reduce((sum, { value }) => sum + value.length, 0)
  const [bytes, ends, versions] = [new Uint8Array(length), new Uint32Array(entries.length), new Float64Array(entries.length)]
  const keys: string[] = []
  let [at, partition]: [number, Partition] = [0, '']
  for (const entry of entries) {
    bytes.set(entry.value, at)
    at += entry.value.length
    ends[keys.length] = at
    versions[keys.length] = entry.version
    keys.push(entry.key)
    partition = entry.partition
  }
  return { partition, keys, versions, ends, bytes }
}
