import type { GroupId, GroupsService } from '../../core/groups.ts'
import type { Principal } from '../../core/principal.ts'
import type { Changes, PresenceView, Watch } from '../../core/service.ts'
import type { Presence, UserId } from '../../core/vocabulary.ts'
import type { Connection } from '../../realtime/connection.ts'
import type { Fanout } from '../../realtime/fanout.ts'
import type { Outbox } from '../../realtime/outbox.ts'
import { pour } from '../../realtime/pour.ts'
import type { Ring, RingPlace } from '../../realtime/ring.ts'
import { createFollowed, type Followed } from './followed.ts'
import type { Named, SnapshotOf, Voice } from './voices.ts'

/** What one connection is told of whom. */
export interface Feed {
  /**
   * These too; with a cursor only what differs since. `unknown` are words for nobody, `named` says whom other words than ids
   * mean. Throws Failure `invalid`, `forbidden`.
   */
  watch(userIds: readonly UserId[], unknown: readonly string[], since: string | null, named?: Named): void
  unwatch(userIds: readonly UserId[]): void
  /** Whoever is in these groups, from a snapshot on, also as that changes. Throws as `watch`, and Failure `not_found`. */
  watchGroups(groupIds: readonly GroupId[]): void
  unwatchGroups(groupIds: readonly GroupId[]): void
  /** Everyone, whoever was watched before. */
  everyone(since: string | null): void
  /** Nobody any more. */
  nobody(): void
  /** The last that was sent; null: none yet. */
  cursor(): string | null
  stop(): void
}

export interface FeedParts {
  readonly connection: Connection
  readonly principal: Principal
  readonly view: PresenceView
  readonly groups: GroupsService
  readonly fanout: Fanout
  readonly voice: Voice
  readonly ring: Ring
}

export function createFeed({ connection, principal, view, groups, fanout, voice, ring }: FeedParts): Feed {
  const { userId: self, reach } = principal
  let cursor: string | null = null
  let place: RingPlace | null = null
  let ofEveryone = false
  /** Watched by name, whatever groups they are in. */
  const named = new Set<UserId>()
  /** Made with the first group. */
  let followed: Followed | null = null

  const outbox: Outbox = fanout.outbox({ connection, encode })
  let watch: Watch = view.watch(outbox)

  /** Where everyone is read, the cursor comes with the ring: the outbox only knows of oneself then. */
  function encode(presences: readonly Presence[], gone: readonly UserId[], last: boolean): Buffer[] {
    const frames = [...presences.map(voice.presence), ...gone.map(voice.removed)]
    return last && !ofEveryone ? [...frames, reached(watch.cursor())] : frames
  }

  function remember(text: string): void {
    cursor = text
  }

  function reached(text: string): Buffer {
    remember(text)
    return voice.cursor(text)
  }

  /** Asked before anything is changed, as it throws. */
  const changesSince = (since: string | null): Changes | null => (since === null ? null : view.changesSince(since))

  /** Null: what follows is a snapshot, told as such. */
  function differences(changes: Changes | null, of: SnapshotOf): Changes | null {
    if (changes !== null && !changes.full) return changes
    connection.write([...(changes === null ? [] : [voice.reset()]), voice.snapshot(of)])
    return null
  }

  function watchUsers(userIds: readonly UserId[], since: string | null, of: SnapshotOf): void {
    // Whoever hears of everyone hears of these.
    if (ofEveryone) return
    const known = changesSince(since)
    watch.add(userIds)
    const changes = differences(known, of)
    const asked = new Set(userIds)
    const presences = changes?.presences ?? view.many(userIds)
    for (const presence of presences) if (presence !== null && asked.has(presence.userId)) outbox.told(presence)
    for (const userId of changes?.removed ?? []) if (asked.has(userId)) outbox.gone(userId)
    if (outbox.size() === 0) connection.write([reached(watch.cursor())])
  }

  function watchEveryone(since: string | null): void {
    const known = changesSince(since)
    nobody()
    ofEveryone = true
    const changes = differences(known, { everyone: true }) ?? view.changesSince(null)
    const mine = ring.join(connection, { self, reached: remember })
    place = mine
    pour(connection, framesOf(changes), () => {
      if (place !== mine) return
      mine.start()
      watch.add([self])
      ownTold()
    })
  }

  function* framesOf({ presences, removed, cursor: reachedAt }: Changes): Generator<Buffer, void> {
    for (const presence of presences) yield voice.presence(presence)
    for (const userId of removed) yield voice.removed(userId)
    yield reached(reachedAt)
  }

  function ownTold(): void {
    const own = view.get(self)
    if (own !== null) outbox.told(own)
  }

  function follow(): Followed {
    const isNamed = (userId: UserId): boolean => named.has(userId)
    const parts = { connection, principal, view, outbox, groups: groups.as(principal), watch: () => watch, isNamed }
    followed ??= createFollowed(parts)
    return followed
  }

  function nobody(): void {
    ofEveryone = false
    named.clear()
    followed?.stop()
    followed = null
    place?.leave()
    place = null
    watch.stop()
    watch = view.watch(outbox)
  }

  return {
    watch(userIds, unknown, since, words) {
      if (reach?.groups !== undefined) follow().mind()
      watchUsers(userIds, since, { users: userIds, unknown, ...(words && { named: words }) })
      if (!ofEveryone) for (const userId of userIds) named.add(userId)
    },
    unwatch(userIds) {
      for (const userId of userIds) named.delete(userId)
      watch.remove(userIds.filter((userId) => followed?.has(userId) !== true))
    },
    watchGroups(groupIds) {
      if (ofEveryone) return
      const userIds = follow().watch(groupIds)
      try {
        watchUsers(userIds, null, { users: userIds, unknown: [], groups: groupIds })
      } catch (error) {
        followed?.unwatch(groupIds)
        throw error
      }
    },
    unwatchGroups: (groupIds) => followed?.unwatch(groupIds),
    everyone(since) {
      if (reach === null) watchEveryone(since)
      else if (reach.groups === undefined) watchUsers([...reach], since, { users: [...reach], unknown: [] })
      else watchUsers(follow().everyone(), null, { everyone: true })
    },
    nobody,
    cursor: () => cursor,
    stop() {
      place?.leave()
      place = null
      followed?.stop()
      watch.stop()
      outbox.stop()
    },
  }
}
