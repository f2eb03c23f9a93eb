import type { GroupId } from '../core/groups.ts'
import type { Subjects, Version } from '../core/ports.ts'
import type { Availability, Instant, Presence, UserId } from '../core/vocabulary.ts'
import { chosen, emptyGroup, enter, type GroupInMemory, leave, type Membership, shown } from './group.ts'
import { inSlices } from './slices.ts'
import { decodeGroup, decodeMemberships, fold, type StoredMembership, storedOf } from './stored.ts'

/** Groups and who is in them, in memory, as the ledger keeps them. */
export interface MembershipsInMemory {
  putGroup(groupId: GroupId, value: Uint8Array | null, version: Version): void
  putMember(userId: UserId, value: Uint8Array | null, version: Version): void
  /** The user was removed: what they were in, a later user of that id is not. */
  forget(userId: UserId): void
  /** Strangers see something else of a user. */
  note(userId: UserId, availability: Availability): void
  group(groupId: GroupId): GroupInMemory | undefined
  named(name: string): GroupInMemory | undefined
  readonly groups: ReadonlyMap<GroupId, GroupInMemory>
  of(userId: UserId): readonly Membership[]
  /** Of what is kept with the user; 0: nothing is. */
  versionOf(userId: UserId): Version
}

export interface MembershipsParts {
  readonly subjects: Subjects
  /** As strangers see a user now; null: no such user. */
  readonly seen: (userId: UserId) => Presence | null
  /** Somebody who is online has come into a group. */
  readonly onFree: (presence: Presence, memberships: readonly Membership[]) => void
  /** The ledger keeps something else of this user than memory has: it is written behind. */
  readonly unsettled: (userId: UserId) => void
  readonly onGroupGone: (groupId: GroupId) => void
}

interface Held {
  readonly version: Version
  readonly memberships: readonly Membership[]
}

const NOTHING: Held = { version: 0, memberships: [] }

/**
 * What is kept of nobody, of an earlier user of the same id or of a group that is no more counts for nothing: users and groups
 * are deleted by one key, and what named them is written behind.
 */
export function createMemberships({ subjects, seen, onFree, unsettled, onGroupGone }: MembershipsParts): MembershipsInMemory {
  const groups = new Map<GroupId, GroupInMemory>()
  const byName = new Map<string, GroupInMemory>()
  const users = new Map<UserId, Held>()

  function take(userId: UserId, stored: readonly StoredMembership[], version: Version): void {
    const before = users.get(userId) ?? NOTHING
    const memberships = stored.filter(([, since]) => isTheirs(userId, since)).flatMap((one) => taken(userId, one, before) ?? [])
    if (version === 0 && memberships.length === 0) users.delete(userId)
    else users.set(userId, { version, memberships })
    for (const membership of before.memberships) if (!memberships.includes(membership)) depart(membership)
    for (const membership of memberships) if (!before.memberships.includes(membership)) arrive(membership)
    const isSettled =
      memberships.length === stored.length && memberships.every((one, i) => one.chosenAt === (stored[i]?.[2] ?? 0))
    if (!isSettled) unsettled(userId)
  }

  function isTheirs(userId: UserId, since: Instant): boolean {
    const slot = subjects.slotOf(userId)
    return slot >= 0 && since >= subjects.createdAt(slot)
  }

  /** The same membership stays the same object, with the later of both choices. Undefined: the group is no more. */
  function taken(userId: UserId, [groupId, since, chosenAt = 0]: StoredMembership, before: Held): Membership | undefined {
    const group = groups.get(groupId)
    const known = before.memberships.find((one) => one.group === group && one.since === since)
    if (known !== undefined && chosenAt > known.chosenAt) chosen(known, chosenAt)
    return known ?? (group && { group, userId, since, chosenAt, availability: 'offline', place: -1 })
  }

  function arrive(membership: Membership): void {
    const { group, userId } = membership
    const presence = seen(userId)
    membership.availability = presence?.availability ?? 'offline'
    enter(membership)
    for (const follower of group.followers) follower.joined(userId)
    if (presence?.availability === 'online') onFree(presence, [membership])
  }

  const isThere = ({ group }: Membership): boolean => groups.get(group.id) === group

  function depart(membership: Membership): void {
    if (!isThere(membership)) return
    leave(membership)
    for (const follower of membership.group.followers) follower.left(membership.userId)
  }

  function drop(group: GroupInMemory): void {
    groups.delete(group.id)
    if (byName.get(fold(group.stored.name)) === group) byName.delete(fold(group.stored.name))
    void inSlices(group.members, ({ userId }) => {
      const { version, memberships } = users.get(userId) ?? NOTHING
      users.set(userId, { version, memberships: memberships.filter((one) => one.group !== group) })
      unsettled(userId)
    })
    for (const follower of group.followers) follower.gone()
    onGroupGone(group.id)
  }

  return {
    putGroup(groupId, value, version) {
      const known = groups.get(groupId)
      if (value === null) return known && drop(known)
      const stored = decodeGroup(value)
      const group = known ?? emptyGroup(groupId, stored, version)
      byName.delete(fold(group.stored.name))
      group.stored = stored
      group.version = version
      byName.set(fold(group.stored.name), group)
      groups.set(groupId, group)
    },
    putMember: (userId, value, version) => take(userId, decodeMemberships(value), value === null ? 0 : version),
    forget(userId) {
      const { version, memberships } = users.get(userId) ?? NOTHING
      const theirs = memberships.filter(({ since }) => isTheirs(userId, since))
      if (theirs.length === memberships.length) return
      take(userId, theirs.map(storedOf), version)
      unsettled(userId)
    },
    note(userId, availability) {
      for (const membership of users.get(userId)?.memberships ?? [])
        if (membership.availability !== availability) shown(membership, availability)
    },
    group: (groupId) => groups.get(groupId),
    named: (name) => byName.get(fold(name)),
    groups,
    of: (userId) => users.get(userId)?.memberships.filter(isThere) ?? [],
    versionOf: (userId) => users.get(userId)?.version ?? 0,
  }
}

/** What the ledger is to keep of a user. */
export function storedMembershipsOf(memberships: readonly Membership[]): readonly StoredMembership[] {
  return memberships.map(storedOf)
}
