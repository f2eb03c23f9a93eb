import type { Entry, Partition, Positions } from '../../core/ports.ts'
import { entryIn } from './entries.ts'
import { keysOf } from './keys.ts'
import type { Talk } from './talk.ts'

/** Entries asked for at once. */
const ENTRIES = '2000'

/** The position of every partition. */
export async function readPositions(talk: Talk, prefix: string, partitions: readonly Partition[]): Promise<Positions> {
  const counters = partitions.map((partition) => keysOf(prefix, partition).counter)
  const counts = await Promise.all(counters.map((counter) => talk.send(counter, ['GET', counter])))
  return Object.fromEntries(partitions.map((partition, i) => [partition, Number(counts[i] ?? 0)]))
}

/**
 * Visits every key; answers the positions of before. What was committed meanwhile may have been visited, and is in the log after
 * these positions too: its version says that it is not newer.
 */
export async function loadAll(
  talk: Talk,
  prefix: string,
  partitions: readonly Partition[],
  visit: (entry: Entry) => void,
): Promise<Positions> {
  const positions = await readPositions(talk, prefix, partitions)
  for (const partition of partitions) {
    const { entries } = keysOf(prefix, partition)
    const seen = new Map<string, number>()
    for (let cursor = '0'; ; ) {
      const [next, found] = (await talk.send(entries, ['HSCAN', entries, cursor, 'COUNT', ENTRIES])) as readonly [
        Buffer,
        readonly Buffer[],
      ]
      for (let i = 0; i + 1 < found.length; i += 2) {
        const [field, bytes] = [found[i], found[i + 1]]
        if (field === undefined || bytes === undefined) continue
        const { version, value } = entryIn(bytes)
        const key = field.toString()
        if (seen.get(key) === version) continue
        seen.set(key, version)
        visit({ partition, key, value, version })
      }
      cursor = next.toString()
      if (cursor === '0') break
    }
  }
  return positions
}
