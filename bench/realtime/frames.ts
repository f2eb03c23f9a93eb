import { DIGITS } from './people.ts'

/*
 * Reads presences out of frames without parsing JSON: the reader shares its core with thousands of clients. It relies on the
 * order of the native dialect's fields; `mirrors.ts` compares what it found with parsed answers.
 */

/** What a frame says of a user: a number for the availability and one for the note, in one; 0: nothing is known. */
export type Seen = number

export const AVAILABILITIES = ['', 'busy', 'dnd', 'away', 'online', 'offline'] as const
export const ONLINE = 4
export const OFFLINE = 5

/** The note's number shifted over the availability's; notes of others count as none. */
export const seenOf = (availability: number, note: number): Seen => note * 8 + availability
export const availabilityOf = (seen: Seen): number => seen & 7
export const noteOf = (seen: Seen): number => seen >> 3

export const NOTE_DIGITS = 8
export const noteText = (note: number): string => String(note).padStart(NOTE_DIGITS, '0')

const USER_AT = '{"type":"presence","presence":{"userId":"u'.length
const AVAILABILITY_AT = USER_AT + DIGITS + 'ybndrfg8ejkmcpqxot","availability":"'.length
const NOTE_AT = '","note":{"text":"'.length

/** The first letters that tell the types of messages apart. */
export const TYPE_AT = '{"type":"'.length
export const [PRESENCE, HELLO, CURSOR, GOODBYE] = ['p', 'h', 'c', 'g'].map((letter) => letter.charCodeAt(0))

export function userIn(bytes: Buffer, at: number): number {
  return numberIn(bytes, at + USER_AT, DIGITS)
}

export function seenIn(bytes: Buffer, at: number): Seen {
  const from = at + AVAILABILITY_AT
  const availability = availabilityIn(bytes, from)
  const after = from + (AVAILABILITIES[availability]?.length ?? 0)
  // ,"note" or ,"since"
  const hasNote = bytes[after + 3] === 0x6e
  return seenOf(availability, hasNote ? numberIn(bytes, after + NOTE_AT, NOTE_DIGITS) : 0)
}

function availabilityIn(bytes: Buffer, at: number): number {
  switch (bytes[at] ?? 0) {
    case 0x62:
      return 1
    case 0x64:
      return 2
    case 0x61:
      return 3
    default:
      return bytes[at + 1] === 0x6e ? ONLINE : OFFLINE
  }
}

function numberIn(bytes: Buffer, at: number, digits: number): number {
  let number = 0
  for (let i = at; i < at + digits; i++) number = number * 10 + (bytes[i] ?? 0) - 0x30
  return number
}

/** Calls with each whole text frame's payload, `control` with the opcode of others; answers how many bytes of an unfinished one are left. */
export function eachFrame(
  bytes: Buffer,
  length: number,
  call: (bytes: Buffer, at: number, end: number) => void,
  control: (opcode: number) => void,
): number {
  let at = 0
  while (at + 2 <= length) {
    let size = (bytes[at + 1] ?? 0) & 0x7f
    let start = at + 2
    if (size === 126) {
      if (at + 4 > length) break
      size = bytes.readUInt16BE(at + 2)
      start = at + 4
    } else if (size === 127) {
      if (at + 10 > length) break
      size = Number(bytes.readBigUInt64BE(at + 2))
      start = at + 10
    }
    if (start + size > length) break
    const opcode = (bytes[at] ?? 0) & 0x0f
    if (opcode === 1) call(bytes, start, start + size)
    else control(opcode)
    at = start + size
  }
  return length - at
}

export const [CLOSE, PING] = [8, 9]
export const PONG_FRAME = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])

/** A client's text message: masked, as it must be, with a mask that changes nothing. */
export function clientFrame(message: object): Buffer {
  const payload = Buffer.from(JSON.stringify(message))
  const head = payload.length < 126 ? Buffer.alloc(6) : Buffer.alloc(8)
  head[0] = 0x81
  if (payload.length < 126) head[1] = 0x80 | payload.length
  else {
    head[1] = 0x80 | 126
    head.writeUInt16BE(payload.length, 2)
  }
  return Buffer.concat([head, payload])
}
