import type { Group, GroupFollower, GroupId } from '../core/groups.ts'
import type { Version } from '../core/ports.ts'
import { AVAILABILITIES, type Availability, type Instant, type UserId } from '../core/vocabulary.ts'
import { createTurns, type Turns } from './turns.ts'

/** What the ledger keeps of a group itself. */
export interface StoredGroup {
  readonly name: string
  readonly createdAt: Instant
  readonly updatedAt: Instant
}

/** One user in one group. */
export interface Membership {
  readonly group: GroupInMemory
  readonly userId: UserId
  readonly since: Instant
  /** When this member was last chosen; 0: never. */
  chosenAt: Instant
  /** As strangers were last told. */
  availability: Availability
  /** In the group's turns; -1: not online. */
  place: number
}

/** A group with its members as they are now. */
export interface GroupInMemory {
  readonly id: GroupId
  stored: StoredGroup
  version: Version
  /** In the order of the users' ids. */
  readonly members: Membership[]
  readonly counts: Record<Availability, number>
  readonly turns: Turns
  /** Of the last choice; grows with each, also within one ms. */
  chosenAt: Instant
  readonly followers: Set<GroupFollower>
  /** What the members' ids come to, in any order. */
  readonly mark: Uint32Array
}

export function emptyGroup(id: GroupId, stored: StoredGroup, version: Version): GroupInMemory {
  const counts = Object.fromEntries(AVAILABILITIES.map((availability) => [availability, 0])) as Record<Availability, number>
  const [members, followers] = [[], new Set<GroupFollower>()]
  return { id, stored, version, members, counts, turns: createTurns(), chosenAt: 0, followers, mark: new Uint32Array(2) }
}

export function enter(membership: Membership): void {
  const { group, availability, chosenAt } = membership
  group.members.splice(placeOf(group, membership.userId), 0, membership)
  group.counts[availability]++
  group.chosenAt = Math.max(group.chosenAt, chosenAt)
  if (availability === 'online') group.turns.add(membership)
  stamp(group.mark, membership.userId)
}

export function leave(membership: Membership): void {
  const { group } = membership
  group.members.splice(placeOf(group, membership.userId), 1)
  group.counts[membership.availability]--
  group.turns.remove(membership)
  stamp(group.mark, membership.userId)
}

/** Where a user is among the members, or would be. */
export function placeOf({ members }: GroupInMemory, userId: UserId): number {
  let [from, to] = [0, members.length]
  // Loaded in the order of the ids, each comes last.
  if (to === 0 || (members[to - 1]?.userId ?? '') < userId) return to
  while (from < to) {
    const middle = (from + to) >> 1
    if ((members[middle]?.userId ?? '') < userId) from = middle + 1
    else to = middle
  }
  return from
}

export function shown(membership: Membership, availability: Availability): void {
  const { group } = membership
  group.counts[membership.availability]--
  group.counts[availability]++
  membership.availability = availability
  if (availability === 'online') group.turns.add(membership)
  else group.turns.remove(membership)
}

/** From now on this member is the last; `at` is now. */
export function choose(membership: Membership, at: Instant): void {
  const { group } = membership
  chosen(membership, Math.max(at, group.chosenAt + 1))
}

export function chosen(membership: Membership, at: Instant): void {
  const { group } = membership
  const isOnline = membership.place >= 0
  group.turns.remove(membership)
  membership.chosenAt = at
  group.chosenAt = Math.max(group.chosenAt, at)
  if (isOnline) group.turns.add(membership)
}

export function describe({ id, stored: { name, createdAt, updatedAt }, members }: GroupInMemory): Group {
  return { id, name, members: members.length, createdAt, updatedAt }
}

/** Two FNV-1a hashes of an id, added without carry: the same stamp again takes it away. */
function stamp(mark: Uint32Array, userId: UserId): void {
  let [one, other] = [0x811c9dc5, 0x9747b28c]
  for (let i = 0; i < userId.length; i++) {
    one = Math.imul(one ^ userId.charCodeAt(i), 0x01000193)
    other = Math.imul(other ^ userId.charCodeAt(i), 0x5bd1e995)
  }
  mark[0] = (mark[0] ?? 0) ^ one
  mark[1] = (mark[1] ?? 0) ^ other ^ (other >>> 15)
}
