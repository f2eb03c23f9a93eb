import type { Append, Archive, Archived, ArchiveRange, Partition } from '../core/ports.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { ENTRIES_AT_ONCE } from './limits.ts'

/** Superseded facts of a user, in their facts partition. */
export const historySeries = (userId: UserId): string => `history/${userId}`
/** What was done, in the partition of the commit that did it. */
export const AUDIT_SERIES = 'audit'
/** Superseded words of the policy: of the workspace, and of one user. Both in the directory's partition. */
export const POLICY_SERIES = 'policy'
export const policySeries = (userId: UserId): string => `policy/${userId}`

export const DIRECTORY: Partition = 'directory'

/** An entry whose value is JSON. */
export const appendOf = (series: string, at: Instant, value: object): Append => ({
  series,
  at,
  value: Buffer.from(JSON.stringify(value)),
})

export const readJson = ({ value }: Pick<Archived, 'value'>): unknown => JSON.parse(Buffer.from(value).toString())

/** Entries of a series one after another, however many. */
export async function* entriesOf(
  archive: Archive,
  partition: Partition,
  series: string,
  range: Omit<ArchiveRange, 'limit'>,
): AsyncGenerator<Archived> {
  let after = range.after
  for (;;) {
    const found = await archive.range(partition, series, { ...range, ...(after && { after }), limit: ENTRIES_AT_ONCE })
    yield* found
    if (found.length < ENTRIES_AT_ONCE) return
    after = found.at(-1)?.place
  }
}
