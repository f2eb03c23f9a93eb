import type { Presence, UserId } from '../../core/vocabulary.ts'
import { claimOf, STATUS_OUT, statusTextOf } from './translate.ts'

/** Users whose words are remembered; the one told of first is forgotten beyond. */
const USERS_MAX = 20_000

/**
 * Which changes are news to this product's clients: many are of what its words leave out, as when a second device is there.
 * What a user's watchers were told last is the same for all of them, as long as it is forgotten when another one begins.
 */
export interface News {
  /** Asked of every told presence, by each who is told. `own`: it is the asking user's own. */
  isNew(presence: Presence, own: boolean): boolean
  /** Somebody begins to watch these users, and knows of them what they were answered elsewhere. */
  forget(userIds: readonly UserId[]): void
  forgetAll(): void
}

export function createNews(): News {
  const own = createMemory()
  const others = createMemory()
  return {
    isNew: (presence, isOwn) => (isOwn ? own : others).isNew(presence),
    forget(userIds) {
      for (const userId of userIds) for (const memory of [own, others]) memory.words.delete(userId)
    },
    forgetAll() {
      for (const memory of [own, others]) memory.words.clear()
    },
  }
}

function createMemory() {
  const words = new Map<UserId, string>()
  const judged = new WeakMap<Presence, boolean>()
  return {
    words,
    isNew(presence: Presence): boolean {
      const known = judged.get(presence)
      if (known !== undefined) return known
      const said = wordsOf(presence)
      const isNew = words.get(presence.userId) !== said
      if (isNew) {
        words.delete(presence.userId)
        words.set(presence.userId, said)
        if (words.size > USERS_MAX) words.delete(words.keys().next().value ?? '')
      }
      judged.set(presence, isNew)
      return isNew
    },
  }
}

/** All that an event says of a presence. */
function wordsOf(presence: Presence): string {
  const { statusSource, until } = claimOf(presence)
  return `${STATUS_OUT[presence.availability]} ${statusSource} ${until} ${statusTextOf(presence.note) ?? ''}`
}
