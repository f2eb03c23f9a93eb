import type { SessionOwner } from '../core/record.ts'
import type { Instant } from '../core/vocabulary.ts'

/** What the ledger says of a node. */
export interface NodeWords {
  readonly incarnation: number
  /** Since when it is gone, in ledger time; null: it is not. */
  readonly goneAt: Instant | null
  /** The newest format of the store that it reads. */
  readonly reads: number
}

/** What a node reads that does not say it: there was one format then. */
export const READS_AT_FIRST = 1

export function encodeWords(words: NodeWords | SessionOwner): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(words))
}

/** What a newer version says beside it is kept, for whoever writes it back (UP1). */
export function wordsIn(value: Uint8Array): NodeWords {
  const { incarnation, goneAt, reads = READS_AT_FIRST, ...more } = parsed(value)
  return {
    ...more,
    incarnation: Number(incarnation),
    goneAt: typeof goneAt === 'number' ? goneAt : null,
    reads: Number(reads),
  }
}

/** Who has a duty. */
export function ownerIn(value: Uint8Array): SessionOwner {
  const words = parsed(value)
  return { node: String(words['node']), incarnation: Number(words['incarnation']) }
}

const parsed = (value: Uint8Array): Readonly<Record<string, unknown>> => JSON.parse(new TextDecoder().decode(value))
