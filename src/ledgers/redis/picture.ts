import { randomUUID } from 'node:crypto'
import type { Archive, Partition, Positions } from '../../core/ports.ts'
import type { ArchivedEntry, CopiedEntry, Picture } from '../copies.ts'
import { partitionsOf } from '../writes.ts'
import type { RedisAddress } from './address.ts'
import { createRedisArchive } from './archive.ts'
import { entryIn } from './entries.ts'
import { keysOf } from './keys.ts'
import { readPositions } from './load.ts'
import { type Meta, readMeta } from './meta.ts'
import { readScripts, type Scripts } from './scripts.ts'
import { openTalk, type Reply, type Talk } from './talk.ts'

/** Entries read at once. */
const CHUNK_ENTRIES = 1_000
/** How long a picture lasts that nobody took away, in seconds: whoever took it may have been killed. */
const LASTS_SECONDS = 3_600

export interface PictureParts {
  readonly talk: Talk
  readonly prefix: string
  readonly meta: Meta
  readonly scripts: Pick<Scripts, 'picture' | 'erase'>
}

/** Copies each partition's entries within Redis, at once and for a while, so that they stand still while they are read. */
export async function takePicture({ talk, prefix, meta, scripts }: PictureParts): Promise<Picture> {
  const partitions = partitionsOf(meta.factsPartitions)
  const pictures = new Map(partitions.map((partition) => [partition, `${keysOf(prefix, partition).entries}:${randomUUID()}`]))
  const archive = createRedisArchive({ talk, prefix, erase: scripts.erase })
  const taken = new Map<Partition, { readonly position: number; readonly entries: number }>()
  for (const [partition, picture] of pictures) {
    const { counter, entries } = keysOf(prefix, partition)
    const [position, count] = (await scripts.picture([counter, entries, picture], [String(LASTS_SECONDS)])) as readonly Reply[]
    taken.set(partition, { position: Number(position), entries: Number(count) })
  }
  const positionOf = (partition: Partition): number => taken.get(partition)?.position ?? 0
  return {
    ...meta,
    positions: new Map(partitions.map((partition) => [partition, positionOf(partition)])),
    entries: [...taken.values()].reduce((sum, { entries }) => sum + entries, 0),
    async *part(partition) {
      yield* entriesOf(talk, partition, pictures.get(partition) ?? '')
      for await (const chunk of archivedIn(archive, partition))
        yield chunk.filter(({ version }) => version <= positionOf(partition))
    },
    async isCurrent() {
      const now: Positions = await readPositions(talk, prefix, partitions)
      return partitions.every((partition) => now[partition] === positionOf(partition))
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...pictures.values()].map((picture) => talk.send(picture, ['UNLINK', picture])))
    },
  }
}

/** A picture of a store that is not open here. Throws Failure `not_found` when there is none. */
export async function openPicture(address: RedisAddress): Promise<Picture> {
  const talk = await openTalk(address)
  try {
    const meta = await readMeta(talk, address.prefix)
    const picture = await takePicture({ talk, prefix: address.prefix, meta, scripts: await readScripts(talk) })
    const dispose = async (): Promise<void> => {
      await picture[Symbol.asyncDispose]()
      talk.close()
    }
    return { ...picture, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    talk.close()
    throw error
  }
}

/** A scan may answer an entry twice. */
async function* entriesOf(talk: Talk, partition: Partition, picture: string): AsyncGenerator<readonly CopiedEntry[]> {
  const seen = new Set<string>()
  let cursor = '0'
  do {
    const scanned = await talk.send(picture, ['HSCAN', picture, cursor, 'COUNT', String(CHUNK_ENTRIES)])
    const [next, found] = scanned as readonly [Buffer, readonly Buffer[]]
    const chunk: CopiedEntry[] = []
    for (let i = 0; i + 1 < found.length; i += 2) {
      const [key, bytes] = [String(found[i]), found[i + 1]]
      if (bytes === undefined || seen.has(key)) continue
      seen.add(key)
      chunk.push({ partition, key, ...entryIn(bytes) })
    }
    yield chunk
    cursor = next.toString()
  } while (cursor !== '0')
}

async function* archivedIn(archive: Archive, partition: Partition): AsyncGenerator<readonly ArchivedEntry[]> {
  const limit = CHUNK_ENTRIES
  for (let names = await archive.names(partition, { limit }); names.length > 0; ) {
    for (const series of names) yield* seriesOf(archive, partition, series)
    const [after = ''] = names.slice(-1)
    names = await archive.names(partition, { after, limit })
  }
}

async function* seriesOf(archive: Archive, partition: Partition, series: string): AsyncGenerator<readonly ArchivedEntry[]> {
  const range = { order: 'oldest-first', limit: CHUNK_ENTRIES } as const
  for (let found = await archive.range(partition, series, range); found.length > 0; ) {
    yield found.map(({ place, value, version }) => ({ partition, series, place, value, version }))
    const after = found.at(-1)?.place ?? ''
    found = await archive.range(partition, series, { ...range, after })
  }
}
