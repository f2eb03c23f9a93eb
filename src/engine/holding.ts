import { createGrouped } from '../core/grouped.ts'
import type { UserId } from '../core/vocabulary.ts'
import type { Held } from './held.ts'

/** Held sessions by number, user and token. */
export interface Holding {
  add(held: Omit<Held, 'number'>): Held
  remove(held: Held): void
  at(number: number): Held | undefined
  of(userId: UserId): readonly Held[]
  withToken(token: string): readonly Held[]
  all(): Iterable<Held>
  readonly figures: SessionsFigures
}

export interface SessionsFigures {
  readonly sessions: number
  /** By the door that they came through. */
  readonly sessionsByDoor: ReadonlyMap<string, number>
}

export function createHolding(): Holding {
  const numbered: (Held | undefined)[] = []
  const free: number[] = []
  const byUser = createGrouped<UserId, Held>()
  const byToken = createGrouped<string, Held>()
  const sizeByDoor = new Map<string, number>()
  let size = 0

  function count({ via }: Held, change: 1 | -1): void {
    size += change
    sizeByDoor.set(via, (sizeByDoor.get(via) ?? 0) + change)
  }

  return {
    add(parts) {
      const held: Held = { ...parts, number: free.pop() ?? numbered.length }
      numbered[held.number] = held
      count(held, 1)
      byUser.add(held.userId, held)
      if (held.token !== null) byToken.add(held.token, held)
      return held
    },
    remove(held) {
      if (numbered[held.number] !== held) return
      numbered[held.number] = undefined
      free.push(held.number)
      count(held, -1)
      byUser.remove(held.userId, held)
      if (held.token !== null) byToken.remove(held.token, held)
    },
    at: (number) => numbered[number],
    of: (userId) => [...byUser.of(userId)],
    withToken: (token) => [...byToken.of(token)],
    *all() {
      for (const held of numbered) if (held !== undefined) yield held
    },
    get figures() {
      return { sessions: size, sessionsByDoor: sizeByDoor }
    },
  }
}
