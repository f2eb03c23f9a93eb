import { crc32 } from 'node:zlib'
import { Failure } from '../../core/errors.ts'
import type { Partition, Version } from '../../core/ports.ts'

/** The format this version writes, and the newest it reads. */
export const FORMAT = 1

export const META_KEY = '!meta'

/** What a folder says about itself. */
export interface Meta {
  readonly format: number
  readonly epoch: string
  readonly factsPartitions: number
  /** RFC 3339. */
  readonly created: string
  /** `copied`: a backup or import, which gets a new epoch when it is first opened; `filling`: one that was never finished. */
  readonly state: 'whole' | 'copied' | 'filling'
  /** While it is filled, so that another attempt can go on: with what, and which partitions are all there. */
  readonly content?: string
  readonly finished?: readonly Partition[]
}

/** Where a partition stands, and what proves that nothing of it is missing: how many entries it has and the sum of their traces. */
export interface Head {
  readonly position: Version
  readonly entries: number
  readonly traces: number
}

export const EMPTY_HEAD: Head = { position: 0, entries: 0, traces: 0 }

export const headKey = (partition: Partition): string => `!head/${partition}`

export const prefixOf = (partition: Partition): string => `${partition}\0`

/** `crc32 of the rest and its key, 4 bytes · version, 6 bytes · value`. */
export function encode(storeKey: string, version: Version, value: Uint8Array, sum = sumOf(storeKey)): Buffer {
  const bytes = Buffer.allocUnsafe(PREAMBLE_BYTES + value.byteLength)
  bytes.writeUIntLE(version, 4, 6)
  bytes.set(value, PREAMBLE_BYTES)
  bytes.writeUInt32LE(crc32(bytes.subarray(4), sum), 0)
  return bytes
}

const PREAMBLE_BYTES = 10

/** Throws Failure when the bytes are not those that were written under the key. */
export function decode(
  storeKey: string,
  bytes: Buffer,
  sum = sumOf(storeKey),
): { readonly version: Version; readonly value: Uint8Array } {
  const whole = bytes.byteLength >= PREAMBLE_BYTES && crc32(bytes.subarray(4), sum) === bytes.readUInt32LE(0)
  if (!whole) throw damaged(`its entry ${nameOf(storeKey)} does not match its checksum`)
  return { version: bytes.readUIntLE(4, 6), value: bytes.subarray(PREAMBLE_BYTES) }
}

/** For whoever needs it twice: what `encode`, `decode` and `traceOf` begin with. */
export const sumOf = (storeKey: string): number => crc32(storeKey)

/** An entry's share in its partition's sum of traces; both are unsigned 32-bit numbers. */
export function traceOf(storeKey: string, version: Version, sum = sumOf(storeKey)): number {
  let trace = sum ^ Math.imul(version >>> 0, 0x9e3779b1) ^ Math.floor(version / 2 ** 32)
  trace = Math.imul(trace ^ (trace >>> 16), 0x85ebca6b)
  trace = Math.imul(trace ^ (trace >>> 13), 0xc2b2ae35)
  return (trace ^ (trace >>> 16)) >>> 0
}

export function damaged(how: string, cause?: unknown): Failure {
  const words = `the ledger is damaged: ${how}. Nothing was guessed or changed. Restore the latest backup into an empty folder, or import an export`
  return new Failure('unavailable', words, { reason: 'ledger_away', cause })
}

export function encodeWords(storeKey: string, words: Meta | Head): Buffer {
  return encode(storeKey, 0, Buffer.from(JSON.stringify(words)))
}

/** Both are covered by a checksum of ours, so their shape is trusted. */
export const decodeMeta = (bytes: Buffer): Meta => wordsOf(META_KEY, bytes) as Meta
export const decodeHead = (partition: Partition, bytes: Buffer): Head => wordsOf(headKey(partition), bytes) as Head

function wordsOf(storeKey: string, bytes: Buffer): unknown {
  return JSON.parse(Buffer.from(decode(storeKey, bytes).value).toString())
}

const nameOf = (storeKey: string): string => {
  const [partition, key] = storeKey.split('\0')
  return key === undefined ? `"${storeKey}"` : `"${key}" of partition ${partition}`
}
