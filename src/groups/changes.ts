import { Failure } from '../core/errors.ts'
import type { Group, GroupId, MembersChange } from '../core/groups.ts'
import type { DirectoryKeys } from '../core/keys.ts'
import type { Subjects, Version, Write } from '../core/ports.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { describe, type GroupInMemory } from './group.ts'
import { GROUP_MEMBERS_MAX, GROUP_NAME_LENGTH_MAX, GROUPS_MAX, GROUPS_OF_USER_MAX, MEMBERS_CHANGED_MAX } from './limits.ts'
import { type MembershipsInMemory, storedMembershipsOf } from './memberships.ts'
import { encode, groupKey, memberKey, NAMES, type StoredMembership } from './stored.ts'

/** Groups made, named, filled and deleted, each in one commit; those of this node one after another. */
export interface Changes {
  create(name: string, members: readonly UserId[]): Promise<Group>
  rename(groupId: GroupId, name: string): Promise<Group>
  remove(groupId: GroupId): Promise<void>
  changeMembers(groupId: GroupId, change: MembersChange): Promise<{ readonly added: number; readonly removed: number }>
}

export interface ChangesParts {
  readonly keys: DirectoryKeys
  readonly memberships: MembershipsInMemory
  readonly subjects: Subjects
  readonly now: () => Instant
  readonly newId: () => string
}

const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} ._@+&'()-]*[\p{L}\p{M}\p{N}.)])?$/u

export function createChanges({ keys, memberships, subjects, now, newId }: ChangesParts): Changes {
  let namesVersion: Version = 0
  let last: Promise<unknown> = Promise.resolve()
  keys.hold(NAMES, (_name, value, version) => {
    namesVersion = value === null ? 0 : version
  })

  /** So that no change is refused for what another one of this node does, and bounds are exact on it. */
  function inTurn<Answer>(plan: () => { readonly writes: readonly Write[]; readonly answer: Answer }): Promise<Answer> {
    const turn = last.then(() => keys.change(plan))
    last = turn.catch(() => null)
    return turn
  }

  const named = (): Write => ({ key: NAMES, value: Buffer.from(JSON.stringify({ at: now() })), expects: namesVersion })

  function assertFree(name: string, own?: GroupInMemory): void {
    const other = memberships.named(name) ?? memberships.group(name)
    if (other === undefined || other === own) return
    throw new Failure('conflict', `A group named "${name}" exists.`, { reason: 'taken', field: 'name' })
  }

  function adding(groupId: GroupId, userId: UserId): Write[] {
    if (subjects.slotOf(userId) < 0)
      throw new Failure('not_found', `There is no user "${userId}".`, { reason: 'no_such_user', field: 'add' })
    const before = memberships.of(userId)
    if (before.some(({ group }) => group.id === groupId)) return []
    if (before.length >= GROUPS_OF_USER_MAX)
      throw new Failure('invalid', `A user may be in at most ${GROUPS_OF_USER_MAX} groups; ${userId} is.`, { field: 'add' })
    return [write(userId, [...storedMembershipsOf(before), [groupId, now()]])]
  }

  function removing(groupId: GroupId, userId: UserId): Write[] {
    const before = memberships.of(userId)
    const after = before.filter(({ group }) => group.id !== groupId)
    return after.length === before.length ? [] : [write(userId, storedMembershipsOf(after))]
  }

  function write(userId: UserId, stored: readonly StoredMembership[]): Write {
    const value = stored.length === 0 ? null : encode(stored)
    return { key: memberKey(userId), value, expects: memberships.versionOf(userId) }
  }

  function existing(groupId: GroupId): GroupInMemory {
    const group = memberships.group(groupId)
    if (group === undefined) throw noSuchGroup(groupId)
    return group
  }

  const read = (groupId: GroupId): Group => describe(existing(groupId))

  return {
    async create(given, members) {
      const name = nameOf(given)
      assertFew(members.length)
      const id = newId()
      await inTurn(() => {
        if (memberships.groups.size >= GROUPS_MAX)
          throw new Failure('invalid', `There may be at most ${GROUPS_MAX} groups.`, { field: 'name' })
        assertFree(name)
        const stored = { name, createdAt: now(), updatedAt: now() }
        const joining = [...new Set(members)].flatMap((userId) => adding(id, userId))
        return { writes: [named(), { key: groupKey(id), value: encode(stored), expects: 0 }, ...joining], answer: null }
      })
      return read(id)
    },
    async rename(groupId, given) {
      const name = nameOf(given)
      await inTurn(() => {
        const group = existing(groupId)
        assertFree(name, group)
        if (group.stored.name === name) return { writes: [], answer: null }
        const value = encode({ ...group.stored, name, updatedAt: now() })
        return { writes: [named(), { key: groupKey(groupId), value, expects: group.version }], answer: null }
      })
      return read(groupId)
    },
    remove: (groupId) =>
      inTurn(() => {
        const { version } = existing(groupId)
        return { writes: [{ key: groupKey(groupId), value: null, expects: version }], answer: undefined }
      }),
    async changeMembers(groupId, { add = [], remove = [] }) {
      const [coming, going] = [new Set(add), new Set(remove)]
      assertFew(coming.size + going.size)
      for (const userId of going)
        if (coming.has(userId)) throw new Failure('invalid', `${userId} cannot both come and go.`, { field: 'remove' })
      return inTurn(() => {
        const { members } = existing(groupId)
        const joining = [...coming].flatMap((userId) => adding(groupId, userId))
        const leaving = [...going].flatMap((userId) => removing(groupId, userId))
        if (joining.length > 0 && members.length + joining.length - leaving.length > GROUP_MEMBERS_MAX)
          throw new Failure('invalid', `A group has at most ${GROUP_MEMBERS_MAX} members.`, { field: 'add' })
        return { writes: [...joining, ...leaving], answer: { added: joining.length, removed: leaving.length } }
      })
    },
  }
}

export function noSuchGroup(word: string): Failure {
  return new Failure('not_found', `There is no group "${word.slice(0, GROUP_NAME_LENGTH_MAX)}".`, {
    reason: 'no_such_group',
    field: 'group',
  })
}

function nameOf(given: string): string {
  const name = given.normalize('NFC')
  if (NAME.test(name) && name.length <= GROUP_NAME_LENGTH_MAX) return name
  const right = `letters, digits, spaces or any of . _ @ + & ' ( ) -, beginning with a letter or digit, without a space at its end`
  throw new Failure('invalid', `name must be 1 to ${GROUP_NAME_LENGTH_MAX} ${right}.`, { field: 'name' })
}

function assertFew(users: number): void {
  if (users <= MEMBERS_CHANGED_MAX) return
  throw new Failure('invalid', `One change names at most ${MEMBERS_CHANGED_MAX} users.`, { field: 'add' })
}
