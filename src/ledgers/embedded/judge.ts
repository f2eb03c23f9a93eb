import type { Append, Commit, CommitAnswer, Partition, Version, Write } from '../../core/ports.ts'
import { placeOf } from '../places.ts'
import { conflictsOf } from '../writes.ts'
import { seriesPrefix } from './archive.ts'
import { EMPTY_HEAD, encode, encodeWords, type Head, headKey, sumOf, traceOf } from './format.ts'
import type { Known } from './versions.ts'

/** A commit that waits for its turn; or what is to be erased, which is no commit. */
export interface Waiting {
  readonly partition: Partition
  readonly writes: readonly Write[]
  /** Of each write the key in the store: one string for all who look it up. */
  readonly storeKeys: readonly string[]
  readonly appends: readonly Append[]
  readonly erased?: readonly string[]
}

export type Operation = { type: 'put'; key: string; value: Buffer } | { type: 'del'; key: string }

/** What a group of commits comes to, if the store takes the operations. */
export interface Judgement {
  /** In the order of the group; an Error where an entry could not be read. */
  readonly answers: readonly (CommitAnswer | Error)[]
  readonly commits: readonly Commit[]
  /** Of every key that was written or looked at, what is so afterwards. */
  readonly known: ReadonlyMap<string, Known>
  /** The heads that moved. */
  readonly heads: ReadonlyMap<Partition, Head>
  readonly operations: Operation[]
}

/** Decides commits one after the other, each on what those before it left (L1). `known` is moved along. */
export function judge(group: readonly Waiting[], heads: ReadonlyMap<Partition, Head>, known: Map<string, Known>): Judgement {
  const moved = new Map<Partition, Head>()
  const commits: Commit[] = []
  const operations: Operation[] = []
  const answers = group.map(({ partition, writes, storeKeys, appends, erased }): CommitAnswer | Error => {
    if (erased !== undefined) return erase(erased, operations)
    const unreadable = storeKeys.map((storeKey) => known.get(storeKey)).find((found) => found instanceof Error)
    if (unreadable instanceof Error) return unreadable
    const conflicts = conflictsOf(writes, (_key, index) => versionIn(known, storeKeys[index] ?? ''))
    if (conflicts.length > 0) return { committed: false, conflicts }
    const head = moved.get(partition) ?? heads.get(partition) ?? EMPTY_HEAD
    const version = head.position + 1
    moved.set(partition, apply(writes, storeKeys, version, head, known, operations))
    append(partition, version, appends, operations)
    commits.push({ partition, version, writes: writes.map(({ key, value }) => ({ key, value })) })
    return { committed: true, version }
  })
  for (const [partition, head] of moved) {
    operations.push({ type: 'put', key: headKey(partition), value: encodeWords(headKey(partition), head) })
  }
  return { answers, commits, known, heads: moved, operations }
}

function apply(
  writes: readonly Write[],
  storeKeys: readonly string[],
  version: Version,
  head: Head,
  known: Map<string, Known>,
  operations: Operation[],
): Head {
  let { entries, traces } = head
  for (const [index, { value }] of writes.entries()) {
    const storeKey = storeKeys[index] ?? ''
    const [sum, before] = [sumOf(storeKey), versionIn(known, storeKey)]
    if (before > 0) {
      entries--
      traces -= traceOf(storeKey, before, sum)
    }
    if (value === null) {
      operations.push({ type: 'del', key: storeKey })
    } else {
      operations.push({ type: 'put', key: storeKey, value: encode(storeKey, version, value, sum) })
      entries++
      traces += traceOf(storeKey, version, sum)
    }
    known.set(storeKey, value === null ? 0 : version)
  }
  return { position: version, entries, traces: traces >>> 0 }
}

function append(partition: Partition, version: Version, appends: readonly Append[], operations: Operation[]): void {
  for (const [index, { series, at, value }] of appends.entries()) {
    const key = seriesPrefix(partition, series) + placeOf(at, version, index)
    operations.push({ type: 'put', key, value: encode(key, version, value) })
  }
}

function erase(storeKeys: readonly string[], operations: Operation[]): CommitAnswer {
  for (const key of storeKeys) operations.push({ type: 'del', key })
  return { committed: true, version: 0 }
}

function versionIn(known: ReadonlyMap<string, Known>, storeKey: string): Version {
  const found = known.get(storeKey)
  return typeof found === 'number' ? found : 0
}
