import { Failure } from '../core/errors.ts'

/** Bytes of a record, put together piece by piece. Texts are UTF-8 behind their length in bytes. */
export interface Writing {
  byte(value: number): void
  /** A whole number below 2^48. */
  number(value: number): void
  text(text: string): void
  bytes(bytes: Uint8Array): void
  /** Without a length: the last piece. */
  end(text: string): Buffer
}

/** Lengths below this take one byte, others two. */
const SHORT = 0x80
const NUMBER_BYTES = 6

export function writing(): Writing {
  const pieces: Uint8Array[] = []
  return {
    byte: (value) => void pieces.push(Uint8Array.of(value)),
    number(value) {
      const bytes = Buffer.alloc(NUMBER_BYTES)
      bytes.writeUIntLE(value, 0, NUMBER_BYTES)
      pieces.push(bytes)
    },
    text(text) {
      const bytes = Buffer.from(text)
      const { length } = bytes
      if (length >= SHORT << 8) throw new Error(`a text of ${length} bytes is too long for a record`)
      pieces.push(length < SHORT ? Uint8Array.of(length) : Uint8Array.of(SHORT | (length & 0x7f), length >> 7), bytes)
    },
    bytes: (bytes) => void pieces.push(bytes),
    end(text) {
      pieces.push(Buffer.from(text))
      return Buffer.concat(pieces)
    },
  }
}

/** The pieces of a record, in the order in which they were written. */
export interface Reading {
  byte(): number
  number(): number
  text(): string
  bytes(length: number): Buffer
  /** What is left. */
  end(): string
}

export function reading(value: Buffer, from = 0): Reading {
  let at = from
  return {
    byte: () => value[at++] ?? 0,
    number() {
      at += NUMBER_BYTES
      return value.readUIntLE(at - NUMBER_BYTES, NUMBER_BYTES)
    },
    text() {
      const start = textStart(value, at)
      at = textEnd(value, at)
      return value.toString('utf8', start, at)
    },
    bytes(length) {
      at += length
      return value.subarray(at - length, at)
    },
    end: () => value.toString('utf8', at),
  }
}

/** Where the text begins that stands at a place with its length; for whoever makes no text of it. */
export const textStart = (value: Buffer, at: number): number => ((value[at] ?? 0) < SHORT ? at + 1 : at + 2)

/** Where it ends. */
export function textEnd(value: Buffer, at: number): number {
  const first = value[at] ?? 0
  return first < SHORT ? at + 1 + first : at + 2 + (first & 0x7f) + ((value[at + 1] ?? 0) << 7)
}

/** Fields of a record's last piece that this version does not know: they are written back as they were (UP1). */
export type Unknown = Readonly<Record<string, unknown>>

/** The last piece of a record: what not every one has, as JSON; nothing where there is none of it. */
export const restOut = (rest: object): string => (Object.keys(rest).length > 0 ? JSON.stringify(rest) : '')

export const restIn = (end: string): Unknown => (end === '' ? NONE : JSON.parse(end))

export const keptOf = (more: Unknown): { readonly more?: Unknown } => (Object.keys(more).length > 0 ? { more } : NONE)

const NONE = {}

/** The first byte of a record is none that this version writes. */
export const otherForm = (what: string): Failure =>
  new Failure(
    'invalid',
    `a ${what} in this store was written by another version of Rollcall, in a form that this one does not read`,
    {
      field: 'store',
    },
  )
