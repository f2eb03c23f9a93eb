import { Type } from 'typebox'
import type { People, User } from '../../core/accounts.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { failure, success } from './answers.ts'
import { NAME } from './ids.ts'
import { findNamed, NAMED, refuseNamed } from './named.ts'
import { PAGE, pageOfMany, refuseParameter, sortOf } from './pages.ts'
import { fullProfileOf, listedProfileOf, profileOf } from './profiles.ts'
import { conditionOf, projectionOf } from './selection.ts'
import { SelectedUsersShape, UserShape, UsersShape, withSuccess } from './shapes.ts'
import { statusFieldsOf } from './translate.ts'
import { closed, NullableBoolean, NullableString, oneOf } from './validation.ts'

const Text = Type.Optional(Type.String())
const sought = (name: string) =>
  Type.Object({ [name]: Type.String(), includeUserRooms: Text, fields: Type.Optional(NullableString) }, closed)
const InfoQuery = Type.Unsafe<{ userId?: string; username?: string; email?: string }>(
  Type.Union(['userId', 'username', 'importId', 'email', 'freeSwitchExtension'].map(sought)),
)
const ListQuery = Type.Object(
  {
    ...PAGE,
    status: Type.Optional(oneOf(['active', 'deactivated'])),
    hasLoggedIn: Type.Optional(NullableBoolean),
    type: Type.Optional(NullableString),
    roles: Type.Optional(Type.Unsafe<string[] | null>({ type: 'array', items: { type: 'string' }, nullable: true })),
    searchTerm: Type.Optional(NullableString),
    inactiveReason: Type.Optional(Type.Array(oneOf(['deactivated', 'pending_approval', 'idle_too_long']))),
  },
  closed,
)
const SelectionQuery = Type.Object(
  { ...PAGE, query: Type.Optional(NullableString), fields: Type.Optional(NullableString) },
  closed,
)
const Deletion = Type.Unsafe<{ userId?: string; username?: string; user?: string }>({
  type: 'object',
  properties: { ...NAMED, confirmRelinquish: NullableBoolean },
  anyOf: [{ required: ['userId'] }, { required: ['username'] }, { required: ['user'] }],
  ...closed,
})
const Activity = Type.Object(
  { userId: Type.String(), activeStatus: Type.Boolean(), confirmRelinquish: Type.Optional(NullableBoolean) },
  closed,
)

const DeletedShape = withSuccess('Deleted', { deletedRooms: Type.Array(Type.String()) })
const ActivityShape = withSuccess('Activity', { user: Type.Object({ _id: Type.String(), active: Type.Boolean() }, closed) })

