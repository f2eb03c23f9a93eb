import type { Awaited, GroupId, Waiter } from '../core/groups.ts'
import type { Presence, UserId } from '../core/vocabulary.ts'
import type { Membership } from './group.ts'

/** Who waits until somebody is free; each is told once. */
export interface Waiting {
  /** Answers how to stop. */
  add(awaited: Awaited, waiter: Waiter): () => void
  free(presence: Presence, memberships: readonly Membership[]): void
  groupGone(groupId: GroupId): void
  userGone(userId: UserId): void
}

export function createWaiting(): Waiting {
  const forGroup = new Map<GroupId, Set<Waiter>>()
  const forUser = new Map<UserId, Set<Waiter>>()

  function tell(waiters: Map<string, Set<Waiter>>, id: string, told: (waiter: Waiter) => void): void {
    const those = waiters.get(id)
    if (those === undefined) return
    waiters.delete(id)
    for (const waiter of those) told(waiter)
  }

  return {
    add(awaited, waiter) {
      const [waiters, id] = 'groupId' in awaited ? [forGroup, awaited.groupId] : [forUser, awaited.userId]
      const those = waiters.get(id)
      if (those === undefined) waiters.set(id, new Set([waiter]))
      else those.add(waiter)
      return () => {
        const left = waiters.get(id)
        left?.delete(waiter)
        if (left?.size === 0) waiters.delete(id)
      }
    },
    free(presence, memberships) {
      const told = (waiter: Waiter): void => waiter.free(presence)
      tell(forUser, presence.userId, told)
      if (forGroup.size > 0) for (const { group } of memberships) tell(forGroup, group.id, told)
    },
    groupGone: (groupId) => tell(forGroup, groupId, (waiter) => waiter.gone()),
    userGone: (userId) => tell(forUser, userId, (waiter) => waiter.gone()),
  }
}
