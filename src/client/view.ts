import type { PresenceView, Watch, Watcher } from '../core/service.ts'
import type { ShownPresence, UserId } from '../core/vocabulary.ts'
import type { Mirror, MirrorParts, Wanted } from './mirror.ts'

/** Reads over the mirror: of those who are watched, and once that was heard. Words are ids, usernames or `me`. */
export type FarView = Omit<PresenceView<ShownPresence>, 'changedAfter'>

export interface Watchers extends Omit<MirrorParts, 'settled'> {
  view(mirror: Mirror): FarView
  readonly wanted: Wanted
}

interface Watching {
  readonly watcher: Watcher<ShownPresence>
  readonly words: Set<string>
  everyone: boolean
}

/** Who wants to be told of whom; `changed` is called when all of them together want something else. */
export function createWatchers(changed: () => void): Watchers {
  const all = new Set<Watching>()

  function each(userId: UserId, words: ReadonlySet<string>, call: (watcher: Watcher<ShownPresence>) => void): void {
    for (const watching of all)
      if (watching.everyone || watching.words.has(userId) || [...words].some((word) => watching.words.has(word)))
        call(watching.watcher)
  }

  function watch(watcher: Watcher<ShownPresence>, mirror: Mirror): Watch {
    const watching: Watching = { watcher, words: new Set(), everyone: false }
    all.add(watching)
    return {
      add(words) {
        for (const word of words) watching.words.add(word)
        changed()
      },
      remove(words) {
        for (const word of words) watching.words.delete(word)
        changed()
      },
      everyone(on) {
        watching.everyone = on
        changed()
      },
      cursor: () => mirror.cursor,
      stop() {
        all.delete(watching)
        changed()
      },
    }
  }

  return {
    told: (presence, words) => each(presence.userId, words, (watcher) => watcher.told(presence)),
    gone: (userId, words) => each(userId, words, (watcher) => watcher.gone(userId)),
    view: (mirror) => ({
      get: mirror.get,
      many: (words) => words.map(mirror.get),
      everyone: mirror.all,
      changesSince: mirror.changesSince,
      watch: (watcher) => watch(watcher, mirror),
    }),
    get wanted() {
      return {
        everyone: [...all].some(({ everyone }) => everyone),
        words: new Set([...all].flatMap(({ words }) => [...words])),
      }
    },
  }
}
