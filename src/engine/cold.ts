import type { Version } from '../core/ports.ts'
import type { PresenceRecord } from '../core/record.ts'
import type { Instant } from '../core/vocabulary.ts'
import { grownIntegers, lengthFor } from './columns.ts'

/** Facts of users whom nobody has asked about since the start: the ledger's bytes in blocks, and no object for any of them. */
export interface Cold {
  put(slot: number, value: Uint8Array, record: PresenceRecord, version: Version): void
  has(slot: number): boolean
  /** Version of the last told write. The slot must be here, as for the next. */
  told(slot: number): Version
  changedAt(slot: number): Instant
  /** Takes it out; the bytes are the caller's only until the next `put`. */
  take(slot: number): { readonly value: Uint8Array; readonly version: Version }
  forget(slot: number): void
  readonly count: number
}

/**
 * An address counts units of 4 bytes; so many bits of it say where in a block. Address 0 is "none": the first unit of a block is
 * not used. Blocks are 32 MiB: as large as the system's allocator needs them to take each from the system by itself, page by page
 * as it is written, and give all of it back.
 */
const UNIT_BITS = 23
/** Version, told and changedAt (8 bytes each), length of the value (4). */
const HEADER_BYTES = 28
const [TOLD, CHANGED_AT, LENGTH] = [8, 16, 24]

interface Block {
  readonly bytes: Buffer
  used: number
  records: number
}

export function createCold(unitBits = UNIT_BITS): Cold {
  const blocks: (Block | undefined)[] = []
  const blockBytes = 4 << unitBits
  let addresses = new Int32Array(0)
  let count = 0

  /** Blocks that are empty are given back to the system, numbers and all. */
  function blockFor(length: number): Block {
    const last = blocks.at(-1)
    if (last !== undefined && last.used + length <= last.bytes.length) return last
    const block = { bytes: Buffer.allocUnsafeSlow(Math.max(blockBytes, length + 4)), used: 4, records: 0 }
    blocks.push(block)
    return block
  }

  function locate(slot: number): { readonly bytes: Buffer; readonly at: number } {
    const address = addresses[slot] ?? 0
    const block = blocks[address >>> unitBits]
    if (address === 0 || block === undefined) throw new Error(`slot ${slot} is not cold`)
    return { bytes: block.bytes, at: (address & ((1 << unitBits) - 1)) << 2 }
  }

  function doubleAt(slot: number, offset: number): number {
    const { bytes, at } = locate(slot)
    return bytes.readDoubleLE(at + offset)
  }

  const has = (slot: number): boolean => (addresses[slot] ?? 0) !== 0

  function forget(slot: number): void {
    if (!has(slot)) return
    const number = (addresses[slot] ?? 0) >>> unitBits
    const block = blocks[number]
    addresses[slot] = 0
    count--
    if (block !== undefined && --block.records === 0) blocks[number] = undefined
  }

  return {
    put(slot, value, { shown }, version) {
      forget(slot)
      const length = lengthFor(slot, addresses.length)
      if (length !== addresses.length) addresses = grownIntegers(addresses, length)
      const block = blockFor(HEADER_BYTES + value.length)
      const at = block.used
      block.bytes.writeDoubleLE(version, at)
      block.bytes.writeDoubleLE(shown.told ?? version, at + TOLD)
      block.bytes.writeDoubleLE(shown.changedAt, at + CHANGED_AT)
      block.bytes.writeUInt32LE(value.length, at + LENGTH)
      block.bytes.set(value, at + HEADER_BYTES)
      block.used += (HEADER_BYTES + value.length + 3) & ~3
      block.records++
      addresses[slot] = ((blocks.length - 1) << unitBits) | (at >>> 2)
      count++
    },
    has,
    told: (slot) => doubleAt(slot, TOLD),
    changedAt: (slot) => doubleAt(slot, CHANGED_AT),
    take(slot) {
      const { bytes, at } = locate(slot)
      const start = at + HEADER_BYTES
      const taken = { value: bytes.subarray(start, start + bytes.readUInt32LE(at + LENGTH)), version: bytes.readDoubleLE(at) }
      forget(slot)
      return taken
    },
    forget,
    get count() {
      return count
    },
  }
}
