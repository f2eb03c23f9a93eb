import type { Memberships } from '../core/groups.ts'
import type { Presence, UserId } from '../core/vocabulary.ts'
import type { WebhookWords } from '../core/webhooks.ts'

/** Who is in which group, as far as a filter asks. */
export type GroupsAsked = Pick<Memberships, 'find' | 'has'>

/** Of whom, and of what, a webhook is told. */
export interface Filter {
  /** The only users that it can be told of; null: that takes a look at each. */
  readonly users: readonly UserId[] | null
  tells(presence: Presence): boolean
  /** Somebody who is no more. Who was in which group is not known any more by then: groups let everybody through. */
  tellsGone(userId: UserId): boolean
}

export function createFilter({ users, groups, availabilities }: WebhookWords, asked: GroupsAsked): Filter {
  const named = users === null ? null : new Set(users)
  const isMember = (userId: UserId): boolean => groups?.some((group) => asked.has(group, userId)) ?? false
  const isAnyone = named === null && groups === null
  return {
    users: groups === null ? users : null,
    tells: ({ userId, availability }) =>
      (isAnyone || named?.has(userId) || isMember(userId)) && (availabilities?.includes(availability) ?? true),
    tellsGone: (userId) => isAnyone || groups !== null || (named?.has(userId) ?? false),
  }
}
