import type { Append, Archive, Archived, Partition, Version } from '../core/ports.ts'
import { boundsOf, placeOf } from './places.ts'

export interface MemoryArchive extends Archive {
  append(partition: Partition, version: Version, appends: readonly Append[]): void
}

/** The archive of the ledger that lives and dies with the process. */
export function createMemoryArchive(): MemoryArchive {
  const partitions = new Map<Partition, Map<string, Archived[]>>()
  const seriesOf = (partition: Partition): Map<string, Archived[]> => partitions.get(partition) ?? new Map()

  return {
    append(partition, version, appends) {
      if (appends.length === 0) return
      const held = seriesOf(partition)
      partitions.set(partition, held)
      for (const [index, { series, at, value }] of appends.entries()) {
        const entries = held.get(series) ?? []
        held.set(series, entries)
        insert(entries, { place: placeOf(at, version, index), at, value, version })
      }
    },
    async range(partition, series, range) {
      const [first, end] = boundsOf(range)
      const found = (seriesOf(partition).get(series) ?? []).filter(({ place }) => place >= first && place < end)
      return (range.order === 'oldest-first' ? found : found.reverse()).slice(0, range.limit)
    },
    async names(partition, { after = '', limit }) {
      const names = [...seriesOf(partition).keys()].filter((name) => Buffer.from(name).compare(Buffer.from(after)) > 0)
      return names.sort((one, other) => Buffer.from(one).compare(Buffer.from(other))).slice(0, limit)
    },
    async erase(partition, series, before = Number.POSITIVE_INFINITY) {
      const held = seriesOf(partition)
      const kept = (held.get(series) ?? []).filter(({ at }) => at >= before)
      if (kept.length === 0) held.delete(series)
      else held.set(series, kept)
    },
  }
}

/** Nearly always at the end. */
function insert(entries: Archived[], entry: Archived): void {
  let at = entries.length
  while (at > 0 && (entries[at - 1]?.place ?? '') > entry.place) at--
  entries.splice(at, 0, entry)
}
