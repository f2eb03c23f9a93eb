/**
 * Encoded records in slots: bytes in large blocks, 4 bytes of address each, no object for any of them.
 * Slots are small dense integers, used again after removal.
 */
export interface Records {
  /** Answers the slot of a new record. */
  add(key: string, value: Uint8Array): number
  replace(slot: number, value: Uint8Array): void
  remove(slot: number): void
  has(slot: number): boolean
  key(slot: number): string
  keyIs(slot: number, key: string): boolean
  /** Only until the next change of any record: bytes move. */
  value(slot: number): Buffer
  /** One more than the highest slot ever used. */
  readonly slots: number
}

/** An address counts units of 4 bytes; 2^18 of them are a block. Address 0 is "none": the first unit of a block is not used. */
const UNITS_BITS = 18
const BLOCK_BYTES = 4 << UNITS_BITS
/** Slot (4 bytes), length of the value (4), length of the key (1). */
const HEADER_BYTES = 9

interface Block {
  bytes: Buffer
  used: number
  dead: number
}

/** Keys are ASCII, at most 255 characters. */
export function createRecords(): Records {
  const blocks: Block[] = []
  const emptied: number[] = []
  const free: number[] = []
  let addresses = new Uint32Array(1024)
  let slots = 0
  let current = -1

  function write(slot: number, key: string, value: Uint8Array): void {
    const length = sizeOf(key.length, value.length)
    let block = blocks[current]
    if (block === undefined || block.used + length > block.bytes.length) block = open(length)
    const at = block.used
    block.bytes.writeUInt32LE(slot, at)
    block.bytes.writeUInt32LE(value.length, at + 4)
    block.bytes[at + 8] = key.length
    block.bytes.write(key, at + HEADER_BYTES, 'latin1')
    block.bytes.set(value, at + HEADER_BYTES + key.length)
    block.used += length
    addresses[slot] = (current << UNITS_BITS) | (at >>> 2)
  }

  /** A record larger than a block gets one to itself. */
  function open(length: number): Block {
    const reused = length < BLOCK_BYTES ? emptied.pop() : undefined
    current = reused ?? blocks.length
    const block = { bytes: Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, length + 4)), used: 4, dead: 0 }
    blocks[current] = block
    return block
  }

  /** Counts its bytes as dead; a block of which half is dead is moved into the current one. */
  function bury(slot: number): void {
    const address = addresses[slot] ?? 0
    addresses[slot] = 0
    const number = address >>> UNITS_BITS
    const block = blockAt(number)
    block.dead += lengthAt(block, offsetOf(address))
    if (number !== current && 2 * block.dead > block.used) evacuate(number, block)
  }

  function evacuate(number: number, block: Block): void {
    for (let at = 4; at < block.used; at += lengthAt(block, at)) {
      const slot = block.bytes.readUInt32LE(at)
      if (addresses[slot] !== ((number << UNITS_BITS) | (at >>> 2)) >>> 0) continue
      const start = at + HEADER_BYTES
      const end = start + (block.bytes[at + 8] ?? 0)
      write(slot, block.bytes.toString('latin1', start, end), block.bytes.subarray(end, end + block.bytes.readUInt32LE(at + 4)))
    }
    blocks[number] = { bytes: Buffer.alloc(0), used: 0, dead: 0 }
    emptied.push(number)
  }

  function blockAt(number: number): Block {
    const block = blocks[number]
    if (block === undefined) throw new Error(`there is no block ${number}`)
    return block
  }

  /** Where a record starts; throws for a free slot, which no caller may ask about. */
  function locate(slot: number): { bytes: Buffer; at: number; keyLength: number } {
    const address = addresses[slot] ?? 0
    if (address === 0) throw new Error(`slot ${slot} is free`)
    const { bytes } = blockAt(address >>> UNITS_BITS)
    const at = offsetOf(address)
    return { bytes, at, keyLength: bytes[at + 8] ?? 0 }
  }

  return {
    add(key, value) {
      const slot = free.pop() ?? slots++
      if (slot >= addresses.length) addresses = grown(addresses, slot, (length) => new Uint32Array(length))
      write(slot, key, value)
      return slot
    },
    replace(slot, value) {
      const { bytes, at, keyLength } = locate(slot)
      const key = bytes.toString('latin1', at + HEADER_BYTES, at + HEADER_BYTES + keyLength)
      bury(slot)
      write(slot, key, value)
    },
    remove(slot) {
      bury(slot)
      free.push(slot)
    },
    has: (slot) => (addresses[slot] ?? 0) !== 0,
    key(slot) {
      const { bytes, at, keyLength } = locate(slot)
      return bytes.toString('latin1', at + HEADER_BYTES, at + HEADER_BYTES + keyLength)
    },
    keyIs(slot, key) {
      const { bytes, at, keyLength } = locate(slot)
      if (keyLength !== key.length) return false
      for (let i = 0; i < keyLength; i++) if (bytes[at + HEADER_BYTES + i] !== key.charCodeAt(i)) return false
      return true
    },
    value(slot) {
      const { bytes, at, keyLength } = locate(slot)
      const start = at + HEADER_BYTES + keyLength
      return bytes.subarray(start, start + bytes.readUInt32LE(at + 4))
    },
    get slots() {
      return slots
    },
  }
}

/** A column with room for one more slot, and half as much again. */
export function grown<Column extends { readonly length: number; set(from: Column): void }>(
  column: Column,
  slot: number,
  make: (length: number) => Column,
): Column {
  const larger = make(Math.ceil(1.5 * (slot + 1)))
  larger.set(column)
  return larger
}

/** The same bytes as a Buffer, which most ledgers give anyway. */
export const bufferOf = (value: Uint8Array): Buffer =>
  Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)

const offsetOf = (address: number): number => (address & ((1 << UNITS_BITS) - 1)) << 2
const sizeOf = (keyLength: number, valueLength: number): number => (HEADER_BYTES + keyLength + valueLength + 3) & ~3
const lengthAt = ({ bytes }: Block, at: number): number => sizeOf(bytes[at + 8] ?? 0, bytes.readUInt32LE(at + 4))
