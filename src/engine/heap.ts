import type { Instant } from '../core/vocabulary.ts'
import { grownFloats, grownIntegers, lengthFor } from './columns.ts'

/** At most one instant for each slot, the earliest on top. */
export interface Heap {
  /** Null takes the slot out. */
  set(slot: number, instant: Instant | null): void
  /** Infinity: the heap is empty. */
  readonly top: Instant
  /** The slot on top, which stays in; -1: none. */
  peek(): number
  readonly size: number
}

/** A binary heap on typed arrays with the place of each slot: 16 bytes for a slot, no lazy deletion. */
export function createHeap(): Heap {
  let instants = new Float64Array(0)
  let slots = new Int32Array(0)
  // Kept plus one: zero means "not in the heap".
  let places = new Int32Array(0)
  let size = 0

  const instantAt = (place: number): Instant => instants[slots[place] ?? 0] ?? 0

  function settle(slot: number, place: number): void {
    slots[place] = slot
    places[slot] = place + 1
  }

  function rise(slot: number, from: number): void {
    const instant = instants[slot] ?? 0
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (instantAt(parent) <= instant) break
      settle(slots[parent] ?? 0, place)
      place = parent
    }
    settle(slot, place)
  }

  function sink(slot: number, from: number): void {
    const instant = instants[slot] ?? 0
    let place = from
    for (;;) {
      let child = place * 2 + 1
      if (child >= size) break
      if (child + 1 < size && instantAt(child + 1) < instantAt(child)) child++
      if (instantAt(child) >= instant) break
      settle(slots[child] ?? 0, place)
      place = child
    }
    settle(slot, place)
  }

  function remove(slot: number): void {
    const place = (places[slot] ?? 0) - 1
    if (place < 0) return
    places[slot] = 0
    size--
    const last = slots[size] ?? 0
    if (place === size) return
    sink(last, place)
    rise(last, (places[last] ?? 1) - 1)
  }

  return {
    set(slot, instant) {
      const length = lengthFor(slot, instants.length)
      if (length > instants.length) {
        instants = grownFloats(instants, length)
        slots = grownIntegers(slots, length)
        places = grownIntegers(places, length)
      }
      if (places[slot] !== 0 && instants[slot] === instant) return
      remove(slot)
      if (instant === null) return
      instants[slot] = instant
      rise(slot, size++)
    },
    get top() {
      return size === 0 ? Number.POSITIVE_INFINITY : instantAt(0)
    },
    peek: () => (size === 0 ? -1 : (slots[0] ?? -1)),
    get size() {
      return size
    },
  }
}
