import type { SessionOwner } from '../core/record.ts'
import type { Instant } from '../core/vocabulary.ts'

/** What the ledger says of a node. */
export interface NodeWords {
  readonly incarnation: number
  /** Since when it is gone, in ledger time; null: it is not. */
  readonly goneAt: Instant | null
}

export function encodeWords(words: NodeWords | SessionOwner): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(words))
}

export function wordsIn(value: Uint8Array): NodeWords {
  const words = parsed(value)
  return { incarnation: Number(words['incarnation']), goneAt: typeof words['goneAt'] === 'number' ? words['goneAt'] : null }
}

/** Who has a duty. */
export function ownerIn(value: Uint8Array): SessionOwner {
  const words = parsed(value)
  return { node: String(words['node']), incarnation: Number(words['incarnation']) }
}

const parsed = (value: Uint8Array): Readonly<Record<string, unknown>> => JSON.parse(new TextDecoder().decode(value))
