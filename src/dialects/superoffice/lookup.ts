import type { People, User } from '../../core/accounts.ts'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import type { UserId } from '../../core/vocabulary.ts'

/** The user who has an associate id. Throws Failure `not_found`. */
export function associate(people: People, id: number): UserId {
  const userId = people.find('superoffice', String(id))
  if (userId === null) throw noSuchUser(id)
  return userId
}

/**
 * Throws Failure `not_found`: the user may be gone by now, or not be one of those to whom the token is limited; `forbidden` about others
 * when the token may not read.
 */
export function userOf(people: People, principal: Principal, userId: UserId | null, named: string | number): User {
  const { reach, scopes } = principal
  if (userId !== principal.userId && !scopes.has('presence:read'))
    throw new Failure('forbidden', 'The token lacks the scope presence:read.', { reason: 'scope_missing' })
  const user = userId === null || reach?.has(userId) === false ? null : people.get(userId)
  if (user === null) throw noSuchUser(named)
  return user
}

export function noSuchUser(named: string | number): Failure {
  return new Failure('not_found', `User id ${named} not found`, { reason: 'no_such_user' })
}
