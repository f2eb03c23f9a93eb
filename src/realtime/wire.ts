import type { Writable } from 'node:stream'

/** Frames of up to this many bytes in all are joined into one write. */
const JOINED_BYTES_MAX = 65_536

/** A text message as it goes over the wire to any number of clients. */
export function frameText(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const start = headLength(length)
  const frame = headed(length, start)
  frame.write(text, start)
  return frame
}

/** A text message whose beginning is shared with others, framed with an end of its own in ASCII. */
export function frameEnding(head: Buffer, end: string): Buffer {
  const length = head.length + end.length
  const start = headLength(length)
  const frame = headed(length, start)
  head.copy(frame, start)
  frame.write(end, start + head.length, 'latin1')
  return frame
}

const headLength = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10)

/** Room for a text message in one frame, with its head. */
function headed(length: number, start: number): Buffer {
  const frame = Buffer.allocUnsafe(start + length)
  frame[0] = FINAL_TEXT
  if (start === 2) frame[1] = length
  else if (start === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  return frame
}

/** The first byte of a text message in one frame. */
const FINAL_TEXT = 0x81

/** Writes ready-made frames with as few calls as it takes: small ones joined, large ones corked. */
export function writeJoined(socket: Writable, frames: readonly Buffer[]): void {
  const [first] = frames
  if (first === undefined) return
  if (frames.length === 1) return void socket.write(first)
  let bytes = 0
  for (const frame of frames) bytes += frame.length
  if (bytes <= JOINED_BYTES_MAX) return void socket.write(Buffer.concat(frames, bytes))
  socket.cork()
  for (const frame of frames) socket.write(frame)
  socket.uncork()
}

/** What an unmasked frame carries. */
export function payloadOf(frame: Buffer): Buffer {
  const length = (frame[1] ?? 0) & 0x7f
  return frame.subarray(length === 126 ? 4 : length === 127 ? 10 : 2)
}
