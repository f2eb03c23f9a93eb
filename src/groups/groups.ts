import type { Audit } from '../core/audit.ts'
import type { GroupsService, Memberships } from '../core/groups.ts'
import type { DirectoryKeys } from '../core/keys.ts'
import type { Ledger, Subjects, Version } from '../core/ports.ts'
import { type Reach, STRANGER } from '../core/principal.ts'
import type { Log, PresenceService } from '../core/service.ts'
import type { Presence, UserId } from '../core/vocabulary.ts'
import { createChanges } from './changes.ts'
import { createMemberships, type MembershipsInMemory, storedMembershipsOf } from './memberships.ts'
import { createService } from './service.ts'
import { createSettling } from './settling.ts'
import { inSlices } from './slices.ts'
import { encode, GROUP, MEMBER, memberKey } from './stored.ts'
import { createWaiting } from './waiting.ts'

export interface GroupsParts {
  readonly ledger: Ledger
  /** Where its keys are; they are held from here on, so that it is made before anything is loaded. */
  readonly keys: DirectoryKeys
  readonly subjects: Subjects
  readonly presence: PresenceService
  readonly newId: () => string
  readonly log: Pick<Log, 'error'>
  /** Absent: nothing is audited. */
  readonly audit?: Audit
}

/** Named sets of users: who is in them, in memory over the directory's partition, and how they are, by what the engine tells. */
export interface GroupsOfWorkspace {
  readonly service: GroupsService
  readonly memberships: Memberships
  /** Takes up what was loaded, in slices, once presence can be read; nothing of groups is true before it resolves. */
  start(): Promise<void>
  close(): Promise<void>
}

export function createGroups({ ledger, keys, subjects, presence, newId, log, audit = () => [] }: GroupsParts): GroupsOfWorkspace {
  const { view } = presence.as(STRANGER, 'groups')
  const now = () => ledger.now()
  const waiting = createWaiting()
  const settling = createSettling({ keys, log, write: (userId) => writeOf(userId) })
  const memberships = createMemberships({
    subjects,
    seen: (userId) => view.get(userId),
    onFree: waiting.free,
    unsettled: settling.add,
    onGroupGone: waiting.groupGone,
  })
  const changes = createChanges({ keys, memberships, subjects, audit, now, newId })
  /** Members whose users or groups may not have been loaded yet; null: all is loaded. */
  let loaded: Map<UserId, { readonly value: Uint8Array | null; readonly version: Version }> | null = new Map()

  keys.hold(GROUP, memberships.putGroup)
  keys.hold(MEMBER, (userId, value, version) => {
    if (loaded === null) memberships.putMember(userId, value, version)
    else loaded.set(userId, { value, version })
  })

  function writeOf(userId: UserId) {
    const held = memberships.of(userId)
    const value = held.length === 0 ? null : encode(storedMembershipsOf(held))
    return { key: memberKey(userId), value, expects: memberships.versionOf(userId) }
  }

  function told(seen: Presence): void {
    memberships.note(seen.userId, seen.availability)
    if (seen.availability === 'online') waiting.free(seen, memberships.of(seen.userId))
  }

  /** After everybody is told: those who see the user through a group hear of it too. */
  function gone(userId: UserId): void {
    waiting.userGone(userId)
    queueMicrotask(() => memberships.forget(userId))
  }

  const watch = view.watch({ told, gone })
  return {
    service: createService({ memberships, changes, waiting, settling, see: (userId) => view.get(userId), now }),
    memberships: outwards(memberships),
    async start() {
      watch.everyone(true)
      await inSlices(loaded ?? [], ([userId, { value, version }]) => {
        memberships.putMember(userId, value, version)
        loaded?.delete(userId)
      })
      loaded = null
    },
    async close() {
      watch.stop()
      await settling.close()
    },
  }
}

/** What other parts may ask of memberships. */
function outwards(memberships: MembershipsInMemory): Memberships {
  const has = (groupId: string, userId: UserId): boolean => memberships.of(userId).some(({ group }) => group.id === groupId)

  function* membersOf(groupId: string): Generator<UserId, void> {
    for (const { userId } of memberships.group(groupId)?.members ?? []) yield userId
  }

  function reach(named: readonly UserId[], groupIds: readonly string[]): Reach {
    const [users, ids] = [new Set(named), new Set(groupIds)]
    return {
      has: (userId) => users.has(userId) || memberships.of(userId).some(({ group }) => ids.has(group.id)),
      *[Symbol.iterator]() {
        yield* new Set([...users, ...[...ids].flatMap((groupId) => [...membersOf(groupId)])])
      },
      groups: { ids, users, mark: () => [...ids].map((groupId) => memberships.group(groupId)?.mark.join() ?? '').join(';') },
    }
  }

  return {
    find: (word) => (memberships.group(word) ?? memberships.named(word))?.id ?? null,
    has,
    membersOf,
    reach,
  }
}
