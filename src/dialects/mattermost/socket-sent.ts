import { numbered } from './socket-frames.ts'

/** Events that are kept for a client that comes back. */
export const SENT_MAX = 128

/** The events of one connection in their order, the last of them kept: references, the text is everybody's. */
export interface Sent {
  /** The event with its number, as it goes out. */
  next(head: string): string
  /** The events from a number on, that may be the next one; null: they are not all there any more, or never were. */
  from(seq: number): string[] | null
}

export function createSent(): Sent {
  const heads: string[] = []
  let count = 0
  return {
    next(head) {
      heads[count % SENT_MAX] = head
      return numbered(head, count++)
    },
    from(seq) {
      if (seq < 0 || seq > count || seq < count - SENT_MAX) return null
      const frames: string[] = []
      for (let at = seq; at < count; at++) frames.push(numbered(heads[at % SENT_MAX] ?? '', at))
      return frames
    },
  }
}
