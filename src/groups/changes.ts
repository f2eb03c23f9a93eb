import type { Audit, AuditEntry } from '../core/audit.ts'
import { Failure } from '../core/errors.ts'
import type { Group, GroupId, MembersChange } from '../core/groups.ts'
import type { DirectoryKeys, Plan } from '../core/keys.ts'
import type { Subjects, Version, Write } from '../core/ports.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { describe, type GroupInMemory } from './group.ts'
import { GROUP_MEMBERS_MAX, GROUP_NAME_LENGTH_MAX, GROUPS_MAX, GROUPS_OF_USER_MAX, MEMBERS_CHANGED_MAX } from './limits.ts'
import { type MembershipsInMemory, storedMembershipsOf } from './memberships.ts'
import { encode, groupKey, memberKey, NAMES, type StoredMembership } from './stored.ts'

/** Groups made, named, filled and deleted, each in one commit; those of this node one after another. `by`: whose deed it is. */
export interface Changes {
  create(by: string, name: string, members: readonly UserId[]): Promise<Group>
  rename(by: string, groupId: GroupId, name: string): Promise<Group>
  remove(by: string, groupId: GroupId): Promise<void>
  changeMembers(
    by: string,
    groupId: GroupId,
    change: MembersChange,
  ): Promise<{ readonly added: number; readonly removed: number }>
}

export interface ChangesParts {
  readonly keys: DirectoryKeys
  readonly memberships: MembershipsInMemory
  readonly subjects: Subjects
  readonly audit: Audit
  readonly now: () => Instant
  readonly newId: () => string
}

const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} ._@+&'()-]*[\p{L}\p{M}\p{N}.)])?$/u

export function createChanges({ keys, memberships, subjects, audit, now, newId }: ChangesParts): Changes {
  let namesVersion: Version = 0
  let last: Promise<unknown> = Promise.resolve()
  keys.hold(NAMES, (_name, value, version) => {
    namesVersion = value === null ? 0 : version
  })

  /** So that no change is refused for what another one of this node does, and bounds are exact on it. */
  function inTurn<Answer>(plan: () => Plan<Answer>): Promise<Answer> {
    const turn = last.then(() => keys.change(plan))
    last = turn.catch(() => null)
    return turn
  }

  const told = (entry: AuditEntry) => ({ appends: audit(entry, now()) })

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
    async create(by, given, members) {
      const name = nameOf(given)
      assertFew(members.length)
      const id = newId()
      await inTurn(() => {
        if (memberships.groups.size >= GROUPS_MAX)
          throw new Failure('invalid', `There may be at most ${GROUPS_MAX} groups.`, { field: 'name' })
        assertFree(name)
        const stored = { name, createdAt: now(), updatedAt: now() }
        const joining = [...new Set(members)].flatMap((userId) => adding(id, userId))
        const writes = [named(), { key: groupKey(id), value: encode(stored), expects: 0 }, ...joining]
        return { writes, answer: null, ...told({ kind: 'group.created', by, target: id, details: { name, members } }) }
      })
      return read(id)
    },
    async rename(by, groupId, given) {
      const name = nameOf(given)
      await inTurn(() => {
        const group = existing(groupId)
        assertFree(name, group)
        if (group.stored.name === name) return { writes: [], answer: null }
        const value = encode({ ...group.stored, name, updatedAt: now() })
        const details = { name: { from: group.stored.name, to: name } }
        const writes = [named(), { key: groupKey(groupId), value, expects: group.version }]
        return { writes, answer: null, ...told({ kind: 'group.changed', by, target: groupId, details }) }
      })
      return read(groupId)
    },
    remove: (by, groupId) =>
      inTurn(() => {
        const { version, stored } = existing(groupId)
        const writes = [{ key: groupKey(groupId), value: null, expects: version }]
        const details = { name: stored.name }
        return { writes, answer: undefined, ...told({ kind: 'group.deleted', by, target: groupId, details }) }
      }),
    async changeMembers(by, groupId, { add = [], remove = [] }) {
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
        const writes = [...joining, ...leaving]
        const answer = { added: joining.length, removed: leaving.length }
        if (writes.length === 0) return { writes, answer }
        const details = { added: joining.map(userIn), removed: leaving.map(userIn) }
        return { writes, answer, ...told({ kind: 'group.members-changed', by, target: groupId, details }) }
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

const userIn = ({ key }: Write): UserId => key.slice(memberKey('').length)

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
