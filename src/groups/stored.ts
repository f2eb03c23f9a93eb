import type { GroupId } from '../core/groups.ts'
import type { UserId } from '../core/vocabulary.ts'
import type { Membership, StoredGroup } from './group.ts'

/** The kinds of keys that groups have in the directory's partition. */
export const GROUP = 'group'
export const MEMBER = 'member'
/** Written by every commit that names a group, so that no two nodes give one name twice. */
export const NAMES = 'groups'

/** One membership as kept with its user: group, since when, and when last chosen, if ever. */
export type StoredMembership = readonly [groupId: GroupId, since: number, chosenAt?: number]

export const groupKey = (groupId: GroupId): string => `${GROUP}/${groupId}`

export const memberKey = (userId: UserId): string => `${MEMBER}/${userId}`

export const encode = (value: StoredGroup | readonly StoredMembership[]): Buffer => Buffer.from(JSON.stringify(value))

export function decodeGroup(value: Uint8Array): StoredGroup {
  return JSON.parse(Buffer.from(value).toString())
}

export function decodeMemberships(value: Uint8Array | null): readonly StoredMembership[] {
  return value === null ? [] : JSON.parse(Buffer.from(value).toString())
}

export function storedOf({ group, since, chosenAt }: Membership): StoredMembership {
  return chosenAt === 0 ? [group.id, since] : [group.id, since, chosenAt]
}

/** Names are told apart without regard to case. */
export const fold = (name: string): string => name.normalize('NFC').toLowerCase()
