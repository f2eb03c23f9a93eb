import { hash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../core/errors.ts'
import { type Filling, type Picture, STILL_MS, tallyOf } from './copies.ts'
import { openStoreFilling, openStorePicture } from './stopped.ts'

/** How far a migration is: of so many keys; what is archived counts too, and is not known before. */
export interface MigrationProgress {
  readonly doing: 'copying' | 'comparing'
  readonly done: number
  readonly of: number
}

export interface MigrationParts {
  /** Stores by name, like `file:./data`; nobody else may use either. */
  readonly from: string
  readonly to: string
  /** Whether what a used target holds may be thrown away. */
  readonly replace?: boolean
  readonly onProgress?: (progress: MigrationProgress) => void
  /** How long a shared store is watched before. */
  readonly stillMs?: number
}

/**
 * Brings all of a store into another, with its versions, positions and archive, and compares each record there with the one here.
 * An attempt that was cut short goes on where it was. Answers how many records there are. Throws Failure, with words.
 */
export async function migrateStore({
  from,
  to,
  replace = false,
  onProgress = () => {},
  stillMs = STILL_MS,
}: MigrationParts): Promise<number> {
  await using source = await openStorePicture(from)
  await assertStill(source, from, stillMs)
  await using target = await openStoreFilling(to, { header: source, replace, stillMs, content: contentOf(source) })
  let done = 0
  for (const partition of source.positions.keys()) {
    if (target.finished.has(partition)) continue
    for await (const chunk of source.part(partition)) {
      await target.put(chunk)
      done += chunk.length
      onProgress({ doing: 'copying', done, of: source.entries })
    }
    await target.finish(partition)
  }
  const records = await compare(source, target, (compared) =>
    onProgress({ doing: 'comparing', done: compared, of: source.entries }),
  )
  if (!(await source.isCurrent())) throw inUse(from)
  await target.complete()
  return records
}

/** What tells one attempt from another: the same data at the same place in its history. */
const contentOf = ({ epoch, positions }: Picture): string => hash('sha256', JSON.stringify([epoch, ...positions]), 'base64url')

async function assertStill(source: Picture, from: string, stillMs: number): Promise<void> {
  if (from.startsWith('file:')) return
  await wait(stillMs)
  if (!(await source.isCurrent())) throw inUse(from)
}

/** Both sides are read from end to end. */
async function compare(source: Picture, target: Filling, onProgress: (records: number) => void): Promise<number> {
  await using there = await target.picture()
  let records = 0
  for (const partition of source.positions.keys()) {
    const [was, is] = [await tallyOf(source.part(partition)), await tallyOf(there.part(partition))]
    const isSame = was.entries === is.entries && was.sum === is.sum
    if (!isSame || there.positions.get(partition) !== source.positions.get(partition)) throw different(partition)
    records += was.entries
    onProgress(records)
  }
  return records
}

const different = (partition: string): Failure =>
  new Failure('conflict', `the copy of partition ${partition} is not what was copied; begin again, with replace`, { field: 'to' })

const inUse = (from: string): Failure =>
  new Failure('conflict', `${from.replace(/\/\/[^/@]*@/, '//')} is written to; stop the servers that use it first`, {
    field: 'from',
  })
