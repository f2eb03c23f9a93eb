import { hash } from 'node:crypto'
import { Failure } from '../core/errors.ts'
import type { Version } from '../core/ports.ts'
import type { Instant } from '../core/vocabulary.ts'

/** Grows when a cursor's parts change their meaning; other cursors then get everything anew. */
const FORMAT = '2'
/** How cursors of format 1 begin, which were JSON in base64. */
const FIRST_FORMAT = 'WzEs'

/** Where in the feed a reader is. It holds no number of one node's own, so that it works on any. */
export interface Cursor {
  /** Mark of the ledger's epoch. */
  readonly epoch: string
  /** Position of the last told change of who is a user. */
  readonly directory: Version
  /** Position of the last told commit in each facts partition. */
  readonly facts: readonly Version[]
  /** Every deadline up to here has been told. */
  readonly lapsed: Instant
  /** Mark of the reader's own view. */
  readonly own: string
  /** Mark of who was in the reader's groups; empty: it is not limited to groups, or that is not known. */
  readonly groups: string
}

/** What stands for a longer text in a cursor: equal for equal texts, on every node. */
export const markOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, 11)

/** Short, and fit for a URL and a tag as it is: a poll carries it twice or three times. Counts are in base 36. */
export function encodeCursor({ epoch, directory, facts, lapsed, own, groups }: Cursor): string {
  let text = `${FORMAT}.${epoch}.${own}.${groups}.${lapsed.toString(36)}.${directory.toString(36)}`
  for (const position of facts) text += `.${position.toString(36)}`
  return text
}

/** Null: of another format. Throws Failure `invalid`, field `since`. */
export function decodeCursor(text: string): Cursor | null {
  if (text.startsWith(FIRST_FORMAT)) return null
  const [format = '', epoch, own, groups, ...counts] = text.split('.')
  if (!/^[1-9]\d*$/.test(format)) throw malformed()
  if (format !== FORMAT) return null
  const [lapsed, directory, ...facts] = counts.map(countIn)
  if (!isMark(epoch) || !isMark(own) || !isMark(groups) || lapsed === undefined || directory === undefined) throw malformed()
  return { epoch, directory, facts, lapsed, own, groups }
}

const isMark = (text: string | undefined): text is string => text !== undefined && /^[\w-]*$/.test(text)

function countIn(text: string): number {
  const count = /^[\da-z]{1,11}$/.test(text) ? Number.parseInt(text, 36) : Number.NaN
  if (!Number.isSafeInteger(count)) throw malformed()
  return count
}

const malformed = (): Failure => new Failure('invalid', 'The cursor is malformed.', { reason: 'malformed', field: 'since' })
