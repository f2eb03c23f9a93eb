import { Failure } from '../core/errors.ts'
import type { Group, GroupCounts, GroupId, MembersChange } from '../core/groups.ts'
import type { ShownPresence } from '../core/vocabulary.ts'
import { allOf } from './pages.ts'
import type { Answer, Requests } from './requests.ts'
import { presenceIn } from './translate.ts'

export type { Group, GroupCounts, MembersChange } from '../core/groups.ts'

/** Groups from afar, named by id or by name in any case. Everybody is shown as strangers see them. Throws Failure. */
export interface FarGroups {
  find(word: string): Promise<Group>
  /** In the order of their names; those that a user is in, or all. */
  list(of?: { readonly user?: string }): AsyncIterable<Group>
  members(word: string): AsyncIterable<ShownPresence>
  counts(word: string): Promise<GroupCounts>
  /** Who is online and was not chosen for the longest; unless it is a `peek`, they are the last from now on. Nobody: `not_found` nobody_free. */
  firstAvailable(word: string, options?: { readonly peek?: boolean }): Promise<ShownPresence>
  create(name: string, members: readonly string[]): Promise<Group>
  rename(word: string, name: string): Promise<Group>
  remove(word: string): Promise<void>
  /** Who is in it already, or not, stays so. Users whom nobody knows are `not_found` no_such_user; the others are changed all the same. */
  changeMembers(word: string, change: MembersChange): Promise<{ readonly added: number; readonly removed: number }>
}

const pathOf = (word: GroupId): string => `/v1/groups/${encodeURIComponent(word)}`

export function createGroups(call: Requests['call']): FarGroups {
  return {
    find: async (word) => groupIn(await call('GET', pathOf(word))),
    async *list({ user } = {}) {
      const path = user === undefined ? '/v1/groups' : `/v1/groups?${new URLSearchParams({ user })}`
      for await (const group of allOf(call, path, 'groups')) yield groupIn(group)
    },
    async *members(word) {
      for await (const presence of allOf(call, `${pathOf(word)}/members`, 'presences')) yield presenceIn(presence)
    },
    async counts(word) {
      const { online, away, busy, dnd, offline } = await call('GET', `${pathOf(word)}/counts`)
      return { online, away, busy, dnd, offline }
    },
    firstAvailable: async (word, { peek = false } = {}) =>
      presenceIn((await call(peek ? 'GET' : 'POST', `${pathOf(word)}/first-available`)).presence),
    create: async (name, members) => groupIn(await call('POST', '/v1/groups', { name, members })),
    rename: async (word, name) => groupIn(await call('PATCH', pathOf(word), { name })),
    remove: (word) => call('DELETE', pathOf(word)),
    async changeMembers(word, change) {
      const { added, removed, unknown } = await call('POST', `${pathOf(word)}/members:batch`, change)
      if (unknown.length > 0)
        throw new Failure('not_found', `There is no user "${unknown[0]}".`, { reason: 'no_such_user', field: 'user' })
      return { added, removed }
    },
  }
}

const groupIn = ({ createdAt, updatedAt, ...rest }: Answer): Group => ({
  ...rest,
  createdAt: Date.parse(createdAt),
  updatedAt: Date.parse(updatedAt),
})
