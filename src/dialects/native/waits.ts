import { Failure } from '../../core/errors.ts'
import type { Awaited, Groups } from '../../core/groups.ts'
import type { UserId } from '../../core/vocabulary.ts'
import type { Fanout } from '../../realtime/fanout.ts'
import type { Texts } from './answers.ts'
import { WAITS_MAX } from './schemas.ts'

/** Whom one socket waits for; each is told once, by `free` or `gone`. */
export interface Waits {
  /** Throws Failure `not_found`, `invalid` too_many_watched. */
  add(awaited: Awaited, id: string | number | undefined): void
  cancel(awaited: Awaited): void
  stop(): void
}

export interface WaitsParts {
  readonly groups: Groups
  readonly fanout: Fanout
  readonly say: (text: string) => void
  readonly texts: Texts
}

export function createWaits({ groups, fanout, say, texts }: WaitsParts): Waits {
  const stops = new Map<string, () => void>()
  const keyOf = (awaited: Awaited): string => ('groupId' in awaited ? `group ${awaited.groupId}` : `user ${awaited.userId}`)

  function cancel(awaited: Awaited): void {
    stops.get(keyOf(awaited))?.()
    stops.delete(keyOf(awaited))
  }

  return {
    add(awaited, id) {
      cancel(awaited)
      if (stops.size >= WAITS_MAX)
        throw new Failure('invalid', `One connection waits for at most ${WAITS_MAX} users and groups.`, {
          reason: 'too_many_watched',
        })
      const key = keyOf(awaited)
      const named = { ...(id !== undefined && { id }), ...awaited }
      // Said in a round of sending: this is called from within the telling, and maybe before the acknowledgement.
      let isTold = false
      const tell = (text: string): void => {
        isTold = true
        stops.delete(key)
        fanout.soon(() => say(text))
      }
      const stop = groups.untilFree(awaited, {
        free: (presence) =>
          tell(`${JSON.stringify({ type: 'free', ...named }).slice(0, -1)},"presence":${texts(presence).text}}`),
        gone: () => tell(JSON.stringify({ type: 'gone', ...named })),
      })
      if (!isTold) stops.set(key, stop)
    },
    cancel,
    stop() {
      for (const stop of stops.values()) stop()
      stops.clear()
    },
  }
}

/** Throws Failure `invalid` unless one is named, and `not_found`. */
export function awaitedOf(
  { user, group }: { readonly user: string | undefined; readonly group: string | undefined },
  groups: Groups,
  userOf: (word: string) => UserId,
): Awaited {
  if (group !== undefined && user === undefined) return { groupId: groups.find(group).id }
  if (user !== undefined && group === undefined) return { userId: userOf(user) }
  throw new Failure('invalid', 'Name either a "user" or a "group".', { reason: 'malformed', field: 'user' })
}
