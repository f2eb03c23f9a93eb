import { Type } from 'typebox'
import type { User } from '../../core/accounts.ts'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import { type Route, route } from '../../http/route.ts'
import { bodyOf } from './body.ts'
import { appError } from './errors.ts'
import { decodeStrings, decodeStruct } from './go-json.ts'
import { SPACE } from './ids.ts'
import { recentsOf } from './preferences.ts'
import { firstOf, Parameter } from './query.ts'
import { ByUser, USER } from './routes-status.ts'
import { NewUser, UserIds, Usernames, UserShape, UsersShape } from './shapes.ts'
import { updatedAt, userBody, userTag } from './users.ts'
import { idInPath, type Voice } from './voice.ts'

const NEW_USER_FIELDS = {
  username: 'string',
  email: 'string',
  password: 'string',
  first_name: 'string',
  last_name: 'string',
  nickname: 'string',
} as const

/** Users: one's own, one, several, and making one. */
export function userRoutes(voice: Voice): Route[] {
  const { services } = voice
  const { people, administration } = services
  const shared = { access: 'user', rate: 'read' } as const

  /** Tokens that are limited to users see these alone, and no e-mail address: they may stand in pages. */
  const existing = (userId: string | null, { reach }: Principal): User => {
    const user = userId === null || reach?.has(userId) === false ? null : people.get(userId)
    if (user === null) throw appError('missing_account')
    return reach === null ? user : { ...user, email: null }
  }
  const several = (userIds: readonly (string | null)[], principal: Principal, since = 0): string => {
    const isSeen = (userId: string | null): userId is string => userId !== null && principal.reach?.has(userId) !== false
    const known = [...new Set(userIds.filter(isSeen))]
    const presences = voice.as(principal).view.many(known)
    const shown = known.map((userId, at) => ({ user: existing(userId, principal), presence: presences[at] ?? null }))
    const changed = shown.filter(({ user, presence }) => updatedAt(user, presence) > since)
    const ordered = changed.sort(({ user: one }, { user: other }) => (one.username < other.username ? -1 : 1))
    return `[${ordered.map(({ user, presence }) => userBody(user, presence)).join()}]`
  }
  const one = async (userId: string | null, { principal, request, reply }: Asked): Promise<unknown> => {
    const user = existing(userId, principal)
    const presence = voice.as(principal).view.get(user.id)
    const isOwn = user.id === principal.userId && principal.reach === null
    const recents = isOwn ? ((await recentsOf(administration.as(principal), user.id)) ?? undefined) : undefined
    const tag = userTag(user, presence, recents)
    reply.header('ETag', tag)
    if (request.headers['if-none-match'] === tag) return reply.code(304).send()
    return userBody(user, presence, recents)
  }

  return [
    route({
      rule: 'MM-3.1-10',
      method: 'GET',
      path: USER,
      summary: 'Read a user',
      answers: { 200: UserShape, 304: null },
      ...shared,
      params: ByUser,
      handle: (call) => one(people.find(SPACE, idInPath(call.params.user_id, call.principal, services)), call),
    }),
    route({
      rule: 'MM-3.1-12',
      method: 'GET',
      path: '/api/v4/users/username/:username(^.+$)',
      summary: 'Read a user by the username',
      answers: { 200: UserShape, 304: null },
      ...shared,
      params: Type.Object({ username: Type.String() }),
      handle: (call) => one(people.find('username', call.params.username), call),
    }),
    route({
      rule: 'MM-3.1-24',
      method: 'GET',
      path: '/api/v4/users',
      summary: 'List users',
      answers: { 200: UsersShape },
      ...shared,
      query: Type.Object({ page: Parameter, per_page: Parameter, active: Parameter, inactive: Parameter }),
      handle({ query, principal }) {
        const count = Math.min(countIn(query.per_page) ?? PAGE_USERS, PAGE_USERS_MAX)
        const first = (countIn(query.page) ?? 0) * count
        const [active, inactive] = [query.active, query.inactive].map((said) => firstOf(said) === 'true')
        const isListed = (user: User | null): boolean => user !== null && (user.active ? !inactive : !active)
        const ids: string[] = []
        let passed = 0
        for (const { userId } of voice.as(principal).view.everyone()) {
          if (ids.length >= count) break
          if ((!active && !inactive) || isListed(people.get(userId))) if (passed++ >= first) ids.push(userId)
        }
        return several(ids, principal)
      },
    }),
    route({
      rule: 'MM-3.1-13',
      method: 'POST',
      path: '/api/v4/users/ids',
      summary: 'Read several users by their ids',
      answers: { 200: UsersShape },
      reads: { body: UserIds },
      ...shared,
      query: Type.Object({ since: Parameter }),
      async handle({ query, principal, request }) {
        const ids = namesIn(await bodyOf(request), 'user_ids')
        const since = Number(firstOf(query.since))
        if (!Number.isSafeInteger(since)) throw appError('invalid_body_param', 'since')
        return several(
          ids.map((id) => people.find(SPACE, id)),
          principal,
          since,
        )
      },
    }),
    route({
      rule: 'MM-3.1-14',
      method: 'POST',
      path: '/api/v4/users/usernames',
      summary: 'Read several users by their usernames',
      answers: { 200: UsersShape },
      reads: { body: Usernames },
      ...shared,
      async handle({ principal, request }) {
        const usernames = namesIn(await bodyOf(request), 'usernames')
        return several(
          usernames.map((username) => people.find('username', username)),
          principal,
        )
      },
    }),
    route({
      rule: 'MM-3.1-15',
      method: 'POST',
      path: '/api/v4/users',
      summary: 'Make a user',
      answers: { 201: UserShape },
      reads: { body: NewUser },
      ...shared,
      async handle({ principal, request, reply }) {
        const given = decodeStruct(await bodyOf(request), NEW_USER_FIELDS)
        if (given === null) throw appError('invalid_body_param', 'user')
        const { username, email, password, first_name, last_name, nickname } = given
        const name = `${first_name} ${last_name}`.trim() || nickname
        const creating = administration.as(principal).createUser({
          username,
          ...(email !== '' && { email }),
          ...(password !== '' && { password }),
          ...(name !== '' && { name }),
        })
        const user = await creating.catch((error: unknown) => {
          throw asUserError(error)
        })
        reply.code(201)
        return userBody(user, null)
      },
    }),
  ]
}

type Asked = Pick<Parameters<Route['handle']>[0], 'principal' | 'request' | 'reply'>

/** Users of a page, when not said, and at most. */
const PAGE_USERS = 60
const PAGE_USERS_MAX = 200

/** Null: it is no such number, and the product then takes its own. */
function countIn(parameter: Parameters<typeof firstOf>[0]): number | null {
  const text = firstOf(parameter)
  return /^\d{1,9}$/.test(text) ? Number(text) : null
}

function namesIn(body: string, parameter: string): string[] {
  const names = decodeStrings(body)
  if (names === null) throw appError('parse')
  if (names.length === 0) throw appError('invalid_body_param', parameter)
  return names
}

/** What is wrong with a new user, by the field. */
function asUserError(error: unknown): unknown {
  if (!(error instanceof Failure)) return error
  if (error.code === 'conflict') return appError(error.field === 'email' ? 'email_taken' : 'username_taken')
  return error.code === 'invalid' ? appError('invalid_user', error.field ?? 'username') : error
}
