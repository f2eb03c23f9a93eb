/** Finds slots by text. Keeps neither texts nor objects: 4 bytes of hash and 4 of slot each, verified by `matches`. */
export interface SlotIndex {
  /** The first slot whose text this is; -1: none. */
  find(text: string): number
  /** Every slot whose text this is. */
  all(text: string): number[]
  add(text: string, slot: number): void
  remove(text: string, slot: number): void
}

/** Open addressing in 256 segments that grow alone, so that growing never moves more than a 256th at once. */
const SEGMENTS = 256
const CAPACITY_FIRST = 8

interface Segment {
  /** Pairs of hash and slot + 1; 0 is an empty place. */
  cells: Int32Array
  count: number
}

export function createSlotIndex(matches: (slot: number, text: string) => boolean): SlotIndex {
  const segments: (Segment | undefined)[] = new Array(SEGMENTS).fill(undefined)

  function segmentOf(hash: number): Segment {
    const segment = segments[hash >>> 24]
    if (segment !== undefined) return segment
    const made = { cells: new Int32Array(2 * CAPACITY_FIRST), count: 0 }
    segments[hash >>> 24] = made
    return made
  }

  return {
    find(text) {
      const hash = hashOf(text)
      const cells = segments[hash >>> 24]?.cells
      if (cells === undefined) return -1
      const mask = (cells.length >> 1) - 1
      for (let place = hash & mask; ; place = (place + 1) & mask) {
        const held = cells[2 * place + 1] ?? 0
        if (held === 0) return -1
        if (cells[2 * place] === hash && matches(held - 1, text)) return held - 1
      }
    },
    all(text) {
      const hash = hashOf(text)
      const { cells } = segmentOf(hash)
      const mask = (cells.length >> 1) - 1
      const slots: number[] = []
      for (let place = hash & mask; cells[2 * place + 1] !== 0; place = (place + 1) & mask) {
        const slot = (cells[2 * place + 1] ?? 0) - 1
        if (cells[2 * place] === hash && matches(slot, text)) slots.push(slot)
      }
      return slots
    },
    add(text, slot) {
      const hash = hashOf(text)
      const segment = segmentOf(hash)
      if (10 * (segment.count + 1) > 4 * segment.cells.length) segment.cells = doubled(segment.cells)
      place(segment.cells, hash, slot + 1)
      segment.count++
    },
    remove(text, slot) {
      const hash = hashOf(text)
      const segment = segmentOf(hash)
      if (take(segment.cells, hash, slot + 1)) segment.count--
    },
  }
}

/** FNV-1a over UTF-16 units, mixed once more because both ends of it choose places. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return (hash ^ (hash >>> 15)) | 0
}

function place(cells: Int32Array, hash: number, held: number): void {
  const mask = (cells.length >> 1) - 1
  let at = hash & mask
  while (cells[2 * at + 1] !== 0) at = (at + 1) & mask
  cells[2 * at] = hash
  cells[2 * at + 1] = held
}

function doubled(cells: Int32Array): Int32Array {
  const larger = new Int32Array(2 * cells.length)
  for (let at = 0; at < cells.length; at += 2) {
    const held = cells[at + 1] ?? 0
    if (held !== 0) place(larger, cells[at] ?? 0, held)
  }
  return larger
}

/** Empties a place and moves those behind it up, so that no probe ends early. False: it was not there. */
function take(cells: Int32Array, hash: number, held: number): boolean {
  const mask = (cells.length >> 1) - 1
  let hole = hash & mask
  while (cells[2 * hole] !== hash || cells[2 * hole + 1] !== held) {
    if (cells[2 * hole + 1] === 0) return false
    hole = (hole + 1) & mask
  }
  for (let next = (hole + 1) & mask; cells[2 * next + 1] !== 0; next = (next + 1) & mask) {
    const home = (cells[2 * next] ?? 0) & mask
    if (((next - home) & mask) < ((next - hole) & mask)) continue
    cells.copyWithin(2 * hole, 2 * next, 2 * next + 2)
    hole = next
  }
  cells[2 * hole + 1] = 0
  cells[2 * hole] = 0
  return true
}
