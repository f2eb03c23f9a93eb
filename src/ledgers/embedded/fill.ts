import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entry, Partition, Version } from '../../core/ports.ts'
import { seriesPrefix } from './archive.ts'
import { EMPTY_HEAD, encode, encodeWords, type Head, headKey, META_KEY, type Meta, prefixOf, traceOf } from './format.ts'
import type { ArchivedEntry } from './scan.ts'
import { closeStore, openStore, type Store } from './store.ts'

export interface FillParts {
  readonly store: Store
  readonly folder: string
  readonly meta: Meta
  readonly chunks: AsyncIterable<readonly (Entry | ArchivedEntry)[]>
  readonly positions: ReadonlyMap<Partition, Version>
}

/**
 * Makes an open store hold exactly these entries, and closes it, whatever happens. Until all of it is durable, the folder refuses
 * to open as a ledger.
 */
export async function fillStore(parts: FillParts): Promise<void> {
  const { store, folder, meta } = parts
  try {
    await putMeta(store, { ...meta, state: 'filling' })
    await store.clear({ gt: META_KEY })
    await store.clear({ lt: META_KEY })
    await putAll(parts)
  } finally {
    await closeStore(store, folder)
  }
  await syncFiles(folder)
  const filled = await openStore(folder)
  try {
    await putMeta(filled, meta)
  } finally {
    await closeStore(filled, folder)
  }
}

async function putAll({ store, chunks, positions }: FillParts): Promise<void> {
  const heads = new Map<Partition, Head>()
  for await (const chunk of chunks) await store.batch(chunk.map((entry) => operationOf(entry, heads)))
  for (const [partition, position] of positions) {
    const head = { ...(heads.get(partition) ?? EMPTY_HEAD), position }
    await store.put(headKey(partition), encodeWords(headKey(partition), head))
  }
}

export async function putMeta(store: Store, meta: Meta): Promise<void> {
  await store.batch([{ type: 'put', key: META_KEY, value: encodeWords(META_KEY, meta) }], { sync: true })
}

function operationOf(entry: Entry | ArchivedEntry, heads: Map<Partition, Head>) {
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
