import { Failure } from '../core/errors.ts'
import type { Version } from '../core/ports.ts'
import type { Instant } from '../core/vocabulary.ts'

/** Grows when a cursor's parts change their meaning; older cursors then get everything anew. */
const FORMAT = 1

/** Where in the feed a reader is. It holds no number of one node's own, so that it works on any. */
export interface Cursor {
  readonly epoch: string
  /** Position of the last told change of who is a user. */
  readonly directory: Version
  /** Position of the last told commit in each facts partition. */
  readonly facts: readonly Version[]
  /** Every deadline up to here has been told. */
  readonly lapsed: Instant
  /** Fingerprint of the reader's own view. */
  readonly own: string
  /** Fingerprint of who was in the reader's groups; empty: it is not limited to groups, or that is not known. */
  readonly groups: string
}

export function encodeCursor({ epoch, directory, facts, lapsed, own, groups }: Cursor): string {
  const parts = [FORMAT, epoch, directory, facts, lapsed, own, ...(groups === '' ? [] : [groups])]
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** Null: of another format. Throws Failure `invalid`, field `since`. */
export function decodeCursor(text: string): Cursor | null {
  const parts = parse(text)
  if (!Array.isArray(parts) || !isCount(parts[0])) throw malformed()
  if (parts[0] !== FORMAT) return null
  const [, epoch, directory, facts, lapsed, own, groups = ''] = parts as unknown[]
  const sound =
    typeof epoch === 'string' &&
    isCount(directory) &&
    typeof lapsed === 'number' &&
    typeof own === 'string' &&
    typeof groups === 'string'
  if (!sound || !Array.isArray(facts) || !facts.every(isCount)) throw malformed()
  return { epoch, directory, facts, lapsed, own, groups }
}

function parse(text: string): unknown {
  if (text === '' || /[^\w-]/.test(text)) throw malformed()
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    throw malformed()
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const malformed = (): Failure => new Failure('invalid', 'The cursor is malformed.', { reason: 'malformed', field: 'since' })
