import { Failure } from '../../core/errors.ts'
import type { Archive, Archived, ArchiveRange, Partition } from '../../core/ports.ts'
import { atOf, boundsOf } from '../places.ts'
import { decode } from './format.ts'
import type { Store } from './store.ts'

/** Where all series are, apart from the entries that are loaded. */
const ARCHIVE = 'archive/'

/** The range of all series of a partition. */
export const archiveOf = (partition: Partition) => ({ gte: `${ARCHIVE}${partition}\0`, lt: `${ARCHIVE}${partition}\x01` })

/** Series of one partition, one after another; within each the entries in order. */
export const seriesPrefix = (partition: Partition, series: string): string => `${archiveOf(partition).gte}${series}\0`

/** What a key of the archive says. */
export function archivePlace(storeKey: string): {
  readonly partition: Partition
  readonly series: string
  readonly place: string
} {
  const [partition = '', series = '', place = ''] = storeKey.slice(ARCHIVE.length).split('\0')
  return { partition, series, place }
}

/** Entries taken away in one batch. */
const ERASED_MAX = 1_000

export interface EmbeddedArchiveParts {
  readonly store: Store
  /** Takes keys away, in turn with the commits: a write that fails is theirs to mend. */
  readonly erase: (storeKeys: readonly string[]) => Promise<unknown>
}

/** The archive in the store itself, so that an append and its commit are one batch. */
export function createEmbeddedArchive({ store, erase }: EmbeddedArchiveParts): Archive {
  async function nameAfter(partition: Partition, after: string): Promise<string | null> {
    const { gte, lt } = archiveOf(partition)
    const [first] = await read(() => store.keys({ gte: after === '' ? gte : `${gte}${after}\x01`, lt, limit: 1 }).all())
    return first === undefined ? null : archivePlace(first).series
  }

  return {
    async range(partition, series, range) {
      const found = await read(() => store.iterator(storeRange(partition, series, range)).all())
      return found.map(([storeKey, bytes]): Archived => {
        const { place } = archivePlace(storeKey)
        return { place, at: atOf(place), ...decode(storeKey, bytes) }
      })
    },
    async names(partition, { after = '', limit }) {
      const names: string[] = []
      for (let name = await nameAfter(partition, after); name !== null; name = await nameAfter(partition, name)) {
        names.push(name)
        if (names.length === limit) break
      }
      return names
    },
    async erase(partition, series, to) {
      const range = { order: 'oldest-first', ...(to !== undefined && { to }), limit: ERASED_MAX } as const
      const next = (): Promise<string[]> => read(() => store.keys(storeRange(partition, series, range)).all())
      for (let keys = await next(); keys.length > 0; keys = keys.length < ERASED_MAX ? [] : await next()) await erase(keys)
    },
  }
}

function storeRange(partition: Partition, series: string, range: ArchiveRange) {
  const [first, end] = boundsOf(range)
  const prefix = seriesPrefix(partition, series)
  return { gte: prefix + first, lt: prefix + end, reverse: range.order === 'newest-first', limit: range.limit }
}

async function read<Found>(reading: () => Promise<Found>): Promise<Found> {
  try {
    return await reading()
  } catch (cause) {
    throw new Failure('unavailable', `the archive cannot be read: ${(cause as Error).message}`, { reason: 'ledger_away', cause })
  }
}
