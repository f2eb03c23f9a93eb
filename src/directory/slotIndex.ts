/**
 * Finds slots by text. Keeps neither texts nor objects: 4 bytes of hash and 4 of slot each, verified by `matches`.
 * What it takes in and gives up is named by the text's hash alone, which may be made of bytes.
 */
export interface SlotIndex {
  /** The first slot whose text this is; -1: none. */
  find(text: string, hash?: number): number
  /** Every slot whose text this is. */
  all(text: string, hash?: number): number[]
  add(hash: number, slot: number): void
  remove(hash: number, slot: number): void
}

/** Open addressing in 256 segments that grow alone, so that growing never moves more than a 256th at once. */
const SEGMENTS = 256
const CAPACITY_FIRST = 8
/** Fuller, probes get long; growing by less than twice keeps the average close to it. */
const FILLED_MAX = 0.8
const GROWTH = 1.4

interface Segment {
  /** Pairs of hash and slot + 1; 0 is an empty place. */
  cells: Int32Array
  count: number
  /** Each pair has its place. Until somebody looks for one they only follow one another: a million added while loading cost no search. */
  placed: boolean
}

export function createSlotIndex(matches: (slot: number, text: string) => boolean): SlotIndex {
  const segments: Segment[] = Array.from({ length: SEGMENTS }, () => ({ cells: EMPTY, count: 0, placed: false }))
  const segmentOf = (hash: number): Segment => segments[hash >>> 24] as Segment

  /** Null: there is nothing to look for. */
  function placedCells(hash: number): Int32Array | null {
    const segment = segmentOf(hash)
    if (segment.count === 0) return null
    if (!segment.placed) enlarge(segment)
    return segment.cells
  }

  return {
    find(text, hash = hashOf(text)) {
      const cells = placedCells(hash)
      if (cells === null) return -1
      for (let at = homeOf(hash, cells); ; at = after(at, cells)) {
        const held = cells[at + 1] ?? 0
        if (held === 0) return -1
        if (cells[at] === hash && matches(held - 1, text)) return held - 1
      }
    },
    all(text, hash = hashOf(text)) {
      const cells = placedCells(hash)
      const slots: number[] = []
      if (cells === null) return slots
      for (let at = homeOf(hash, cells); cells[at + 1] !== 0; at = after(at, cells)) {
        const slot = (cells[at + 1] ?? 0) - 1
        if (cells[at] === hash && matches(slot, text)) slots.push(slot)
      }
      return slots
    },
    add(hash, slot) {
      const segment = segmentOf(hash)
      if (segment.placed) {
        if (2 * (segment.count + 1) > FILLED_MAX * segment.cells.length) enlarge(segment)
        place(segment.cells, hash, slot + 1)
      } else append(segment, hash, slot + 1)
      segment.count++
    },
    remove(hash, slot) {
      const cells = placedCells(hash)
      if (cells !== null && take(cells, hash, slot + 1)) segmentOf(hash).count--
    },
  }
}

const EMPTY = new Int32Array(0)

function append(segment: Segment, hash: number, held: number): void {
  const at = 2 * segment.count
  if (at === segment.cells.length) {
    const larger = new Int32Array(2 * Math.max(CAPACITY_FIRST, Math.ceil(GROWTH * segment.count)))
    larger.set(segment.cells)
    segment.cells = larger
  }
  segment.cells[at] = hash
  segment.cells[at + 1] = held
}

/** Tells of a key that comes after all before it, as keys mostly do while loading, that it need not be looked for. */
export function createAscent(): (key: string) => boolean {
  let highest = ''
  return (key) => {
    const isFirst = key > highest
    if (isFirst) highest = key
    return isFirst
  }
}

/** FNV-1a over UTF-16 units, mixed once more because both ends of it choose places. */
export function hashOf(text: string): number {
  let hash = FNV_OFFSET
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME)
  return mixed(hash)
}

/** The hash of the text that these bytes of UTF-8 say, in lower case. Nearly always it is ASCII, and no text is made of it. */
export function hashOfFolded(bytes: Buffer, from: number, to: number): number {
  let hash = FNV_OFFSET
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0
    if (byte > 0x7f) return hashOf(bytes.toString('utf8', from, to).toLowerCase())
    hash = Math.imul(hash ^ (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte), FNV_PRIME)
  }
  return mixed(hash)
}

const [FNV_OFFSET, FNV_PRIME] = [0x811c9dc5, 0x01000193]

function mixed(sum: number): number {
  let hash = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return (hash ^ (hash >>> 15)) | 0
}

const homeOf = (hash: number, cells: Int32Array): number => 2 * ((hash >>> 0) % (cells.length >>> 1))
const after = (at: number, cells: Int32Array): number => (at + 2 === cells.length ? 0 : at + 2)
/** How far a place lies behind another, going round. */
const distance = (from: number, to: number, cells: Int32Array): number => (to >= from ? to - from : to - from + cells.length)

function place(cells: Int32Array, hash: number, held: number): void {
  let at = homeOf(hash, cells)
  while (cells[at + 1] !== 0) at = after(at, cells)
  cells[at] = hash
  cells[at + 1] = held
}

/** Gives each pair its place, with room for more. */
function enlarge(segment: Segment): void {
  const { cells, count } = segment
  segment.cells = new Int32Array(2 * Math.max(CAPACITY_FIRST, Math.ceil((GROWTH * count) / (segment.placed ? FILLED_MAX : 1))))
  segment.placed = true
  for (let at = 0; at < cells.length; at += 2) {
    const held = cells[at + 1] ?? 0
    if (held !== 0) place(segment.cells, cells[at] ?? 0, held)
  }
}

/** Empties a place and moves those behind it up, so that no probe ends early. False: it was not there. */
function take(cells: Int32Array, hash: number, held: number): boolean {
  let hole = homeOf(hash, cells)
  while (cells[hole] !== hash || cells[hole + 1] !== held) {
    if (cells[hole + 1] === 0) return false
    hole = after(hole, cells)
  }
  for (let next = after(hole, cells); cells[next + 1] !== 0; next = after(next, cells)) {
    const home = homeOf(cells[next] ?? 0, cells)
    if (distance(home, next, cells) < distance(hole, next, cells)) continue
    cells.copyWithin(hole, next, next + 2)
    hole = next
  }
  cells[hole] = 0
  cells[hole + 1] = 0
  return true
}
