import { grownFloats, grownIntegers, lengthFor } from './columns.ts'

/** Slots in lists, each list in the order of its keys; a slot is in at most one list of an order. */
export interface Order {
  /** Puts a slot where its key belongs, searched from the newest end, where it nearly always is. */
  put(list: number, slot: number, key: number): void
  remove(slot: number): void
  has(slot: number): boolean
  /** The newest slot of a list; -1: it is empty. */
  newest(list: number): number
  /** The next older slot; -1: none. */
  older(slot: number): number
  keyOf(slot: number): number
}

/** Doubly linked lists threaded through columns: no object for an entry, 20 bytes for a slot. */
export function createOrder(lists: number): Order {
  const heads = new Int32Array(lists)
  let keys = new Float64Array(0)
  // Links and list numbers are kept plus one, so that zeroed memory means "none".
  let olders = new Int32Array(0)
  let newers = new Int32Array(0)
  let home = new Int32Array(0)

  function grow(slot: number): void {
    const length = lengthFor(slot, keys.length)
    if (length === keys.length) return
    keys = grownFloats(keys, length)
    olders = grownIntegers(olders, length)
    newers = grownIntegers(newers, length)
    home = grownIntegers(home, length)
  }

  function remove(slot: number): void {
    const list = home[slot] ?? 0
    if (list === 0) return
    const [older, newer] = [olders[slot] ?? 0, newers[slot] ?? 0]
    if (newer === 0) heads[list - 1] = older
    else olders[newer - 1] = older
    if (older !== 0) newers[older - 1] = newer
    home[slot] = 0
  }

  return {
    put(list, slot, key) {
      grow(slot)
      remove(slot)
      let newer = 0
      let older = heads[list] ?? 0
      while (older !== 0 && (keys[older - 1] ?? 0) > key) {
        newer = older
        older = olders[older - 1] ?? 0
      }
      keys[slot] = key
      home[slot] = list + 1
      olders[slot] = older
      newers[slot] = newer
      if (newer === 0) heads[list] = slot + 1
      else olders[newer - 1] = slot + 1
      if (older !== 0) newers[older - 1] = slot + 1
    },
    remove,
    has: (slot) => (home[slot] ?? 0) !== 0,
    newest: (list) => (heads[list] ?? 0) - 1,
    older: (slot) => (olders[slot] ?? 0) - 1,
    keyOf: (slot) => keys[slot] ?? 0,
  }
}
