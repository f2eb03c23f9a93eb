import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { damaged } from './format.ts'

/** LevelDB's log format: blocks of 32 KiB with records `masked crc32c, 4 bytes · length, 2 · type, 1 · payload`. */
const BLOCK_BYTES = 32 * 1024
const HEADER_BYTES = 7
const [FULL, FIRST, MIDDLE, LAST] = [1, 2, 3, 4]

/** A write at the end of a log that is not whole. */
export interface Torn {
  readonly file: string
  readonly bytes: number
}

/**
 * Looks through the logs LevelDB is about to replay, because it drops what it cannot read without a word. Answers what is torn
 * off at an end (a write that was never finished); throws Failure when whole writes follow what cannot be read.
 */
export async function inspectLogs(folder: string): Promise<readonly Torn[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.log')).sort()
  const torn: Torn[] = []
  for (const file of files) {
    const bytes = await readFile(join(folder, file))
    const at = await endOfWhole(bytes)
    if (at === bytes.length) continue
    if (followedByWhole(bytes, at)) throw damaged(`${file} cannot be read at byte ${at}, but whole writes follow`)
    torn.push({ file, bytes: bytes.length - at })
  }
  return torn
}

/** Where the last whole write ends, when all before it can be read. */
async function endOfWhole(bytes: Buffer): Promise<number> {
  let [at, end, inside, block] = [0, 0, false, 0]
  while (at < bytes.length) {
    at = pastTrailer(at)
    const record = recordAt(bytes, at)
    if (record === null || (record.type === FULL || record.type === FIRST) === inside) return end
    at = record.end
    inside = record.type === FIRST || record.type === MIDDLE
    if (!inside) end = at
    if (at >> 20 !== block) {
      block = at >> 20
      await setImmediate()
    }
  }
  return inside ? end : bytes.length
}

/** Only one write is ever under way, so a whole one can only follow whole ones. */
function followedByWhole(bytes: Buffer, from: number): boolean {
  let at = pastTrailer(from)
  while (at < bytes.length) {
    const record = recordAt(bytes, at)
    if (record !== null && at > from && (record.type === FULL || record.type === FIRST)) return true
    const claimed = at + HEADER_BYTES <= bytes.length ? at + HEADER_BYTES + bytes.readUInt16LE(at + 4) : at
    const nextBlock = at - (at % BLOCK_BYTES) + BLOCK_BYTES
    at = record?.end ?? (claimed > at + HEADER_BYTES && claimed < nextBlock ? claimed : nextBlock)
    at = pastTrailer(at)
  }
  return false
}

function recordAt(bytes: Buffer, at: number): { readonly type: number; readonly end: number } | null {
  if (at + HEADER_BYTES > bytes.length) return null
  const type = bytes[at + 6] ?? 0
  const end = at + HEADER_BYTES + bytes.readUInt16LE(at + 4)
  const fits = end <= bytes.length && Math.floor((end - 1) / BLOCK_BYTES) === Math.floor(at / BLOCK_BYTES)
  if (type < FULL || type > LAST || !fits) return null
  return maskedCrc32c(bytes, at + 6, end) === bytes.readUInt32LE(at) ? { type, end } : null
}

/** The last bytes of a block, too few for a header, are padding. */
function pastTrailer(at: number): number {
  const left = BLOCK_BYTES - (at % BLOCK_BYTES)
  return left < HEADER_BYTES ? at + left : at
}

const CRC32C = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

function maskedCrc32c(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffffffff
  for (let i = from; i < to; i++) crc = (CRC32C[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8)
  crc = ~crc >>> 0
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
