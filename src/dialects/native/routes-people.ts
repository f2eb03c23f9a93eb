import { Type } from 'typebox'
import type { People, User } from '../../core/accounts.ts'
import { Failure } from '../../core/errors.ts'
import type { Subjects } from '../../core/ports.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { UserId } from '../../core/vocabulary.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, conditionOf, createUserTexts, tag } from './answers.ts'
import { ByUser, IfMatch, NewUserFields, PAGE_USERS, Page, UserFields } from './schemas.ts'
import { UserShape, UsersShape } from './shapes.ts'
import { noSuchUser, userIn, userOf, userOut } from './translate.ts'

/** Users: made, listed, read, changed and deleted. */
export function peopleRoutes({ people, administration }: Services, subjects: Subjects): readonly Route[] {
  const textOf = createUserTexts(people)
  return [
    route({
      rule: 'N5',
      method: 'POST',
      path: '/v1/users',
      repeatable: true,
      summary: 'Make a user',
      answers: { 201: UserShape },
      answerHeaders: { Location: Type.String() },
      refuses: [409],
      access: 'user',
      rate: 'read',
      body: NewUserFields,
      async handle({ body, principal, reply }) {
        const user = await administration.as(principal).createUser(userIn(body))
        reply.code(201).header('Location', `/v1/users/${user.id}`)
        return userOut(user, ALL)
      },
    }),
    route({
      rule: 'N7',
      method: 'GET',
      path: '/v1/users',
      summary: 'List users',
      answers: { 200: UsersShape, 304: null },
      access: 'user',
      rate: 'read',
      query: Page,
      handle({ query, principal, request, reply }) {
        const { users, next } = pageOf(people, subjects, principal, slotOf(query.cursor), query.limit ?? PAGE_USERS)
        const shown = users.map((user) => userOut(user, seenBy(principal)))
        return answerTagged(tag(JSON.stringify({ users: shown, cursor: next === null ? null : cursorOf(next) })), request, reply)
      },
    }),
    route({
      rule: 'N6',
      method: 'GET',
      path: '/v1/users/:user',
      summary: 'Read a user',
      answers: { 200: UserShape, 304: null },
      access: 'user',
      rate: 'read',
      params: ByUser,
      handle({ params, principal, request, reply }) {
        const userId = userOf(params.user, principal, people)
        const user = mayRead(principal, userId) ? textOf(userId, seenBy(principal)) : null
        if (user === null) throw noSuchUser(params.user)
        return answerTagged(user, request, reply)
      },
    }),
    route({
      rule: 'N6',
      method: 'PATCH',
      path: '/v1/users/:user',
      summary: 'Change a user',
      answers: { 200: UserShape },
      refuses: [409, 412],
      access: 'user',
      rate: 'read',
      params: ByUser,
      body: UserFields,
      reads: { headers: IfMatch },
      async handle({ params, body, principal, request }) {
        const userId = userOf(params.user, principal, people)
        const condition = conditionOf(request, () => textOf(userId, seenBy(principal)))
        return userOut(await administration.as(principal).updateUser(userId, userIn(body), condition), ALL)
      },
    }),
    route({
      rule: 'N6',
      method: 'DELETE',
      path: '/v1/users/:user',
      summary: 'Delete a user',
      answers: { 204: null },
      refuses: [409],
      access: 'user',
      rate: 'read',
      params: ByUser,
      async handle({ params, principal, reply }) {
        await administration.as(principal).deleteUser(userOf(params.user, principal, people))
        return reply.code(204).send()
      },
    }),
  ]
}

const ALL = { withEmail: true }

/** Who users are is no secret within a workspace, but a token that may not read, or is limited to some users, stands outside of it. */
function mayRead({ reach, scopes, userId: own }: Principal, userId: UserId): boolean {
  if (userId !== own && !scopes.has('presence:read') && !scopes.has('admin')) return false
  return reach === null || reach.has(userId)
}

const seenBy = ({ reach }: Principal) => ({ withEmail: reach === null })

/** Users in the order of their slots, which users keep for life: whoever stays is listed once, whatever happens between pages. */
function pageOf(people: People, subjects: Subjects, principal: Principal, from: number, limit: number) {
  const users: User[] = []
  let slot = from
  for (; slot < subjects.slots && users.length < limit; slot++) {
    const userId = subjects.idAt(slot)
    const user = userId !== null && mayRead(principal, userId) ? people.get(userId) : null
    if (user !== null) users.push(user)
  }
  return { users, next: slot < subjects.slots ? slot : null }
}

const cursorOf = (slot: number): string => Buffer.from(`slot ${slot}`).toString('base64url')

function slotOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0
  const slot = /^slot (\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.[1]
  if (slot === undefined)
    throw new Failure('invalid', '"cursor" must be one that an earlier page gave.', { reason: 'malformed', field: 'cursor' })
  return Number(slot)
}
