import { readdir } from 'node:fs/promises'
import { Failure } from '../core/errors.ts'
import type { Ledger } from '../core/ports.ts'
import { type Filling, type FillingParts, fillWith, type Picture, STILL_MS } from './copies.ts'
import { openFilling } from './embedded/fill.ts'
import { type EmbeddedLedger, openEmbeddedLedger } from './embedded/ledger.ts'
import { linesOf, readExport } from './lines.ts'
import { folderOf, isRedis } from './open.ts'
import { readRedisAddress } from './redis/address.ts'

/* What is done to a store that no server serves. All throw Failure, with words, also when a process has a folder open. */

/** Every entry as JSON lines, each with its line end. */
export async function* exportStore(store: string): AsyncGenerator<string> {
  await using picture = await openStorePicture(store)
  yield* linesOf(picture)
}

export interface ImportParts {
  readonly lines: AsyncIterable<string>
  /** Whether what a used store holds may be thrown away. */
  readonly replace?: boolean
}

/** Brings an export back, with its versions and positions, under a new epoch; a store that is used is only overwritten with `replace`. */
export async function importStore(store: string, { lines, replace = false }: ImportParts): Promise<void> {
  await using exported = await readExport(lines)
  await fillWith(
    await openStoreFilling(store, { header: exported.header, replace, stillMs: STILL_MS, content: null }),
    exported.chunks,
  )
}

/** Copies it into an empty or absent folder. */
export async function backupStore(store: string, folder: string): Promise<void> {
  const ledger = await openFolder(store)
  try {
    await ledger.backup(folder)
  } finally {
    await ledger.close()
  }
}

/** For whoever does more with it; it must be closed. One in Redis may be served meanwhile. */
export async function openExisting(store: string): Promise<Ledger> {
  if (!isRedis(store)) return openFolder(store)
  const { openRedisLedger } = await import('./redis/ledger.ts')
  return openRedisLedger({ address: readRedisAddress(store), makes: false })
}

async function openFolder(store: string): Promise<EmbeddedLedger> {
  const folder = folderOf(store)
  const files = await readdir(folder).catch(() => [])
  if (files.length === 0) throw new Failure('not_found', `there is no store in ${folder}`, { field: 'store' })
  return openEmbeddedLedger({ folder })
}

/** All of a store as it is now. */
export async function openStorePicture(store: string): Promise<Picture> {
  if (isRedis(store)) {
    const { openPicture } = await import('./redis/picture.ts')
    return openPicture(readRedisAddress(store))
  }
  await using opening = new AsyncDisposableStack()
  const ledger = opening.adopt(await openFolder(store), (opened) => opened.close())
  const picture = opening.use(await ledger.picture())
  const opened = opening.move()
  return { ...picture, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** A store to be filled; a folder is made where there is none. */
export async function openStoreFilling(store: string, parts: FillingParts): Promise<Filling> {
  if (!isRedis(store)) return openFilling(folderOf(store), parts)
  const { openRedisFilling } = await import('./redis/fill.ts')
  return openRedisFilling(readRedisAddress(store), parts)
}
