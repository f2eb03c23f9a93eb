import { deepStrictEqual } from 'node:assert/strict'
import type { Changes, PresenceView, Watch } from '../../src/core/service.ts'
import type { Presence, UserId } from '../../src/core/vocabulary.ts'

/** Somebody who only knows what they are told, and goes on from their cursor after a restart. */
export interface Reader {
  /** From now on it hears this engine. `unchanged`: nothing may be told of what it holds already but the same again. */
  attach(view: PresenceView, unchanged: boolean): void
  watch(userIds: readonly UserId[], on: boolean): void
  /** What it holds is what a read answers. */
  inspect(): void
}

/** Told by pushes, of some users. */
export function createWatcher(): Reader {
  const mirror = new Map<UserId, Presence>()
  const watched = new Set<UserId>()
  let view: PresenceView | null = null
  let watch: Watch | null = null
  let cursor: string | null = null

  function hear(changes: Changes, unchanged: boolean): void {
    for (const presence of changes.presences) {
      if (!watched.has(presence.userId)) continue
      if (unchanged) deepStrictEqual(presence, mirror.get(presence.userId), 'a restart told something')
      mirror.set(presence.userId, presence)
    }
  }

  return {
    attach(next, unchanged) {
      view = next
      watch = next.watch({ told: (presence) => void mirror.set(presence.userId, presence), gone: (id) => void mirror.delete(id) })
      watch.add([...watched])
      if (cursor !== null) hear(next.changesSince(cursor), unchanged)
    },
    watch(userIds, on) {
      for (const userId of userIds) {
        const presence = view?.get(userId)
        if (on && presence) {
          watched.add(userId)
          mirror.set(userId, presence)
        } else {
          watched.delete(userId)
          mirror.delete(userId)
        }
      }
      if (on) watch?.add(userIds)
      else watch?.remove(userIds)
    },
    inspect() {
      for (const userId of watched) deepStrictEqual(mirror.get(userId), view?.get(userId), 'a watcher holds something else')
      cursor = watch?.cursor() ?? null
    },
  }
}

/** Asks now and then what changed. */
export function createPoller(): Reader {
  const mirror = new Map<UserId, Presence>()
  let view: PresenceView | null = null
  let cursor: string | null = null

  return {
    attach(next) {
      view = next
    },
    watch() {},
    inspect() {
      const changes = view?.changesSince(cursor)
      if (changes === undefined) return
      if (changes.full) mirror.clear()
      for (const presence of changes.presences) mirror.set(presence.userId, presence)
      cursor = changes.cursor
      const everyone = new Map([...(view?.everyone() ?? [])].map((presence) => [presence.userId, presence]))
      deepStrictEqual(mirror, everyone, 'a delta is not the snapshot')
    },
  }
}
