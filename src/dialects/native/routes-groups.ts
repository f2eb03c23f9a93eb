import { Type } from 'typebox'
import { Failure } from '../../core/errors.ts'
import type { Group, GroupId, Groups } from '../../core/groups.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { UserId } from '../../core/vocabulary.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, type Texts, tag } from './answers.ts'
import { usersOf } from './routes-stream.ts'
import { ByGroup, ByMember, GroupFields, GroupsPage, MembersFields, MembersPage, NewGroup, PAGE_USERS } from './schemas.ts'
import { GroupShape, GroupsShape, MembersChangedShape, PresencesShape } from './shapes-groups.ts'
import { timeOf, userOf } from './translate.ts'

/** Groups, and who is in them. */
export function groupRoutes({ groups, people }: Services, texts: Texts): readonly Route[] {
  const groupsOf = (principal: Principal): Groups => groups.as(principal)
  const idOf = (word: string, principal: Principal): GroupId => groupsOf(principal).find(word).id

  return [
    route({
      rule: 'V1',
      method: 'GET',
      path: '/v1/groups',
      summary: 'List groups',
      answers: { 200: GroupsShape, 304: null },
      refuses: [404],
      access: 'user',
      rate: 'read',
      query: GroupsPage,
      handle({ query: { user, cursor, limit = PAGE_USERS }, principal, request, reply }) {
        const userId = user === undefined ? {} : { userId: userOf(user, principal, people) }
        const { items, next } = groupsOf(principal).list({ after: afterOf(cursor), limit, ...userId })
        return answerTagged(tag(JSON.stringify({ groups: items.map(groupOut), cursor: cursorOf(next) })), request, reply)
      },
    }),
    route({
      rule: 'V1',
      method: 'POST',
      path: '/v1/groups',
      repeatable: true,
      summary: 'Make a group',
      answers: { 201: GroupShape },
      answerHeaders: { Location: Type.String() },
      refuses: [404, 409],
      access: 'user',
      rate: 'read',
      body: NewGroup,
      async handle({ body: { name, members = [] }, principal, reply }) {
        const group = await groupsOf(principal).create(name, idsOf(members, principal, people))
        reply.code(201).header('Location', `/v1/groups/${group.id}`)
        return groupOut(group)
      },
    }),
    route({
      rule: 'V1',
      method: 'GET',
      path: '/v1/groups/:group',
      summary: 'Read a group',
      answers: { 200: GroupShape, 304: null },
      access: 'user',
      rate: 'read',
      params: ByGroup,
      handle: ({ params, principal, request, reply }) =>
        answerTagged(tag(JSON.stringify(groupOut(groupsOf(principal).find(params.group)))), request, reply),
    }),
    route({
      rule: 'V1',
      method: 'PATCH',
      path: '/v1/groups/:group',
      summary: 'Rename a group',
      answers: { 200: GroupShape },
      refuses: [409],
      access: 'user',
      rate: 'read',
      params: ByGroup,
      body: GroupFields,
      handle: async ({ params, body, principal }) =>
        groupOut(await groupsOf(principal).rename(idOf(params.group, principal), body.name)),
    }),
    route({
      rule: 'V8',
      method: 'DELETE',
      path: '/v1/groups/:group',
      summary: 'Delete a group',
      answers: { 204: null },
      access: 'user',
      rate: 'read',
      params: ByGroup,
      async handle({ params, principal, reply }) {
        await groupsOf(principal).remove(idOf(params.group, principal))
        return reply.code(204).send()
      },
    }),
    route({
      rule: 'V7',
      method: 'GET',
      path: '/v1/groups/:group/members',
      summary: 'Read the presence of a group’s members',
      answers: { 200: PresencesShape, 304: null },
      access: 'user',
      rate: 'read',
      params: ByGroup,
      query: MembersPage,
      handle({ params, query: { cursor, limit = PAGE_USERS }, principal, request, reply }) {
        const { items, next } = groupsOf(principal).members(idOf(params.group, principal), { after: afterOf(cursor), limit })
        const presences = items.map((presence) => texts(presence).text).join()
        return answerTagged(tag(`{"presences":[${presences}],"cursor":${JSON.stringify(cursorOf(next))}}`), request, reply)
      },
    }),
    ...(['PUT', 'DELETE'] as const).map((method) =>
      route({
        rule: 'V2',
        method,
        path: '/v1/groups/:group/members/:user',
        summary: method === 'PUT' ? 'Add a member' : 'Remove a member',
        answers: { 204: null },
        access: 'user',
        rate: 'read',
        params: ByMember,
        async handle({ params, principal, reply }) {
          const members = [userOf(params.user, principal, people)]
          const change = method === 'PUT' ? { add: members } : { remove: members }
          await groupsOf(principal).changeMembers(idOf(params.group, principal), change)
          return reply.code(204).send()
        },
      }),
    ),
    route({
      rule: 'V2',
      method: 'POST',
      path: '/v1/groups/:group/members::batch',
      summary: 'Add and remove several members',
      answers: { 200: MembersChangedShape },
      access: 'user',
      rate: 'read',
      params: ByGroup,
      body: MembersFields,
      async handle({ params, body, principal }) {
        const [add, remove] = [body.add ?? [], body.remove ?? []].map((words) => usersOf(words, principal, people))
        const change = { add: add?.known ?? [], remove: remove?.known ?? [] }
        const changed = await groupsOf(principal).changeMembers(idOf(params.group, principal), change)
        return { ...changed, unknown: [...(add?.unknown ?? []), ...(remove?.unknown ?? [])] }
      },
    }),
  ]
}

const groupOut = ({ createdAt, updatedAt, ...rest }: Group): object => ({
  ...rest,
  createdAt: timeOf(createdAt),
  updatedAt: timeOf(updatedAt),
})

/** Throws Failure `not_found` for the first word that is nobody's. */
function idsOf(words: readonly string[], principal: Principal, people: Services['people']): readonly UserId[] {
  return words.map((word) => userOf(word, principal, people, 'members'))
}

/** Opaque on the wire: what a page ends with may change. */
const cursorOf = (next: string | null): string | null => next && Buffer.from(`after ${next}`).toString('base64url')

function afterOf(cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  const text = Buffer.from(cursor, 'base64url').toString()
  if (text.startsWith('after ')) return text.slice('after '.length)
  throw new Failure('invalid', '"cursor" must be one that an earlier page gave.', { reason: 'malformed', field: 'cursor' })
}
