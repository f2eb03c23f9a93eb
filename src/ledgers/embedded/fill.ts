import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../core/errors.ts'
import type { Partition, Version } from '../../core/ports.ts'
import type { CopiedEntry, Filling, FillingParts } from '../copies.ts'
import { partitionsOf } from '../writes.ts'
import { seriesPrefix } from './archive.ts'
import { EMPTY_HEAD, encode, encodeWords, FORMAT, type Head, headKey, META_KEY, type Meta, prefixOf, traceOf } from './format.ts'
import { pictureOf } from './picture.ts'
import { openScan } from './scan.ts'
import { closeStore, openStore, readAnyMeta, readHeads, type Store } from './store.ts'

/**
 * Opens a folder to be filled: a new one, one whose ledger is not used or may be replaced, or one where this was begun before.
 * Throws Failure `conflict` for any other.
 */
export async function openFilling(folder: string, { header, replace, content }: FillingParts): Promise<Filling> {
  const { factsPartitions, created, positions } = header
  const meta: Meta = {
    format: FORMAT,
    factsPartitions,
    created,
    epoch: '',
    state: 'copied',
    ...(content !== null && { content }),
  }
  const store = await openStore(folder)
  try {
    const begun = await begunBefore(store, replace, content)
    if (begun === null) await empty(store, meta)
    const { content: _, ...whole } = meta
    return fillingOf({ store, folder, meta: whole, begun: { ...meta, finished: begun ?? [] }, positions })
  } catch (error) {
    await closeStore(store, folder)
    throw error
  }
}

/** The partitions that an attempt to go on with has finished; null: there is none. */
async function begunBefore(store: Store, replace: boolean, content: string | null): Promise<readonly Partition[] | null> {
  const meta = replace ? null : await readAnyMeta(store)
  if (meta === null) return null
  if (meta.state !== 'filling') {
    const heads = await readHeads(store, partitionsOf(meta.factsPartitions))
    if ([...heads.values()].some((head) => head.position > 0)) throw inUse(store.location)
    return null
  }
  if (content !== null && meta.content === content) return meta.finished ?? []
  throw new Failure(
    'conflict',
    `${store.location} holds a copy of something else that was never finished; with replace it goes`,
    {
      reason: 'taken',
    },
  )
}

const inUse = (location: string): Failure =>
  new Failure('conflict', `${location} is in use; with replace, what it holds is thrown away`, { reason: 'taken' })

async function empty(store: Store, meta: Meta): Promise<void> {
  await putMeta(store, { ...meta, state: 'filling' })
  await store.clear({ gt: META_KEY })
  await store.clear({ lt: META_KEY })
}

interface FillingState {
  readonly store: Store
  readonly folder: string
  /** What it will say of itself. */
  readonly meta: Meta
  readonly begun: Meta
  readonly positions: ReadonlyMap<Partition, Version>
}

function fillingOf({ store, folder, meta, begun, positions }: FillingState): Filling {
  const heads = new Map<Partition, Head>()
  const finished = new Set(begun.finished)
  let closing: Promise<void> | null = null
  const close = (): Promise<void> => (closing ??= closeStore(store, folder))
  const putHead = (partition: Partition) =>
    store.put(headKey(partition), encodeWords(headKey(partition), headOf(partition, heads, positions)))

  return {
    finished,
    put: (chunk) => store.batch(chunk.map((entry) => operationOf(entry, heads))),
    async finish(partition) {
      await putHead(partition)
      await syncFiles(folder)
      finished.add(partition)
      await putMeta(store, { ...begun, state: 'filling', finished: [...finished] })
    },
    picture: async () => pictureOf(await openScan(store, partitionsOf(meta.factsPartitions)), meta),
    async complete() {
      for (const partition of partitionsOf(meta.factsPartitions)) if (!finished.has(partition)) await putHead(partition)
      await close()
      await syncFiles(folder)
      const filled = await openStore(folder)
      try {
        await putMeta(filled, meta)
      } finally {
        await closeStore(filled, folder)
      }
    },
    [Symbol.asyncDispose]: close,
  }
}

const headOf = (partition: Partition, heads: ReadonlyMap<Partition, Head>, positions: ReadonlyMap<Partition, Version>): Head => ({
  ...(heads.get(partition) ?? EMPTY_HEAD),
  position: positions.get(partition) ?? 0,
})

export async function putMeta(store: Store, meta: Meta): Promise<void> {
  await store.batch([{ type: 'put', key: META_KEY, value: encodeWords(META_KEY, meta) }], { sync: true })
}

function operationOf(entry: CopiedEntry, heads: Map<Partition, Head>) {
  const { partition, value, version } = entry
  if ('series' in entry) {
    const key = seriesPrefix(partition, entry.series) + entry.place
    return { type: 'put' as const, key, value: encode(key, version, value) }
  }
  const { key } = entry
  const storeKey = prefixOf(partition) + key
  const { entries, traces, position } = heads.get(partition) ?? EMPTY_HEAD
  heads.set(partition, { position, entries: entries + 1, traces: (traces + traceOf(storeKey, version)) >>> 0 })
  return { type: 'put' as const, key: storeKey, value: encode(storeKey, version, value) }
}

async function syncFiles(folder: string): Promise<void> {
  for (const file of [...(await readdir(folder)), '.']) {
    await using handle = await open(join(folder, file))
    await handle.sync()
  }
}
