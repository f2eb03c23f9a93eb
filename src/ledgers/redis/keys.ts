import type { Partition } from '../../core/ports.ts'

/** Where a partition is kept. All of it is in one slot of a cluster: the part in braces decides. */
export interface PartitionKeys {
  /** The position of its last commit. */
  readonly counter: string
  /** A hash: of each key the version and the value, as `17=…`. */
  readonly entries: string
  /** A stream of its commits, in entries of those that were made at once; the id is the position of the last. */
  readonly log: string
  /** A sorted set of the names of its series. */
  readonly names: string
  /** A sorted set of the entries of a series, each as its place, a NUL and its value. */
  series(name: string): string
}

export const metaKey = (prefix: string): string => `${prefix}:{meta}`

export function keysOf(prefix: string, partition: Partition): PartitionKeys {
  const stem = `${prefix}:{${partition}}`
  return {
    counter: `${stem}:counter`,
    entries: `${stem}:entries`,
    log: `${stem}:log`,
    names: `${stem}:names`,
    series: (name) => `${stem}:series:${name}`,
  }
}
