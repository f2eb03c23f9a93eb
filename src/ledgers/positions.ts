import type { Partition, Positions, Version } from '../core/ports.ts'

/** Where each partition stands, of what is known at its head. */
export function positionsOf(heads: ReadonlyMap<Partition, { readonly position: Version }>): Positions {
  return Object.fromEntries([...heads].map(([partition, { position }]) => [partition, position]))
}
