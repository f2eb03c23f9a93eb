import { randomUUID } from 'node:crypto'
import { Failure } from '../../core/errors.ts'
import { metaKey } from './keys.ts'
import type { Script } from './scripts.ts'
import type { Reply, Talk } from './talk.ts'

/** The newest format that this version reads; it is the one it writes. */
export const FORMAT = 1

/** What a store says of itself. */
export interface Meta {
  readonly format: number
  readonly epoch: string
  readonly factsPartitions: number
  /** RFC 3339. */
  readonly created: string
}

/** Reads it, making it when the store is new. Throws Failure when the format is newer (L5) or it is being filled. */
export async function settleMeta(settle: Script, prefix: string, factsPartitions: number): Promise<Meta> {
  const made = { format: FORMAT, epoch: randomUUID(), factsPartitions, created: new Date().toISOString() }
  const found = await settle(
    [metaKey(prefix)],
    Object.entries(made).flatMap(([name, value]) => [name, String(value)]),
  )
  return metaIn(fieldsIn(found))
}

/** Throws as `settleMeta`, and Failure `not_found` when there is no store. */
export async function readMeta(talk: Talk, prefix: string): Promise<Meta> {
  const fields = await readFields(talk, prefix)
  if (fields.size === 0) throw new Failure('not_found', 'there is no store in this Redis under this prefix', { field: 'store' })
  return metaIn(fields)
}

/** All that it says, by name; nothing when there is no store. */
export async function readFields(talk: Talk, prefix: string): Promise<ReadonlyMap<string, string>> {
  return fieldsIn(await talk.send(metaKey(prefix), ['HGETALL', metaKey(prefix)]))
}

function metaIn(fields: ReadonlyMap<string, string>): Meta {
  const format = Number(fields.get('format'))
  const refuse = (words: string): never => {
    throw new Failure('invalid', words, { field: 'store' })
  }
  if (!fields.has('format')) refuse('what is under this prefix in Redis is no store of rollcall: give another ?prefix=')
  if (!(format <= FORMAT)) refuse(newerFormat(fields.get('format')))
  if (fields.get('state') === 'filling')
    refuse('this store holds a copy that was never finished: an import goes with replace, a migration goes on')
  return {
    format,
    epoch: fields.get('epoch') ?? '',
    factsPartitions: Number(fields.get('factsPartitions')),
    created: fields.get('created') ?? '',
  }
}

export const newerFormat = (format: string | undefined): string =>
  `this store has format ${format}, and this version of rollcall reads up to ${FORMAT}: use a newer one`

function fieldsIn(reply: Reply): ReadonlyMap<string, string> {
  const found = reply as readonly Buffer[]
  const fields = new Map<string, string>()
  for (let i = 0; i + 1 < found.length; i += 2) fields.set(String(found[i]), String(found[i + 1]))
  return fields
}
