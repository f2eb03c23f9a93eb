import type { Picture } from '../copies.ts'
import type { Meta } from './format.ts'
import type { Scan } from './scan.ts'

/** A scan, as copies take it; whoever has the store open, has it alone. */
export function pictureOf(scan: Scan, { epoch, factsPartitions, created }: Meta): Picture {
  const heads = [...scan.heads]
  return {
    epoch,
    factsPartitions,
    created,
    positions: new Map(heads.map(([partition, { position }]) => [partition, position])),
    entries: heads.reduce((sum, [, { entries }]) => sum + entries, 0),
    part: (partition) => scan.part(partition),
    isCurrent: async () => true,
    [Symbol.asyncDispose]: () => scan[Symbol.asyncDispose](),
  }
}
