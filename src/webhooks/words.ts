import type { People } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import { AVAILABILITIES } from '../core/vocabulary.ts'
import type { WebhookWords } from '../core/webhooks.ts'
import type { Addresses } from './addresses.ts'
import type { GroupsAsked } from './filter.ts'
import { FILTER_GROUPS_MAX, FILTER_USERS_MAX, NAME_LENGTH_MAX, URL_LENGTH_MAX } from './limits.ts'

export interface WordsParts {
  readonly people: People
  readonly groups: GroupsAsked
  readonly addresses: Addresses
}

/**
 * What was said, with groups by their ids and nothing undefined. Throws Failure `invalid` naming the field and what would be
 * right, `not_found` for a user or a group that is none.
 */
export function understood<Said extends Partial<WebhookWords>>(said: Said, { people, groups, addresses }: WordsParts): Said {
  assertUrl(said.url, addresses)
  if ((said.name?.length ?? 0) > NAME_LENGTH_MAX || said.name?.isWellFormed() === false)
    throw invalid('name', `must be text of at most ${NAME_LENGTH_MAX} characters`)
  assertList('users', said.users, FILTER_USERS_MAX)
  assertList('groups', said.groups, FILTER_GROUPS_MAX)
  assertList('availabilities', said.availabilities, AVAILABILITIES.length)
  for (const userId of said.users ?? []) if (people.get(userId) === null) throw unknown('user', userId, 'users')
  const groupIds = said.groups?.map((word) => {
    const groupId = groups.find(word)
    if (groupId === null) throw unknown('group', word, 'groups')
    return groupId
  })
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as Said
  return groupIds === undefined ? given : { ...given, groups: groupIds }
}

function assertUrl(url: string | undefined, addresses: Addresses): void {
  if (url === undefined) return
  if (url.length > URL_LENGTH_MAX || !URL.canParse(url))
    throw invalid('url', `must be an address like https://example.org/hooks, of at most ${URL_LENGTH_MAX} characters`)
  addresses.assertPlausible(new URL(url))
}

function assertList(field: string, list: readonly unknown[] | null | undefined, max: number): void {
  if (list == null || (list.length > 0 && list.length <= max)) return
  throw invalid(field, `must have 1 to ${max} entries, or be null`)
}

const invalid = (field: string, wanted: string): Failure =>
  new Failure('invalid', `${field} ${wanted}.`, { reason: 'malformed', field })

const unknown = (kind: 'user' | 'group', word: string, field: string): Failure =>
  new Failure('not_found', `There is no ${kind} "${word}".`, { reason: `no_such_${kind}`, field })
