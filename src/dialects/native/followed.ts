import { Failure } from '../../core/errors.ts'
import type { GroupId, Groups } from '../../core/groups.ts'
import type { Principal } from '../../core/principal.ts'
import type { PresenceView, Watch } from '../../core/service.ts'
import type { UserId } from '../../core/vocabulary.ts'
import { CLOSE, type Connection } from '../../realtime/connection.ts'
import type { Outbox } from '../../realtime/outbox.ts'

/** The groups that one connection follows: whoever joins is watched and told, whoever leaves is taken away (V13). */
export interface Followed {
  /** Answers who is in these groups now; what changes from here on is told. Throws Failure `not_found`. */
  watch(groupIds: Iterable<GroupId>): readonly UserId[]
  unwatch(groupIds: Iterable<GroupId>): void
  /** The same of all that a limited token names, users too. */
  everyone(): readonly UserId[]
  /** Whether a group that is watched has them. */
  has(userId: UserId): boolean
  /** Whoever leaves a limited token's groups, and its reach with that, is taken away though they were watched by name. */
  mind(): void
  stop(): void
}

export interface FollowedParts {
  readonly connection: Connection
  readonly principal: Principal
  readonly view: PresenceView
  readonly groups: Groups
  readonly outbox: Outbox
  readonly watch: () => Watch
  /** Whether they are watched by name too: then no group takes them away. */
  readonly isNamed: (userId: UserId) => boolean
}

interface Following {
  readonly users: Set<UserId>
  readonly stop: () => void
  isWatched: boolean
}

export function createFollowed({ connection, principal, view, groups, outbox, watch, isNamed }: FollowedParts): Followed {
  const following = new Map<GroupId, Following>()
  const { reach } = principal
  /** Watched whatever group they leave. */
  let kept: ReadonlySet<UserId> = new Set()

  function has(userId: UserId): boolean {
    return kept.has(userId) || [...following.values()].some(({ isWatched, users }) => isWatched && users.has(userId))
  }

  function came(userId: UserId): void {
    const presence = view.get(userId)
    try {
      watch().add([userId])
      if (presence !== null) outbox.told(presence)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      connection.close(CLOSE.policy, error.message)
    }
  }

  function went(userId: UserId, isWatched: boolean): void {
    const isReached = reach === null || reach.has(userId)
    if (isReached && (!isWatched || isNamed(userId) || has(userId))) return
    watch().remove([userId])
    outbox.gone(userId)
  }

  function follow(groupId: GroupId, isWatched: boolean): ReadonlySet<UserId> {
    const known = following.get(groupId)
    if (known !== undefined) {
      known.isWatched ||= isWatched
      return known.users
    }
    const users = new Set<UserId>()
    const stop = groups.follow(groupId, {
      joined(userId) {
        users.add(userId)
        if (following.get(groupId)?.isWatched) came(userId)
      },
      left(userId) {
        users.delete(userId)
        went(userId, following.get(groupId)?.isWatched === true)
      },
      gone() {
        const isWatched = following.get(groupId)?.isWatched === true
        for (const userId of end(groupId)) went(userId, isWatched)
      },
    })
    following.set(groupId, { users, stop, isWatched })
    return users
  }

  /** Answers who was in it. */
  function end(groupId: GroupId): Iterable<UserId> {
    const ended = following.get(groupId)
    ended?.stop()
    following.delete(groupId)
    return ended?.users ?? []
  }

  /** Those of a limited token that there still are. */
  const ofToken = (): readonly GroupId[] => groups.list({ after: null, limit: Number.MAX_SAFE_INTEGER }).items.map(({ id }) => id)

  const watchAll = (groupIds: Iterable<GroupId>): ReadonlySet<UserId> =>
    new Set([...groupIds].flatMap((groupId) => [...follow(groupId, true)]))

  return {
    watch: (groupIds) => [...watchAll(groupIds)],
    unwatch(groupIds) {
      for (const groupId of groupIds)
        if (following.get(groupId)?.isWatched)
          watch().remove([...end(groupId)].filter((userId) => !isNamed(userId) && !has(userId)))
    },
    everyone() {
      kept = reach?.groups?.users ?? kept
      return [...new Set([...kept, ...watchAll(ofToken())])]
    },
    has,
    mind() {
      for (const groupId of ofToken()) follow(groupId, false)
    },
    stop() {
      for (const { stop } of following.values()) stop()
      following.clear()
    },
  }
}
