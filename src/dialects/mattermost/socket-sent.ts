import { numbered } from './socket-frames.ts'

/** Events that are kept for a client that comes back. */
export const SENT_MAX = 128

/** The events of one connection in their order, the last of them kept: references, the text is everybody's. */
export interface Sent {
  /** The event with its number, framed. */
  next(head: Buffer): Buffer
  /** The events from a number on, that may be the next one; null: they are not all there any more, or never were. */
  from(seq: number): Buffer[] | null
}

/** `first`: the number of the first event. */
export function createSent(first: number): Sent {
  const heads: Buffer[] = []
  let count = first
  return {
    next(head) {
      heads[count % SENT_MAX] = head
      return numbered(head, count++)
    },
    from(seq) {
      if (seq < first || seq > count || seq < count - SENT_MAX) return null
      const missed = Array.from({ length: count - seq }, (_, index) => seq + index)
      return missed.flatMap((at) => framed(heads[at % SENT_MAX], at))
    },
  }
}

const framed = (head: Buffer | undefined, seq: number): Buffer[] => (head === undefined ? [] : [numbered(head, seq)])
