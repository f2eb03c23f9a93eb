import type { Presence } from '../core/vocabulary.ts'

/** Encodes each presence once, for everybody who is told the same object. One for each dialect and form. */
export function createShared(encode: (presence: Presence) => Buffer): (presence: Presence) => Buffer {
  const frames = new WeakMap<Presence, Buffer>()
  return (presence) => {
    const known = frames.get(presence)
    if (known !== undefined) return known
    const frame = encode(presence)
    frames.set(presence, frame)
    return frame
  }
}
