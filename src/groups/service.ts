import { Failure } from '../core/errors.ts'
import type { Awaited, Groups, GroupsService, Waiter } from '../core/groups.ts'
import type { Principal } from '../core/principal.ts'
import type { Instant, Presence, UserId } from '../core/vocabulary.ts'
import { type Changes, noSuchGroup } from './changes.ts'
import { choose, describe, type GroupInMemory, placeOf } from './group.ts'
import type { MembershipsInMemory } from './memberships.ts'
import type { Settling } from './settling.ts'
import { fold } from './stored.ts'
import type { Waiting } from './waiting.ts'

export interface ServiceParts {
  readonly memberships: MembershipsInMemory
  readonly changes: Changes
  readonly waiting: Waiting
  readonly settling: Settling
  /** As strangers do; null: no such user. */
  readonly see: (userId: UserId) => Presence | null
  readonly now: () => Instant
}

/** Groups, bound to who asks: once, as long as the principal is the same object. */
export function createService(parts: ServiceParts): GroupsService {
  const bound = new WeakMap<Principal, Groups>()
  return {
    as(principal) {
      const known = bound.get(principal)
      if (known !== undefined) return known
      const made = createBound(parts, principal)
      bound.set(principal, made)
      return made
    },
  }
}

function createBound({ memberships, changes, waiting, settling, see, now }: ServiceParts, principal: Principal): Groups {
  /** A limited token sees the groups that it names. */
  function visible(group: GroupInMemory | undefined, word: string): GroupInMemory {
    assertReads(principal)
    if (group === undefined || !isVisible(group, principal)) throw noSuchGroup(word)
    return group
  }

  const groupOf = (groupId: string): GroupInMemory => visible(memberships.group(groupId), groupId)

  /** Whose turn it is. Who is not online any more, though nobody was told yet, is passed over. */
  function first(group: GroupInMemory): Presence | null {
    for (;;) {
      const userId = group.turns.first?.userId
      if (userId === undefined) return null
      const presence = see(userId)
      if (presence?.availability === 'online') return presence
      memberships.note(userId, presence?.availability ?? 'offline')
    }
  }

  function freeNow(awaited: Awaited): Presence | null {
    if ('groupId' in awaited) return first(groupOf(awaited.groupId))
    assertReads(principal)
    const presence = (principal.reach?.has(awaited.userId) ?? true) ? see(awaited.userId) : null
    if (presence === null) throw new Failure('not_found', 'There is no such user.', { reason: 'no_such_user', field: 'user' })
    return presence.availability === 'online' ? presence : null
  }

  return {
    find: (word) => describe(visible(memberships.group(word) ?? memberships.named(word), word)),
    list({ after, limit, userId }) {
      assertReads(principal)
      const all = userId === undefined ? named() : memberships.of(userId).map(({ group }) => group)
      const seen = all.filter((group) => isVisible(group, principal)).map((group) => ({ group, name: fold(group.stored.name) }))
      const rest = seen
        .filter(({ name }) => after === null || name > after)
        .sort((one, other) => (one.name < other.name ? -1 : 1))
      const page = rest.slice(0, limit)
      return { items: page.map(({ group }) => describe(group)), next: rest.length > limit ? (page.at(-1)?.name ?? null) : null }
    },
    members(groupId, { after, limit }) {
      const group = groupOf(groupId)
      const from = after === null ? 0 : placeOf(group, after)
      const start = group.members[from]?.userId === after ? from + 1 : from
      const page = group.members.slice(start, start + limit)
      const next = start + limit < group.members.length ? (page.at(-1)?.userId ?? null) : null
      return { items: page.flatMap(({ userId }) => see(userId) ?? []), next }
    },
    counts: (groupId) => ({ ...groupOf(groupId).counts }),
    firstAvailable(groupId, { peek = false } = {}) {
      const group = groupOf(groupId)
      if (!peek) assertChooses(principal)
      const presence = first(group)
      if (presence === null)
        throw new Failure('not_found', `Nobody in "${group.stored.name}" is online.`, { reason: 'nobody_free' })
      if (!peek && group.turns.first !== null) {
        choose(group.turns.first, now())
        settling.add(presence.userId)
      }
      return presence
    },
    follow(groupId, follower) {
      const { followers, members } = groupOf(groupId)
      for (const { userId } of members) follower.joined(userId)
      followers.add(follower)
      return () => void followers.delete(follower)
    },
    untilFree(awaited, waiter) {
      const presence = freeNow(awaited)
      if (presence === null) return waiting.add(awaited, guarded(awaited, waiter))
      waiter.free(presence)
      return () => {}
    },
    async create(name, members) {
      assertManages(principal)
      return changes.create(principal.by, name, members)
    },
    async rename(groupId, name) {
      assertManages(principal)
      return changes.rename(principal.by, groupId, name)
    },
    async remove(groupId) {
      assertManages(principal)
      await changes.remove(principal.by, groupId)
    },
    async changeMembers(groupId, change) {
      assertManages(principal)
      return changes.changeMembers(principal.by, groupId, change)
    },
  }

  /** All, or those that the token names. */
  function named(): readonly GroupInMemory[] {
    const ids = principal.reach?.groups?.ids
    return ids === undefined ? [...memberships.groups.values()] : [...ids].flatMap((id) => memberships.group(id) ?? [])
  }

  /** A user may have left the reach of a token by the time they are free. */
  function guarded(awaited: Awaited, waiter: Waiter): Waiter {
    const { reach } = principal
    if (reach === null || 'groupId' in awaited) return waiter
    return { ...waiter, free: (presence) => (reach.has(awaited.userId) ? waiter.free(presence) : waiter.gone()) }
  }
}

const isVisible = ({ id }: GroupInMemory, { reach }: Principal): boolean => reach === null || reach.groups?.ids.has(id) === true

/** Throws Failure `forbidden` scope_missing. */
function assertReads({ scopes }: Principal): void {
  if (!scopes.has('presence:read'))
    throw new Failure('forbidden', 'The token lacks the scope presence:read.', { reason: 'scope_missing' })
}

/** Who visits a page moves nobody's turn. */
function assertChooses({ origins }: Principal): void {
  if (origins !== null)
    throw new Failure('forbidden', 'A token that is limited to origins may look whose turn it is, and not choose.', {
      reason: 'scope_missing',
    })
}

/** A token that is limited to groups would widen itself by changing them. */
function assertManages({ scopes, permissions, reach }: Principal): void {
  if (!scopes.has('admin') || reach !== null)
    throw new Failure('forbidden', 'This needs a token with the scope admin that is not limited to users or groups.', {
      reason: 'scope_missing',
    })
  if (!permissions.has('manage-groups'))
    throw new Failure('forbidden', 'This needs the permission manage-groups.', { reason: 'permission_missing' })
}
