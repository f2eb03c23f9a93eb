import type { NewToken, NewUser, Preference, Settings, TokenDescription, User, UserChange } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import type { Permission, Role } from '../core/principal.ts'
import type { Instant } from '../core/vocabulary.ts'
import type { Client } from './client.ts'
import { createGroups, type FarGroups } from './groups.ts'
import { allOf, listed } from './pages.ts'
import type { Answer, CallOptions } from './requests.ts'
import { timeOf } from './translate.ts'

export type { NewToken, NewUser, Preference, Settings, TokenDescription, UserChange } from '../core/accounts.ts'
export type { Permission, Role } from '../core/principal.ts'
export type { FarGroups } from './groups.ts'

/** A user as the server tells everybody: not whether there is a password. A token of a page is not told the e-mail address. */
export type ToldUser = Omit<User, 'hasPassword'>

/** Who users are, how they get in and what the workspace decides, from afar. Users are named by id, username or `me`. Throws Failure. */
export interface FarAdministration {
  user(word: string): Promise<ToldUser>
  /** In no order; whoever comes or goes meanwhile may be among them. */
  users(): AsyncIterable<ToldUser>
  createUser(user: NewUser): Promise<ToldUser>
  /** `seen`: what `user` answered; the change is made only while that holds, else it is refused: `conflict` changed_meanwhile. */
  updateUser(word: string, change: UserChange, seen?: ToldUser): Promise<ToldUser>
  deleteUser(word: string): Promise<void>
  /** `url`: the page on which the user sets a password, once. */
  createPasswordLink(word: string): Promise<{ readonly url: string; readonly secret: string; readonly until: Instant }>
  /** The token is told this once. */
  createToken(token: Omit<NewToken, 'tokenLength'>): Promise<{ readonly token: string; readonly description: TokenDescription }>
  /** The oldest first. */
  tokens(word: string): Promise<readonly TokenDescription[]>
  deleteToken(word: string, tokenId: string): Promise<void>
  settings(): Promise<Settings>
  /** Answers all of them. `seen`: what `settings` answered, as for `updateUser`. */
  changeSettings(change: Partial<Settings>, seen?: Settings): Promise<Settings>
  rolePermissions(): Promise<Readonly<Record<Permission, readonly Role[]>>>
  /** Gives each permission that is named to exactly these roles. */
  changeRolePermissions(change: Partial<Record<Permission, readonly Role[]>>): Promise<void>
  /** What clients keep for a user, by category and name. */
  preferences(word: string): Promise<readonly Preference[]>
  putPreferences(word: string, preferences: readonly Preference[]): Promise<void>
  deletePreferences(word: string, preferences: readonly Pick<Preference, 'category' | 'name'>[]): Promise<void>
  readonly groups: FarGroups
}

const userPath = (word: string): string => `/v1/users/${encodeURIComponent(word)}`

const preferencesPath = (word: string): string => `${userPath(word)}/preferences`

/** Administration through a client, as far as its token goes. */
export function administer({ call }: Pick<Client, 'call'>): FarAdministration {
  /** The tag of each thing that was read. */
  const tags = new WeakMap<object, string>()

  async function read<Thing extends object>(path: string, shape: (answer: Answer) => Thing): Promise<Thing> {
    const found: string[] = []
    const thing = shape(await call('GET', path, undefined, { tagged: (etag) => void found.push(etag) }))
    for (const etag of found) tags.set(thing, etag)
    return thing
  }

  function onlyAs(seen: object | undefined): CallOptions {
    if (seen === undefined) return {}
    const ifMatch = tags.get(seen)
    if (ifMatch === undefined)
      throw new Failure('invalid', 'What was seen must be what was read here, itself.', { field: 'seen' })
    return { ifMatch }
  }

  async function prefer(word: string, preferences: readonly object[]): Promise<void> {
    await call('PATCH', preferencesPath(word), { preferences })
  }

  return {
    user: (word) => read(userPath(word), userIn),
    async *users() {
      for await (const user of allOf(call, '/v1/users', 'users')) yield userIn(user)
    },
    createUser: async (user) => userIn(await call('POST', '/v1/users', user)),
    updateUser: async (word, change, seen) => userIn(await call('PATCH', userPath(word), change, onlyAs(seen))),
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
    settings: () => read('/v1/settings', (settings) => settings),
    changeSettings: async (change, seen) => call('PATCH', '/v1/settings', change, onlyAs(seen)),
    rolePermissions: () => call('GET', '/v1/permissions'),
    async changeRolePermissions(change) {
      await call('PATCH', '/v1/permissions', change)
    },
    preferences: async (word) => (await call('GET', preferencesPath(word))).preferences,
    putPreferences: prefer,
    deletePreferences: (word, names) =>
      prefer(
        word,
        names.map(({ category, name }) => ({ category, name, value: null })),
      ),
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
