import { decode } from '@msgpack/msgpack'
import { parsed } from './go-json.ts'

/** Bytes of a request's frame. */
export const REQUEST_BYTES_MAX = 8_192

/** What a client asks for over its socket. What it left out is empty, or 0. */
export interface SocketRequest {
  readonly action: string
  readonly seq: number
  readonly content: Readonly<Record<string, unknown>>
}

/** A text frame's request; null: not decodable. */
export function readText(text: string): SocketRequest | null {
  return requestOf(parsed(text))
}

/** A binary frame's request, in msgpack; null: not decodable. */
export function readBinary(bytes: Uint8Array): SocketRequest | null {
  try {
    return requestOf(decode(bytes, BOUNDS))
  } catch {
    return null
  }
}

/** Nothing announces more than could be in a frame: memory is set aside by what is announced. */
const BOUNDS = {
  maxStrLength: REQUEST_BYTES_MAX,
  maxBinLength: REQUEST_BYTES_MAX,
  maxArrayLength: REQUEST_BYTES_MAX,
  maxMapLength: REQUEST_BYTES_MAX,
  maxExtLength: REQUEST_BYTES_MAX,
}

const EMPTY: SocketRequest = { action: '', seq: 0, content: {} }

function requestOf(value: unknown): SocketRequest | null {
  if (value === null) return EMPTY
  if (!isRecord(value)) return null
  let { action, seq, content } = EMPTY
  for (const [key, given] of Object.entries(value)) {
    if (given === null) continue
    switch (key.toLowerCase()) {
      case 'action':
        if (typeof given !== 'string') return null
        action = given
        break
      case 'seq':
        if (typeof given !== 'number' || !Number.isSafeInteger(given)) return null
        seq = given
        break
      case 'data':
        if (!isRecord(given)) return null
        content = given
    }
  }
  return { action, seq, content }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}