/** Finding users, and what their administrators do. */
export function userRoutes({ people, presence, administration }: Services): Route[] {
  return [
    route({
      rule: 'RC-1.7-3',
      method: 'GET',
      path: '/api/v1/users.info',
      summary: 'Find a user',
      answers: { 200: UserShape },
      access: 'user',
      rate: 'read',
      query: InfoQuery,
      handle({ query: { userId, username, email }, principal, reply }) {
        const found =
          (userId && people.find(NAME, userId)) ||
          (username && people.find('username', username)) ||
          (email && people.find('email', email))
        const user = found ? people.get(found) : null
        const shown = found ? presence.as(principal, NAME).view.get(found) : null
        if (user === null || shown === null) return failure(reply, 'User not found.')
        const sees = user.id === principal.userId || administers(principal) ? fullProfileOf : profileOf
        return success({ user: sees(user, shown, principal) })
      },
    }),
    route({
      rule: 'RC-1.5-3',
      method: 'GET',
      path: '/api/v1/users.listByStatus',
      summary: 'List accounts',
      answers: { 200: UsersShape },
      access: 'user',
      rate: 'read',
      permission: 'list-users',
      query: ListQuery,
      async handle({ query, principal, reply }) {
        const sort = sortOf(query.sort?.replace('"status"', '"active"'), 'username')
        if (sort === null) return refuseParameter(reply, 'sort', query.sort)
        const { view } = presence.as(principal, NAME)
        const wanted = searchFor(query, administers(principal))
        const users = listed(people, (user) => {
          const shown = wanted(user) ? view.get(user.id) : null
          if (shown === null || query.hasLoggedIn === (shown.lastActiveAt === null)) return null
          return listedProfileOf(user, shown, principal)
        })
        const { page, offset, total } = await pageOfMany(users, sort, query)
        return success({ users: page, count: page.length, offset, total })
      },
    }),
    route({
      rule: 'RC-1.5-16',
      method: 'GET',
      path: '/api/v1/users.list',
      summary: 'List users with their status',
      answers: { 200: SelectedUsersShape },
      access: 'user',
      rate: 'read',
      permission: 'list-users',
      query: SelectionQuery,
      async handle({ query, principal, reply }) {
        const sort = sortOf(query.sort, 'username')
        if (sort === null) return refuseParameter(reply, 'sort', query.sort)
        const isWanted = conditionOf(query.query)
        if (isWanted === null) return refuseParameter(reply, 'query', query.query)
        const selected = projectionOf(query.fields)
        if (selected === null) return refuseParameter(reply, 'fields', query.fields)
        const { view } = presence.as(principal, NAME)
        const users = listed(people, (user) => {
          const shown = view.get(user.id)
          if (shown === null) return null
          const { utcOffset } = user
          const told = { ...listedProfileOf(user, shown, principal), ...statusFieldsOf(shown), utcOffset }
          return isWanted(told) ? told : null
        })
        const { page, offset, total } = await pageOfMany(users, sort, query)
        return success({ users: page.map(selected), count: page.length, offset, total })
      },
    }),
    route({
      rule: 'RC-1.7-2',
      method: 'POST',
      path: '/api/v1/users.delete',
      summary: 'Delete a user',
      answers: { 200: DeletedShape },
      access: 'user',
      rate: 'read',
      permission: 'manage-users',
      body: Deletion,
      async handle({ body, principal, reply }) {
        const userId = findNamed(body, people)
        if (userId === null) return refuseNamed(body, reply)
        await administration.as(principal).deleteUser(userId)
        return success({ deletedRooms: [] })
      },
    }),
    route({
      rule: 'RC-1.7-4',
      method: 'POST',
      path: '/api/v1/users.setActiveStatus',
      summary: 'Activate or deactivate an account',
      answers: { 200: ActivityShape },
      access: 'user',
      rate: 'read',
      permission: 'manage-users',
      body: Activity,
      async handle({ body, principal, reply }) {
        const userId = people.find(NAME, body.userId)
        if (userId === null) return failure(reply, 'User not found')
        const { active } = await administration.as(principal).updateUser(userId, { active: body.activeStatus })
        return success({ user: { _id: body.userId, active } })
      },
    }),
  ]
}

/** Everybody, as they are listed. */
function* listed<T>({ everyone }: People, told: (user: User) => T): Generator<T> {
  for (const user of everyone()) yield told(user)
}

const administers = ({ permissions, scopes }: Principal): boolean => permissions.has('manage-users') && scopes.has('admin')

interface Search {
  readonly status?: 'active' | 'deactivated'
  readonly type?: string | null
  readonly roles?: string[] | null
  readonly searchTerm?: string | null
  readonly inactiveReason?: readonly string[]
}

/** Account status, not presence. Accounts here are deactivated without a reason, which "deactivated" and "idle_too_long" match. */
function searchFor({ status, type, roles, searchTerm, inactiveReason }: Search, seesMail: boolean): (user: User) => boolean {
  const term = searchTerm?.trim() ? searchTerm.toLowerCase() : ''
  const anyRole = !roles?.length || roles.includes('all')
  const noReason = inactiveReason === undefined || inactiveReason.some((reason) => reason !== 'pending_approval')
  const matches = (text: string | null): boolean => text?.toLowerCase().includes(term) === true
  return (user) =>
    noReason &&
    (status === undefined || user.active === (status === 'active')) &&
    (!type || type === (user.bot ? 'bot' : 'user')) &&
    (anyRole || user.roles.some((role) => roles?.includes(role))) &&
    (term === '' || matches(user.username) || matches(user.name) || (seesMail && matches(user.email)))
}
