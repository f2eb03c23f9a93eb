import type { NewToken, NewUser, Settings, TokenDescription, User, UserChange } from '../core/accounts.ts'
import type { Instant } from '../core/vocabulary.ts'
import type { Client } from './client.ts'
import { createGroups, type FarGroups } from './groups.ts'
import { allOf, listed } from './pages.ts'
import type { Answer } from './requests.ts'
import { timeOf } from './translate.ts'

export type { NewToken, NewUser, Settings, TokenDescription, UserChange } from '../core/accounts.ts'
export type { FarGroups } from './groups.ts'

/** A user as the server tells everybody: not whether there is a password. A token of a page is not told the e-mail address. */
export type ToldUser = Omit<User, 'hasPassword'>

/** Who users are, how they get in and what the workspace decides, from afar. Users are named by id, username or `me`. Throws Failure. */
export interface FarAdministration {
  user(word: string): Promise<ToldUser>
  /** In no order; whoever comes or goes meanwhile may be among them. */
  users(): AsyncIterable<ToldUser>
  createUser(user: NewUser): Promise<ToldUser>
  updateUser(word: string, change: UserChange): Promise<ToldUser>
  deleteUser(word: string): Promise<void>
  /** `url`: the page on which the user sets a password, once. */
  createPasswordLink(word: string): Promise<{ readonly url: string; readonly secret: string; readonly until: Instant }>
  /** The token is told this once. */
  createToken(token: Omit<NewToken, 'tokenLength'>): Promise<{ readonly token: string; readonly description: TokenDescription }>
  /** The oldest first. */
  tokens(word: string): Promise<readonly TokenDescription[]>
  deleteToken(word: string, tokenId: string): Promise<void>
  settings(): Promise<Settings>
  /** Answers all of them. */
  changeSettings(change: Partial<Settings>): Promise<Settings>
  readonly groups: FarGroups
}

const userPath = (word: string): string => `/v1/users/${encodeURIComponent(word)}`

/** Administration through a client, as far as its token goes. */
export function administer({ call }: Pick<Client, 'call'>): FarAdministration {
  return {
    user: async (word) => userIn(await call('GET', userPath(word))),
    async *users() {
      for await (const user of allOf(call, '/v1/users', 'users')) yield userIn(user)
    },
    createUser: async (user) => userIn(await call('POST', '/v1/users', user)),
    updateUser: async (word, change) => userIn(await call('PATCH', userPath(word), change)),
    deleteUser: (word) => call('DELETE', userPath(word)),
    async createPasswordLink(word) {
      const { url, until } = await call('POST', `${userPath(word)}/password-link`)
      return { url, secret: new URL(url).hash.slice(1), until: Date.parse(until) }
    },
    async createToken({ userId: user, until, ...rest }) {
      const { token, ...told } = await call('POST', '/v1/tokens', { ...rest, user, until: until == null ? until : timeOf(until) })
      return { token, description: tokenIn(told) }
    },
    tokens: async (user) => (await listed(allOf(call, `/v1/tokens?${new URLSearchParams({ user })}`, 'tokens'))).map(tokenIn),
    deleteToken: (word, tokenId) =>
      call('DELETE', `/v1/tokens/${encodeURIComponent(tokenId)}?${new URLSearchParams({ user: word })}`),
    settings: () => call('GET', '/v1/settings'),
    changeSettings: (change) => call('PATCH', '/v1/settings', change),
    groups: createGroups(call),
  }
}

/** Ids of every space are text here, whatever they are on the wire. */
const userIn = ({ ids, createdAt, updatedAt, email = null, ...rest }: Answer): ToldUser => ({
  ...rest,
  email,
  ids: Object.fromEntries(Object.entries(ids).map(([space, id]) => [space, String(id)] as const)),
  createdAt: Date.parse(createdAt),
  updatedAt: Date.parse(updatedAt),
})

const tokenIn = ({ createdAt, until, lastUsedAt, ...rest }: Answer): TokenDescription => ({
  ...rest,
  createdAt: Date.parse(createdAt),
  until: instantOrNull(until),
  lastUsedAt: instantOrNull(lastUsedAt),
})

const instantOrNull = (time: string | null): Instant | null => (time === null ? null : Date.parse(time))
