/** A frame begins with its length, which does not count itself: 4 bytes, little-endian. */
export const FRAME_HEADER_BYTES = 4

/** Puts together what comes in pieces, and hands over each whole frame without its header. */
export function createFrames(onFrame: (frame: Uint8Array) => void): (piece: Buffer) => void {
  let pieces: Buffer[] = []
  let [held, wanted] = [0, FRAME_HEADER_BYTES]

  return (piece) => {
    pieces.push(piece)
    held += piece.length
    if (held < wanted) return
    const [only] = pieces
    const bytes = pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces, held)
    let at = 0
    for (wanted = wantedAt(bytes, at); held - at >= wanted; wanted = wantedAt(bytes, at)) {
      onFrame(bytes.subarray(at + FRAME_HEADER_BYTES, at + wanted))
      at += wanted
    }
    pieces = at === held ? [] : [bytes.subarray(at)]
    held -= at
  }
}

/** How many bytes must be there from a place on: those of the header, then those of the whole frame. */
function wantedAt(bytes: Buffer, at: number): number {
  return bytes.length - at < FRAME_HEADER_BYTES ? FRAME_HEADER_BYTES : FRAME_HEADER_BYTES + bytes.readUInt32LE(at)
}
