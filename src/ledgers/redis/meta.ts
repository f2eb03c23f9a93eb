import { randomUUID } from 'node:crypto'
import { Failure } from '../../core/errors.ts'
import { metaKey } from './keys.ts'
import type { Script } from './scripts.ts'

/** The newest format that this version reads; it is the one it writes. */
const FORMAT = 1

/** What a store says of itself. */
export interface Meta {
  readonly epoch: string
  readonly factsPartitions: number
}

/** Reads it, making it when the store is new. Throws Failure when the format is newer (L5). */
export async function settleMeta(settle: Script, prefix: string, factsPartitions: number): Promise<Meta> {
  const made = { format: FORMAT, epoch: randomUUID(), factsPartitions, created: new Date().toISOString() }
  const found = (await settle(
    [metaKey(prefix)],
    Object.entries(made).flatMap(([name, value]) => [name, String(value)]),
  )) as readonly Buffer[]
  const meta = new Map<string, string>()
  for (let i = 0; i + 1 < found.length; i += 2) meta.set(String(found[i]), String(found[i + 1]))
  const format = Number(meta.get('format'))
  if (!(format <= FORMAT))
    throw new Failure(
      'invalid',
      `this store has format ${meta.get('format')}, and this version of rollcall reads up to ${FORMAT}: use a newer one`,
      {
        field: 'store',
      },
    )
  return { epoch: meta.get('epoch') ?? '', factsPartitions: Number(meta.get('factsPartitions')) }
}
