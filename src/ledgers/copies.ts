import { hash } from 'node:crypto'
import type { Entry, Partition, Version } from '../core/ports.ts'

/** An entry of the archive, as copies bring it along. */
export interface ArchivedEntry {
  readonly partition: Partition
  readonly series: string
  readonly place: string
  readonly value: Uint8Array
  readonly version: Version
}

export type CopiedEntry = Entry | ArchivedEntry

/** What copies of a ledger have in common, wherever they come from and go to. */
export interface CopyHeader {
  readonly factsPartitions: number
  /** When the ledger was made, in RFC 3339. */
  readonly created: string
  readonly positions: ReadonlyMap<Partition, Version>
}

/** One consistent picture of a store, to be copied; it must be disposed of. */
export interface Picture extends CopyHeader, AsyncDisposable {
  /** Of the data. */
  readonly epoch: string
  /** How many keys all partitions have. */
  readonly entries: number
  /** All of a partition, first its keys and then what is archived. Throws Failure at the first damaged entry. */
  part(partition: Partition): AsyncIterable<readonly CopiedEntry[]>
  /** Whether the store still stands where it was pictured. */
  isCurrent(): Promise<boolean>
}

/** A store while it is filled with a copy. Until it is completed it refuses to open as a ledger. */
export interface Filling extends AsyncDisposable {
  /** Partitions that an earlier attempt with the same content has finished. */
  readonly finished: ReadonlySet<Partition>
  put(chunk: readonly CopiedEntry[]): Promise<void>
  /** All of a partition is there: a later attempt need not bring it again. */
  finish(partition: Partition): Promise<void>
  /** What is there now. */
  picture(): Promise<Picture>
  /** From now on it is a ledger, with a new epoch. */
  complete(): Promise<void>
}

/** How long a store that may be shared is watched for commits, in ms: a node that runs renews its lease more often than that. */
export const STILL_MS = 3_000

/** What comes into a store, and whether what it holds may be thrown away for it. */
export interface FillingParts {
  readonly header: CopyHeader
  readonly replace: boolean
  /** How long a store that may be shared is watched for commits before what it holds is thrown away, in ms. */
  readonly stillMs?: number
  /** What an attempt that goes on must have begun with, as text; null: nothing goes on. */
  readonly content: string | null
}

/** How many entries there are, and a sum over all of each, whatever their order. */
export interface Tally {
  readonly entries: number
  readonly sum: bigint
}

/** Counts a part, so that it can be compared with its copy. */
export async function tallyOf(chunks: AsyncIterable<readonly CopiedEntry[]>): Promise<Tally> {
  let [entries, sum] = [0, 0n]
  for await (const chunk of chunks) {
    entries += chunk.length
    for (const entry of chunk) sum += digestOf(entry)
  }
  return { entries, sum: BigInt.asUintN(64, sum) }
}

function digestOf(entry: CopiedEntry): bigint {
  const name = 'series' in entry ? `archive\0${entry.series}\0${entry.place}` : `key\0${entry.key}`
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\0${entry.version}\0`), entry.value]), 'buffer').readBigUInt64LE()
}

/** Puts what comes, in any order, and completes; closes the store, whatever happens. */
export async function fillWith(filling: Filling, chunks: AsyncIterable<readonly CopiedEntry[]>): Promise<void> {
  await using store = filling
  for await (const chunk of chunks) await store.put(chunk)
  await store.complete()
}

/** All of a picture. */
export async function* chunksOf({ positions, part }: Picture): AsyncGenerator<readonly CopiedEntry[]> {
  for (const partition of positions.keys()) yield* part(partition)
}
