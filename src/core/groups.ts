import type { Principal, Reach } from './principal.ts'
import type { Availability, Instant, Presence, UserId } from './vocabulary.ts'

/* Named sets of users: implemented by src/groups. */

export type GroupId = string

export interface Group {
  readonly id: GroupId
  readonly name: string
  /** How many users are in it. */
  readonly members: number
  readonly createdAt: Instant
  readonly updatedAt: Instant
}

/** How many members strangers see in each availability. */
export type GroupCounts = Readonly<Record<Availability, number>>

/** Part of a list; `next` is what the following page comes after, null on the last. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next: string | null
}

export interface PageAsked {
  /** Null: the first page. */
  readonly after: string | null
  readonly limit: number
}

/** Who is in a group: first everybody who is, then who comes and goes, within the change that moves them. Only take note. */
export interface GroupFollower {
  joined(userId: UserId): void
  left(userId: UserId): void
  /** The group is no more. */
  gone(): void
}

/** Who waits until somebody is free: told once of either, from within the telling. */
export interface Waiter {
  /** As strangers see them. */
  free(presence: Presence): void
  /** The group or user is no more, or no longer for this principal to see. */
  gone(): void
}

/** Whom somebody waits for: anyone of a group, or one user. */
export type Awaited = { readonly groupId: GroupId } | { readonly userId: UserId }

/** Who is in which group, for parts that limit themselves to groups. No questions are asked. */
export interface Memberships {
  /** By id, else by name in any case; null: no such group. */
  find(word: string): GroupId | null
  has(groupId: GroupId, userId: UserId): boolean
  /** By id; nobody when there is no such group. */
  membersOf(groupId: GroupId): Iterable<UserId>
  /** These users and whoever is in these groups at the moment. */
  reach(users: readonly UserId[], groupIds: readonly GroupId[]): Reach
}

export interface GroupsService {
  as(principal: Principal): Groups
}

/**
 * Groups as one principal may see and change them; everybody is shown as strangers see them, oneself too (R7). A token that is
 * limited knows the groups that it names. Throws Failure: `not_found` no_such_group, no_such_user, nobody_free · `forbidden`
 * scope_missing, permission_missing · `conflict` taken · `invalid` with the field · `unavailable`.
 */
export interface Groups {
  /** By id, else by name in any case. */
  find(word: string): Group
  /** In the order of their names; with `userId` those that this user is in. */
  list(asked: PageAsked & { readonly userId?: UserId }): Page<Group>
  /** In the order of their ids. */
  members(groupId: GroupId, asked: PageAsked): Page<Presence>
  counts(groupId: GroupId): GroupCounts
  /** Who is online and was not chosen for the longest; unless it is a `peek`, they are the last from now on. */
  firstAvailable(groupId: GroupId, options?: { readonly peek?: boolean }): Presence
  /** Answers how to stop. */
  follow(groupId: GroupId, follower: GroupFollower): () => void
  /** Tells once, now if somebody is free already. Answers how to stop. */
  untilFree(awaited: Awaited, waiter: Waiter): () => void
  create(name: string, members: readonly UserId[]): Promise<Group>
  rename(groupId: GroupId, name: string): Promise<Group>
  remove(groupId: GroupId): Promise<void>
  /** Who is in it already, or not, stays so. Answers how many came and went. */
  changeMembers(groupId: GroupId, change: MembersChange): Promise<{ readonly added: number; readonly removed: number }>
}

export interface MembersChange {
  readonly add?: readonly UserId[]
  readonly remove?: readonly UserId[]
}
