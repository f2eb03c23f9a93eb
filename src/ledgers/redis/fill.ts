import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../../core/errors.ts'
import type { Partition, Positions } from '../../core/ports.ts'
import type { CopiedEntry, Filling, FillingParts } from '../copies.ts'
import { partitionsOf } from '../writes.ts'
import type { RedisAddress } from './address.ts'
import { entryOut } from './entries.ts'
import { keysOf, metaKey } from './keys.ts'
import { readPositions } from './load.ts'
import { FORMAT, readFields } from './meta.ts'
import { takePicture } from './picture.ts'
import { createReplicas } from './replicas.ts'
import { readScripts } from './scripts.ts'
import { openTalk, type Talk } from './talk.ts'

/** Opens a Redis or Valkey to be filled, under its prefix; otherwise as the folder of `openFilling` is. */
export async function openRedisFilling(
  address: RedisAddress,
  { header, replace, stillMs = 0, content }: FillingParts,
): Promise<Filling> {
  const talk = await openTalk(address)
  const { prefix } = address
  const meta = metaKey(prefix)
  try {
    const scripts = await readScripts(talk)
    await makeRoom(talk, prefix, { replace, stillMs, content })
    const { factsPartitions, created, positions } = header
    const begins = {
      format: FORMAT,
      epoch: crypto.randomUUID(),
      factsPartitions,
      created,
      state: 'filling',
      content: content ?? '',
    }
    await scripts.settle(
      [meta],
      Object.entries(begins).flatMap(([name, value]) => [name, String(value)]),
    )
    const fields = await readFields(talk, prefix)
    // Of two that found it empty, the other was faster.
    if (fields.get('epoch') !== begins.epoch && !goesOn(fields, content)) throw inUse()
    const finished = new Set((fields.get('finished') ?? '').split(',').filter((name) => name !== ''))
    const finish = async (partition: Partition): Promise<void> => {
      const { counter } = keysOf(prefix, partition)
      await talk.send(counter, ['SET', counter, String(positions.get(partition) ?? 0)])
      finished.add(partition)
      await talk.send(meta, ['HSET', meta, 'finished', [...finished].join()])
    }
    return {
      finished,
      put: (chunk) => putChunk(talk, prefix, chunk),
      finish,
      picture: () =>
        takePicture({ talk, prefix, meta: { format: FORMAT, epoch: begins.epoch, factsPartitions, created }, scripts }),
      async complete() {
        for (const partition of partitionsOf(factsPartitions)) if (!finished.has(partition)) await finish(partition)
        await talk.send(meta, ['HDEL', meta, 'state', 'content', 'finished'])
        if (address.replicas > 0) await createReplicas(talk, meta, address.replicas).hold()
      },
      [Symbol.asyncDispose]: async () => talk.close(),
    }
  } catch (error) {
    talk.close()
    throw error
  }
}

const goesOn = (fields: ReadonlyMap<string, string>, content: string | null): boolean =>
  content !== null && fields.get('state') === 'filling' && fields.get('content') === content

/** Leaves nothing but what an earlier attempt has brought; throws Failure `conflict` when what is there must stay. */
async function makeRoom(
  talk: Talk,
  prefix: string,
  { replace, stillMs, content }: Required<Omit<FillingParts, 'header'>>,
): Promise<void> {
  const fields = await readFields(talk, prefix)
  if (fields.size === 0 || (!replace && goesOn(fields, content))) return
  const partitions = partitionsOf(Number(fields.get('factsPartitions')))
  const positions = await readPositions(talk, prefix, partitions)
  const isUsed = fields.get('state') === 'filling' || partitions.some((partition) => (positions[partition] ?? 0) > 0)
  if (isUsed && !replace) throw inUse()
  await assertStill(talk, prefix, positions, stillMs)
  for (const partition of partitions) await emptyPartition(talk, prefix, partition)
  const meta = metaKey(prefix)
  await talk.send(meta, ['DEL', meta])
}

/** Servers that run would write into what comes. */
async function assertStill(talk: Talk, prefix: string, before: Positions, ms: number): Promise<void> {
  await wait(ms)
  const now = await readPositions(talk, prefix, Object.keys(before))
  if (Object.entries(before).some(([partition, position]) => now[partition] !== position))
    throw new Failure('conflict', 'this store in Redis is written to; stop the servers that use it first', { reason: 'taken' })
}

async function emptyPartition(talk: Talk, prefix: string, partition: Partition): Promise<void> {
  const { counter, entries, log, names, series } = keysOf(prefix, partition)
  const found = (await talk.send(names, ['ZRANGE', names, '0', '-1'])) as readonly Buffer[]
  for (const name of found) await talk.send(names, ['UNLINK', series(String(name))])
  for (const key of [names, entries, log, counter]) await talk.send(key, ['UNLINK', key])
}

async function putChunk(talk: Talk, prefix: string, chunk: readonly CopiedEntry[]): Promise<void> {
  await Promise.all(
    chunk.flatMap((entry) => {
      const { entries, names, series } = keysOf(prefix, entry.partition)
      if (!('series' in entry)) {
        return [talk.send(entries, ['HSET', entries, entry.key, entryOut(entry)])]
      }
      const member = Buffer.concat([Buffer.from(`${entry.place}\0`), entry.value])
      return [talk.send(names, ['ZADD', series(entry.series), '0', member]), talk.send(names, ['ZADD', names, '0', entry.series])]
    }),
  )
}

const inUse = (): Failure =>
  new Failure('conflict', 'this store in Redis is in use; with replace, what it holds is thrown away', { reason: 'taken' })
