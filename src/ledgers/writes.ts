import type { Append, Partition, Version, Write } from '../core/ports.ts'
import { assertAppends } from './places.ts'

export const FACTS_PARTITIONS = 16

/** Every partition a ledger has, in the order in which they are loaded. */
export function partitionsOf(factsPartitions: number): readonly Partition[] {
  return ['directory', ...Array.from({ length: factsPartitions }, (_, i) => `facts/${i}`)]
}

/** Throws on a commit that no caller may make; such a call is a bug, not a failure. */
export function assertCommit(
  positions: { has(partition: Partition): boolean },
  partition: Partition,
  writes: readonly Write[],
  appends: readonly Append[],
): void {
  if (!positions.has(partition)) throw new Error(`there is no partition "${partition}"`)
  if (writes.length === 0 && appends.length === 0) throw new Error('a commit needs at least one write or append')
  if (writes.length > 1 && new Set(writes.map(({ key }) => key)).size < writes.length)
    throw new Error('a commit writes each key once')
  if (!writes.every((write) => write.key.isWellFormed())) throw new Error('a key must be well-formed text')
  assertAppends(appends)
}

/** The writes that did not expect the version their key has (L1). Empty: the commit wins. */
export function conflictsOf(
  writes: readonly Write[],
  versionOf: (key: string, index: number) => Version,
): readonly { readonly key: string; readonly version: Version }[] {
  return writes
    .map(({ key, expects }, index) => ({ key, version: versionOf(key, index), expects }))
    .filter(({ version, expects }) => version !== expects)
    .map(({ key, version }) => ({ key, version }))
}
