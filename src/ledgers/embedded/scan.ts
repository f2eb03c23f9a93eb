import type { Iterator } from 'classic-level'
import { Failure } from '../../core/errors.ts'
import type { Entry, Partition } from '../../core/ports.ts'
import type { ArchivedEntry, CopiedEntry } from '../copies.ts'
import { archiveOf, archivePlace } from './archive.ts'
import { damaged, decode, EMPTY_HEAD, type Head, prefixOf, sumOf, traceOf } from './format.ts'
import { readHeads, type Snapshot, type Store } from './store.ts'

/** How many entries are read at a time; the event loop turns between two chunks. */
const CHUNK_ENTRIES = 1000

/** One consistent picture of the store, in chunks, each entry checked, and each partition for missing ones. */
export interface Scan extends AsyncDisposable {
  readonly heads: ReadonlyMap<Partition, Head>
  readonly chunks: AsyncIterable<readonly Entry[]>
  /** All of a partition, for copies: after the entries what is archived, each checked. */
  part(partition: Partition): AsyncGenerator<readonly CopiedEntry[]>
}

/** Pictures the store as it is now, whatever is written meanwhile. Its chunks throw Failure at the first damaged entry. */
export async function openScan(store: Store, partitions: readonly Partition[]): Promise<Scan> {
  if (store.status !== 'open') throw notOpen()
  const snapshot = store.snapshot()
  try {
    const heads = await readHeads(store, partitions, snapshot)
    const chunks = chunksOf(store, snapshot, heads)
    async function* part(partition: Partition): AsyncGenerator<readonly CopiedEntry[]> {
      yield* partitionChunks(store, snapshot, partition, heads.get(partition) ?? EMPTY_HEAD)
      yield* archiveChunks(store, snapshot, partition)
    }
    return { heads, chunks, part, [Symbol.asyncDispose]: () => snapshot.close() }
  } catch (error) {
    await snapshot.close()
    throw error
  }
}

async function* chunksOf(
  store: Store,
  snapshot: Snapshot,
  heads: ReadonlyMap<Partition, Head>,
): AsyncGenerator<readonly Entry[]> {
  for (const [partition, head] of heads) yield* partitionChunks(store, snapshot, partition, head)
}

async function* partitionChunks(
  store: Store,
  snapshot: Snapshot,
  partition: Partition,
  head: Head,
): AsyncGenerator<readonly Entry[]> {
  const prefix = prefixOf(partition)
  const iterator = store.iterator({ gte: prefix, lt: `${partition}\x01`, snapshot, highWaterMarkBytes: 1024 * 1024 })
  let [entries, traces] = [0, 0]
  try {
    for await (const found of batches(iterator, partition)) {
      const chunk: Entry[] = []
      for (const [storeKey, bytes] of found) {
        const sum = sumOf(storeKey)
        const { version, value } = decode(storeKey, bytes, sum)
        chunk.push({ partition, key: storeKey.slice(prefix.length), value, version })
        traces = (traces + traceOf(storeKey, version, sum)) >>> 0
      }
      entries += chunk.length
      yield chunk
    }
  } finally {
    await iterator.close()
  }
  if (entries !== head.entries || traces !== head.traces) {
    throw damaged(
      `partition ${partition} should have ${head.entries} entries at position ${head.position}, and not those ${entries}`,
    )
  }
}

async function* archiveChunks(store: Store, snapshot: Snapshot, partition: Partition): AsyncGenerator<readonly ArchivedEntry[]> {
  const iterator = store.iterator({ ...archiveOf(partition), snapshot, highWaterMarkBytes: 1024 * 1024 })
  try {
    for await (const found of batches(iterator, 'archive'))
      yield found.map(([storeKey, bytes]) => ({ ...archivePlace(storeKey), ...decode(storeKey, bytes) }))
  } finally {
    await iterator.close()
  }
}

/** While one is worked on, the next is read. */
async function* batches(iterator: Iterator<Store, string, Buffer>, partition: Partition): AsyncGenerator<[string, Buffer][]> {
  let upcoming = next(iterator, partition)
  for (let found = await upcoming; found.length > 0; found = await upcoming) {
    upcoming = next(iterator, partition)
    // Whoever goes on finds out then; whoever does not, need not know.
    upcoming.catch(() => {})
    yield found
  }
}

async function next(iterator: Iterator<Store, string, Buffer>, partition: Partition): Promise<[string, Buffer][]> {
  try {
    return await iterator.nextv(CHUNK_ENTRIES)
  } catch (error) {
    const words = `partition ${partition} cannot be read: ${(error as Error).message}`
    throw Object(error).code === 'LEVEL_CORRUPTION' ? damaged(words, error) : unreadable(words, error)
  }
}

export const notOpen = (): Failure => unreadable('the ledger cannot be read: it is not open')

function unreadable(words: string, cause?: unknown): Failure {
  return new Failure('unavailable', words, { reason: 'ledger_away', cause })
}
