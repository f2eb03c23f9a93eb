import { Failure } from '../core/errors.ts'
import { createGrouped } from '../core/grouped.ts'
import type { Principal, Reach } from '../core/principal.ts'
import type { Views } from '../core/resolve.ts'
import type { Watch, Watcher } from '../core/service.ts'
import type { UserId } from '../core/vocabulary.ts'
import { selfOf } from './admission.ts'

/** Users that one watcher may name. */
export const WATCHED_MAX = 10_000

/** Which views of a user are another than were told last. */
export interface Difference {
  readonly own: boolean
  readonly stranger: boolean
}

/** Who wants to be told of whom. */
export interface Watchers {
  /** What the principal may see, and nothing else. */
  watch(principal: Principal, watcher: Watcher): Watch
  told(userId: UserId, views: Views, difference: Difference): void
  gone(userId: UserId): void
  readonly figures: { readonly watchers: number; readonly watched: number }
}

interface Watching {
  readonly watcher: Watcher
  /** Who is told the own view; null: nobody. */
  readonly self: UserId | null
  readonly reach: Reach | null
  readonly users: Set<UserId>
}

/** `cursor`: where the telling stands now. */
export function createWatchers({ cursor }: { readonly cursor: () => string }): Watchers {
  const byUser = createGrouped<UserId, Watching>()
  const ofEveryone = new Set<Watching>()
  let watchers = 0
  let watched = 0

  function add(watching: Watching, userId: UserId): void {
    if (watching.users.has(userId)) return
    watching.users.add(userId)
    byUser.add(userId, watching)
    watched++
  }

  function remove(watching: Watching, userId: UserId): void {
    if (!watching.users.delete(userId)) return
    byUser.remove(userId, watching)
    watched--
  }

  function each(userId: UserId, call: (watching: Watching) => void): void {
    for (const watching of byUser.of(userId)) if (!ofEveryone.has(watching) && reaches(watching, userId)) call(watching)
    for (const watching of ofEveryone) if (reaches(watching, userId)) call(watching)
  }

  return {
    watch(principal, watcher) {
      const { reach } = principal
      const watching: Watching = { watcher, self: selfOf(principal), reach, users: new Set() }
      let stopped = false
      watchers++
      return {
        add(userIds) {
          const reached = userIds.filter((userId) => reaches(watching, userId))
          if (watching.users.size + reached.length > WATCHED_MAX) assertNoMore(watching.users, reached)
          for (const userId of reached) add(watching, userId)
        },
        remove(userIds) {
          for (const userId of userIds) remove(watching, userId)
        },
        everyone(on) {
          if (on) ofEveryone.add(watching)
          else ofEveryone.delete(watching)
        },
        cursor,
        stop() {
          ofEveryone.delete(watching)
          for (const userId of watching.users) remove(watching, userId)
          if (!stopped) watchers--
          stopped = true
        },
      }
    },
    told(userId, { own, stranger }, difference) {
      each(userId, ({ watcher, self }) => {
        const isSelf = self === userId
        if (isSelf ? difference.own : difference.stranger) watcher.told(isSelf ? own : stranger)
      })
    },
    gone(userId) {
      each(userId, ({ watcher }) => watcher.gone(userId))
    },
    get figures() {
      return { watchers, watched }
    },
  }
}

/** Asked anew for each change: who is in a token's groups comes and goes. */
const reaches = ({ reach }: Watching, userId: UserId): boolean => reach === null || reach.has(userId)

function assertNoMore(known: ReadonlySet<UserId>, more: readonly UserId[]): void {
  if (new Set([...known, ...more]).size <= WATCHED_MAX) return
  throw new Failure('invalid', `One connection watches at most ${WATCHED_MAX} users.`, {
    reason: 'too_many_watched',
    field: 'users',
  })
}
