/** The older clients' frames around messages: several messages travel in one. */

/** Tells the client that it may begin. */
export const OPEN = 'o'

/** Messages as one frame. */
export const framed = (messages: readonly string[]): string => `a${JSON.stringify(messages)}`

/** How these clients are told why the socket closes, before it does. */
export const closing = (code: number, reason: string): string => `c${JSON.stringify([code, reason])}`

/** The messages of a client's frame: a list of texts, or a single text. Null: neither. */
export function unframed(frame: string): readonly string[] | null {
  if (frame === '') return []
  try {
    const read: unknown = JSON.parse(frame)
    const messages: readonly unknown[] = Array.isArray(read) ? read : [read]
    return messages.every((message) => typeof message === 'string') ? messages : null
  } catch {
    return null
  }
}
