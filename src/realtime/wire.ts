import type { Writable } from 'node:stream'

/** Frames of up to this many bytes in all are joined into one write. */
const JOINED_BYTES_MAX = 65_536

/** What is kept for many is cut from slabs of so many bytes. */
const SLAB_BYTES = 65_536

/** In the platform's own slabs each would keep for as long all that was read and written beside it. */
const roomToKeep = createSlabs()

/** A text message as it goes over the wire to any number of clients. */
export const frameText = (text: string): Buffer => framed(text, roomToKeep)

/** A text message for one client, which nobody keeps. */
export const frameOnce = (text: string): Buffer => framed(text, Buffer.allocUnsafe)

/** Text as bytes that are kept for many. */
export function textToKeep(text: string): Buffer {
  const bytes = roomToKeep(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}

function createSlabs(): (length: number) => Buffer {
  let slab = Buffer.alloc(0)
  let used = 0
  return (length) => {
    if (length * 4 > SLAB_BYTES) return Buffer.allocUnsafeSlow(length)
    if (used + length > slab.length) {
      slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
      used = 0
    }
    used += length
    return slab.subarray(used - length, used)
  }
}

/** A text message whose beginning is shared with others, framed with an end of its own in ASCII. */
export function frameEnding(head: Buffer, end: string): Buffer {
  const length = head.length + end.length
  const start = headLength(length)
  const frame = headed(Buffer.allocUnsafe(start + length), length)
  head.copy(frame, start)
  frame.write(end, start + head.length, 'latin1')
  return frame
}

function framed(text: string, room: (length: number) => Buffer): Buffer {
  const length = Buffer.byteLength(text)
  const start = headLength(length)
  const frame = headed(room(start + length), length)
  frame.write(text, start)
  return frame
}

const headLength = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10)

/** Puts the head of one frame for so many bytes of text where the frame begins. */
function headed(frame: Buffer, length: number): Buffer {
  frame[0] = FINAL_TEXT
  if (length < 126) frame[1] = length
  else if (length < 65_536) {
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
