import type { Presence } from '../core/vocabulary.ts'

/** Presences whose encoding is kept for others, twice as many at most: whoever is told later has it encoded anew. */
export const SHARED_MAX = 8_192

/** Encodes each presence once, for everybody who is told the same object about then. One for each dialect and form. */
export function createShared(encode: (presence: Presence) => Buffer): (presence: Presence) => Buffer {
  let recent = new Map<Presence, Buffer>()
  let older = recent
  return (presence) => {
    const known = recent.get(presence) ?? older.get(presence)
    if (known !== undefined) return known
    if (recent.size >= SHARED_MAX) {
      older = recent
      recent = new Map()
    }
    const frame = encode(presence)
    recent.set(presence, frame)
    return frame
  }
}
