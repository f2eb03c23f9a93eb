import type { Membership } from './group.ts'

/** The members of one group who are online, in the order of their turns (V5). */
export interface Turns {
  add(membership: Membership): void
  remove(membership: Membership): void
  /** Whose turn it is; null: nobody is online. */
  readonly first: Membership | null
}

/** A binary heap; each membership knows its place, so that nothing is searched. */
export function createTurns(): Turns {
  const heap: Membership[] = []

  function settle(membership: Membership, place: number): void {
    heap[place] = membership
    membership.place = place
  }

  function rise(membership: Membership, from: number): void {
    let place = from
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || !isBefore(membership, parent)) break
      settle(parent, place)
      place = above
    }
    settle(membership, place)
  }

  function sink(membership: Membership, from: number): void {
    let place = from
    for (;;) {
      const left = heap[place * 2 + 1]
      const right = heap[place * 2 + 2]
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left
      if (child === undefined || !isBefore(child, membership)) break
      const below = child.place
      settle(child, place)
      place = below
    }
    settle(membership, place)
  }

  return {
    add(membership) {
      if (membership.place < 0) rise(membership, heap.length)
    },
    remove(membership) {
      const { place } = membership
      if (place < 0) return
      membership.place = -1
      const last = heap.pop()
      if (last === undefined || last === membership) return
      sink(last, place)
      rise(last, last.place)
    },
    get first() {
      return heap[0] ?? null
    },
  }
}

/** Longest not chosen first; of those who never were, and of equals, who joined first. The same on every node. */
function isBefore(one: Membership, other: Membership): boolean {
  if (one.chosenAt !== other.chosenAt) return one.chosenAt < other.chosenAt
  return one.since === other.since ? one.userId < other.userId : one.since < other.since
}
