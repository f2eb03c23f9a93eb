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
  readonly size: number
}

export function createHolding(): Holding {
  const numbered: (Held | undefined)[] = []
  const free: number[] = []
  const byUser = new Map<UserId, Held[]>()
  const byToken = new Map<string, Held[]>()
  let size = 0

  return {
    add(parts) {
      const held: Held = { ...parts, number: free.pop() ?? numbered.length }
      numbered[held.number] = held
      size++
      enter(byUser, held.userId, held)
      if (held.token !== null) enter(byToken, held.token, held)
      return held
    },
    remove(held) {
      if (numbered[held.number] !== held) return
      numbered[held.number] = undefined
      free.push(held.number)
      size--
      exit(byUser, held.userId, held)
      if (held.token !== null) exit(byToken, held.token, held)
    },
    at: (number) => numbered[number],
    of: (userId) => byUser.get(userId) ?? NONE,
    withToken: (token) => [...(byToken.get(token) ?? NONE)],
    *all() {
      for (const held of numbered) if (held !== undefined) yield held
    },
    get size() {
      return size
    },
  }
}

const NONE: readonly Held[] = []

function enter(index: Map<string, Held[]>, key: string, held: Held): void {
  const group = index.get(key)
  if (group === undefined) index.set(key, [held])
  else group.push(held)
}

function exit(index: Map<string, Held[]>, key: string, held: Held): void {
  const rest = index.get(key)?.filter((other) => other !== held) ?? []
  if (rest.length === 0) index.delete(key)
  else index.set(key, rest)
}
