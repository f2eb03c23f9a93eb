import type { Audited, AuditLog, AuditQuery } from '../core/audit.ts'
import { Failure } from '../core/errors.ts'
import type { Archived, Ledger, Partition } from '../core/ports.ts'
import type { Principal } from '../core/principal.ts'
import type { Instant } from '../core/vocabulary.ts'
import { AUDIT_LOOKED_AT_MAX, DAY_MS } from './limits.ts'
import { assertPermission } from './permission.ts'
import { AUDIT_SERIES, DIRECTORY, entriesOf, readJson } from './series.ts'

export interface AuditLogParts {
  readonly ledger: Ledger
  readonly auditDays: () => number
}

export interface AuditLogService {
  as(principal: Principal): AuditLog
}

/** Every partition's own lines, told as one log. */
export function createAuditLog({ ledger, auditDays }: AuditLogParts): AuditLogService {
  const partitions = partitionsOf(ledger)

  async function page(query: AuditQuery) {
    const { from = 0, to = Number.POSITIVE_INFINITY, limit } = query
    const kept = ledger.now() - auditDays() * DAY_MS
    const range = { from: Math.max(from, kept, 0), ...(Number.isFinite(to) && { to: Math.max(to, 0) }) }
    const entries: Audited[] = []
    let [lookedAt, cursor] = [0, null as Place | null]
    for await (const { partition, place, ...line } of newestFirst(ledger, partitions, range, readCursor(query.cursor))) {
      if (entries.length === limit || lookedAt === AUDIT_LOOKED_AT_MAX) return { entries, cursor: cursor && cursorOf(cursor) }
      lookedAt++
      cursor = { partition, place }
      const entry = { ...(readJson(line) as Audited), at: line.at }
      if (isAskedFor(entry, query)) entries.push(entry)
    }
    return { entries, cursor: null }
  }

  return {
    as: (principal) => ({
      async page(query) {
        if (principal.reach !== null)
          throw new Failure('forbidden', 'A token that is limited to users does not read this.', { reason: 'scope_missing' })
        assertPermission(principal, 'read-audit')
        return page(query)
      },
    }),
  }
}

/** Every partition of a ledger. */
export const partitionsOf = ({ factsPartitions }: Ledger): readonly Partition[] => [
  DIRECTORY,
  ...Array.from({ length: factsPartitions }, (_, i) => `facts/${i}`),
]

/** An entry's place among all: newest first; of equal places that of the earlier partition. */
interface Place {
  readonly partition: number
  readonly place: string
}

type Line = Place & Omit<Archived, 'place'>

async function* newestFirst(
  { archive }: Ledger,
  partitions: readonly Partition[],
  range: { readonly from: Instant; readonly to?: Instant },
  after: Place | null,
): AsyncGenerator<Line> {
  const readers = partitions.map((partition, number) => {
    const beyond = after === null ? {} : { after: number > after.partition ? `${after.place}\x01` : after.place }
    return entriesOf(archive, partition, AUDIT_SERIES, { order: 'newest-first', ...range, ...beyond })
  })
  const heads = await Promise.all(readers.map((reader) => reader.next()))
  for (;;) {
    let newest = -1
    for (const [number, head] of heads.entries())
      if (!head.done && (newest < 0 || head.value.place > heads[newest]?.value.place)) newest = number
    const [head, reader] = [heads[newest], readers[newest]]
    if (head === undefined || head.done || reader === undefined) return
    yield { ...head.value, partition: newest }
    heads[newest] = await reader.next()
  }
}

function isAskedFor({ kind, by, userId }: Audited, wanted: AuditQuery): boolean {
  if (wanted.kind !== undefined && kind !== wanted.kind) return false
  return (wanted.by === undefined || by === wanted.by) && (wanted.userId === undefined || userId === wanted.userId)
}

const cursorOf = ({ partition, place }: Place): string => Buffer.from(`${partition} ${place}`).toString('base64url')

function readCursor(cursor: string | undefined): Place | null {
  if (cursor === undefined) return null
  const [, partition, place = ''] = /^(\d{1,5}) ([0-9a-z]{1,64})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  if (partition === undefined)
    throw new Failure('invalid', '"cursor" must be one that an earlier page gave.', { reason: 'malformed', field: 'cursor' })
  return { partition: Number(partition), place }
}
