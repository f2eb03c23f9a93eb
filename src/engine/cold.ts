import type { Version } from '../core/ports.ts'
import type { Instant } from '../core/vocabulary.ts'
import { grownIntegers, lengthFor } from './columns.ts'

/** A user's facts as bytes, and what is asked of them so often that nobody wants to read them for it. */
export interface Frozen {
  readonly value: Uint8Array
  readonly version: Version
  /** Version of the last told write. */
  readonly told: Version
  readonly changedAt: Instant
  /** `changedAt` of the view that strangers were last told. */
  readonly toldChangeAt: Instant
}

/** Packed facts, in blocks: all that is held of users whom nobody has asked about for a while. */
export interface Cold {
  put(slot: number, frozen: Frozen): void
  has(slot: number): boolean
  /** The slot must be here, as for the next four. */
  version(slot: number): Version
  told(slot: number): Version
  changedAt(slot: number): Instant
  /** The bytes are the caller's only until the next `put`. */
  peek(slot: number): Frozen
  /** Strangers were told more since. */
  retell(slot: number, toldChangeAt: Instant): void
  forget(slot: number): void
  readonly count: number
}

/**
 * An address counts units of 4 bytes; so many bits of it say where in a block. Address 0 is "none": the first unit of a block is
 * not used. Blocks are 32 MiB: as large as the system's allocator needs them to take each from the system by itself, page by page
 * as it is written, and give all of it back.
 */
const UNIT_BITS = 23
/** Version, told, changedAt and toldChangeAt (8 bytes each), slot and length of the value (4 each). */
const HEADER_BYTES = 40
const [TOLD, CHANGED_AT, TOLD_CHANGE_AT, SLOT, LENGTH] = [8, 16, 24, 32, 36]

interface Block {
  readonly bytes: Buffer
  used: number
  dead: number
}

export function createCold(unitBits = UNIT_BITS): Cold {
  const blocks: (Block | undefined)[] = []
  const blockBytes = 4 << unitBits
  let addresses = new Int32Array(0)
  let current = -1
  let count = 0

  /** The block that has room for so many bytes; from there on it is the current one. */
  function blockFor(length: number): Block {
    const last = blocks[current]
    if (last !== undefined && last.used + length <= last.bytes.length) return last
    const block = { bytes: Buffer.allocUnsafeSlow(Math.max(blockBytes, length + 4)), used: 4, dead: 0 }
    const free = blocks.indexOf(undefined)
    current = free < 0 ? blocks.length : free
    blocks[current] = block
    return block
  }

  const addressOf = (number: number, at: number): number => (number << unitBits) | (at >>> 2)

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

  function put(slot: number, { value, version, told, changedAt, toldChangeAt }: Frozen): void {
    forget(slot)
    const length = lengthFor(slot, addresses.length)
    if (length !== addresses.length) addresses = grownIntegers(addresses, length)
    const block = blockFor(sizeOf(value.length))
    const { bytes, used: at } = block
    bytes.writeDoubleLE(version, at)
    bytes.writeDoubleLE(told, at + TOLD)
    bytes.writeDoubleLE(changedAt, at + CHANGED_AT)
    bytes.writeDoubleLE(toldChangeAt, at + TOLD_CHANGE_AT)
    bytes.writeUInt32LE(slot, at + SLOT)
    bytes.writeUInt32LE(value.length, at + LENGTH)
    bytes.set(value, at + HEADER_BYTES)
    block.used += sizeOf(value.length)
    addresses[slot] = addressOf(current, at)
    count++
  }

  function peek(slot: number): Frozen {
    const { bytes, at } = locate(slot)
    const start = at + HEADER_BYTES
    return {
      value: bytes.subarray(start, start + bytes.readUInt32LE(at + LENGTH)),
      version: bytes.readDoubleLE(at),
      told: bytes.readDoubleLE(at + TOLD),
      changedAt: bytes.readDoubleLE(at + CHANGED_AT),
      toldChangeAt: bytes.readDoubleLE(at + TOLD_CHANGE_AT),
    }
  }

  function forget(slot: number): void {
    if (!has(slot)) return
    const number = (addresses[slot] ?? 0) >>> unitBits
    const { bytes, at } = locate(slot)
    addresses[slot] = 0
    count--
    const block = blocks[number]
    if (block === undefined) return
    block.dead += lengthAt(bytes, at)
    if (number !== current && 2 * block.dead > block.used) evacuate(number, block)
  }

  /** What is left of a block goes where there is room, and the block back to the system. */
  function evacuate(number: number, { bytes, used }: Block): void {
    for (let at = 4; at < used; at += lengthAt(bytes, at)) {
      const slot = bytes.readUInt32LE(at + SLOT)
      if (addresses[slot] !== addressOf(number, at)) continue
      const end = at + lengthAt(bytes, at)
      const block = blockFor(end - at)
      block.bytes.set(bytes.subarray(at, end), block.used)
      addresses[slot] = addressOf(current, block.used)
      block.used += end - at
    }
    blocks[number] = undefined
  }

  return {
    put,
    has,
    version: (slot) => doubleAt(slot, 0),
    told: (slot) => doubleAt(slot, TOLD),
    changedAt: (slot) => doubleAt(slot, CHANGED_AT),
    peek,
    retell(slot, toldChangeAt) {
      const { bytes, at } = locate(slot)
      bytes.writeDoubleLE(toldChangeAt, at + TOLD_CHANGE_AT)
    },
    forget,
    get count() {
      return count
    },
  }
}

const sizeOf = (valueLength: number): number => (HEADER_BYTES + valueLength + 3) & ~3
const lengthAt = (bytes: Buffer, at: number): number => sizeOf(bytes.readUInt32LE(at + LENGTH))
