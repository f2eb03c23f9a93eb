import { mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { Failure } from '../../core/errors.ts'
import type { Partition } from '../../core/ports.ts'
import { damaged, decodeHead, decodeMeta, EMPTY_HEAD, FORMAT, type Head, headKey, META_KEY, type Meta } from './format.ts'

/** LevelDB with text keys and values of bytes. */
export type Store = ClassicLevel<string, Buffer>

const MEBIBYTE = 1024 * 1024

/** LevelDB maps the files it has open into memory: so these bound what they take of it. It takes no lower numbers. */
const OPEN_FILES_MAX = 74
const FILE_BYTES_MAX = MEBIBYTE

/** What this process has open: LevelDB lets the threads of one process share a store, and refuses other processes only. */
const held = new Map<Store, string>()

/** Opens the folder's LevelDB. Throws Failure when it is held already or LevelDB finds it damaged. */
export async function openStore(folder: string): Promise<Store> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await assertNamed(folder)
  const [place, store] = [await realpath(folder), levelAt(folder)]
  if ([...held.values()].includes(place)) throw await heldFailure(folder)
  held.set(store, place)
  try {
    await reopenStore(store, folder)
    return store
  } catch (error) {
    held.delete(store)
    throw error
  }
}

/** For another thread of the process that has the store open, which must stay so until this one has closed it. */
export async function shareStore(location: string): Promise<Store> {
  const store = levelAt(location)
  await store.open({ multithreading: true, createIfMissing: false })
  return store
}

const levelAt = (location: string): Store =>
  new ClassicLevel<string, Buffer>(location, { keyEncoding: 'utf8', valueEncoding: 'buffer' })

/** Opens it again after it was closed. */
export async function reopenStore(store: Store, folder: string): Promise<void> {
  try {
    await store.open({
      multithreading: true,
      writeBufferSize: 16 * MEBIBYTE,
      cacheSize: 16 * MEBIBYTE,
      maxOpenFiles: OPEN_FILES_MAX,
      maxFileSize: FILE_BYTES_MAX,
    })
  } catch (error) {
    throw await openingFailure(folder, error)
  }
  await writeHolder(folder)
}

/** Where LevelDB finds no CURRENT it begins anew and removes what is there. */
async function assertNamed(folder: string): Promise<void> {
  const files = await readdir(folder)
  if (files.includes('CURRENT')) return
  const orphan = files.find((file) => file.endsWith('.ldb') || file.endsWith('.log'))
  if (orphan !== undefined) throw damaged(`${folder} has ${orphan} but no file CURRENT, which names what belongs together`)
}

export async function closeStore(store: Store, folder: string): Promise<void> {
  await rm(holderFile(folder), { force: true })
  await store.close()
  held.delete(store)
}

const holderFile = (folder: string): string => join(folder, 'holder.json')

/** Says which process holds the store (L6). LevelDB's lock decides; this only has the words, so a stale or missing one is harmless. */
async function writeHolder(folder: string): Promise<void> {
  const holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() }
  await writeFile(holderFile(folder), JSON.stringify(holder)).catch(() => {})
}

async function openingFailure(folder: string, error: unknown): Promise<Failure> {
  const cause = error instanceof Error ? error.cause : error
  const [code, message] = [Object(cause).code, cause instanceof Error ? cause.message : String(cause)]
  if (code === 'LEVEL_LOCKED') return heldFailure(folder, cause)
  if (code === 'LEVEL_CORRUPTION' || /corruption/i.test(message))
    return damaged(`LevelDB cannot open ${folder}: ${message}`, cause)
  return new Failure('unavailable', `${folder} cannot be opened: ${message}`, { reason: 'ledger_away', cause })
}

async function heldFailure(folder: string, cause?: unknown): Promise<Failure> {
  const words = `${folder} is held by ${await holderOf(folder)}; one process at a time may have it open`
  return new Failure('conflict', words, { cause })
}

async function holderOf(folder: string): Promise<string> {
  try {
    const { pid, host, since } = JSON.parse(await readFile(holderFile(folder), 'utf8'))
    return `process ${pid} on ${host} since ${since}`
  } catch {
    return 'another process'
  }
}

/** Null: the folder is new. Throws Failure for a newer format (L5), and for a copy that was never finished. */
export async function readMeta(store: Store): Promise<Meta | null> {
  const meta = await readAnyMeta(store)
  if (meta?.state !== 'filling') return meta
  const words = `${store.location} holds a copy that was never finished: a backup goes into an empty folder again, an import goes with replace, a migration goes on`
  throw new Failure('invalid', words, { field: 'store' })
}

/** As `readMeta`, also of a copy that was never finished. */
export async function readAnyMeta(store: Store): Promise<Meta | null> {
  const bytes = await store.get(META_KEY)
  if (bytes === undefined) {
    const [first] = await store.keys({ limit: 1 }).all()
    if (first !== undefined) throw damaged(`${store.location} has entries but does not say what they are`)
    return null
  }
  const meta = decodeMeta(bytes)
  if (meta.format > FORMAT) {
    const words = `${store.location} has format ${meta.format}, this version reads up to ${FORMAT}; start the version that wrote it, or export there and import here`
    throw new Failure('invalid', words, { field: 'store' })
  }
  return meta
}

export type Snapshot = ReturnType<Store['snapshot']>

/** Where each partition stands, now or in a snapshot. */
export async function readHeads(
  store: Store,
  partitions: readonly Partition[],
  snapshot?: Snapshot,
): Promise<Map<Partition, Head>> {
  const found = await store.getMany(partitions.map(headKey), { snapshot })
  return new Map(
    partitions.map((partition, i) => {
      const bytes = found[i]
      return [partition, bytes === undefined ? EMPTY_HEAD : decodeHead(partition, bytes)]
    }),
  )
}
