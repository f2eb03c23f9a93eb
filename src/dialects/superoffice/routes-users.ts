import { Type } from 'typebox'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { apiRoot, tenantOf } from './address.ts'
import { answer } from './answer.ts'
import { associateCarrier, principalCarrier, userCarrier, userWithLinks } from './associates.ts'
import { answerNoResource } from './errors.ts'
import { fieldOf, readId, selected } from './fields.ts'
import { readInt32 } from './ids.ts'
import { associate, noSuchUser, userOf } from './lookup.ts'
import { AssociateShape, byQuery, orNull, PrincipalShape, Selected, UserShape, UserWithLinksShape } from './shapes.ts'
import { statusOut } from './translate.ts'

/** Words that stand where a username could, and that the product keeps for calls which are not served here. */
const RESERVED = new Set(['current', 'currenttoken', 'default', 'credentialtypes', 'customfield', 'validate'])

/** Who users are, as clients ask before they ask for presence. */
export function userRoutes({ presence, people }: Services): Route[] {
  return [
    route({
      rule: 'SO-3.2-1',
      method: 'GET',
      path: '/api/v1/User/currentPrincipal',
      summary: 'Read who is logged in',
      answers: { 200: PrincipalShape },
      reads: { query: Selected },
      refuses: [404],
      access: 'user',
      rate: 'read',
      handle({ principal, request, reply }) {
        const { userId } = principal
        const user = userOf(people, principal, userId, userId)
        const shown = presence.as(principal, 'superoffice').view.get(userId)
        if (shown === null) throw noSuchUser(userId)
        const told = principal.reach === null ? user : { ...user, email: null }
        const carrier = principalCarrier(told, { status: statusOut(shown, user.active), tenant: tenantOf(request) })
        answer(request, reply, 'SoPrincipalCarrier', selected(carrier, fieldOf(request.query, '$select')))
      },
    }),
    route({
      rule: 'SO-3.2-2',
      method: 'GET',
      path: '/api/v1/User/currentAssociate',
      summary: 'Read the associate who is logged in',
      answers: { 200: AssociateShape },
      reads: { query: Selected },
      refuses: [404],
      access: 'user',
      rate: 'read',
      handle({ principal, request, reply }) {
        const { userId } = principal
        const carrier = associateCarrier(userOf(people, principal, userId, userId))
        answer(request, reply, 'Associate', selected(carrier, fieldOf(request.query, '$select')))
      },
    }),
    route({
      rule: 'SO-3.2-3',
      method: 'GET',
      path: '/api/v1/User/:user',
      summary: 'Read a user by id or name',
      answers: { 200: UserWithLinksShape },
      reads: { query: Selected },
      access: 'user',
      rate: 'read',
      params: Type.Object({ user: Type.String() }),
      handle({ params, principal, request, reply }) {
        if (RESERVED.has(params.user.toLowerCase())) return answerNoResource(request, reply)
        const id = readInt32(params.user)
        const userId = id === null ? people.find('username', params.user) : associate(people, id)
        const carrier = userWithLinks(userOf(people, principal, userId, params.user), apiRoot(request))
        answer(request, reply, 'UserWithLinks', selected(carrier, fieldOf(request.query, '$select')))
      },
    }),
    route({
      rule: 'SO-3.2-5',
      method: 'POST',
      path: '/api/v1/Agents/User/GetUser',
      summary: 'Read a user, as agents do',
      answers: { 200: orNull(UserShape) },
      reads: { query: byQuery('userId') },
      access: 'user',
      rate: 'read',
      handle({ principal, request, reply }) {
        const id = readId(fieldOf(request.query, 'userId'), 'userId')
        const carrier = userCarrier(userOf(people, principal, associate(people, id), id))
        answer(request, reply, 'User', selected(carrier, fieldOf(request.query, '$select')))
      },
    }),
    route({
      rule: 'SO-3.2-6',
      method: 'POST',
      path: '/api/v1/Agents/Associate/GetAssociate',
      summary: 'Read an associate, as agents do',
      answers: { 200: orNull(AssociateShape) },
      reads: { query: byQuery('associateId') },
      access: 'user',
      rate: 'read',
      handle({ principal, request, reply }) {
        const id = readId(fieldOf(request.query, 'associateId'), 'associateId')
        const carrier = associateCarrier(userOf(people, principal, associate(people, id), id))
        answer(request, reply, 'Associate', selected(carrier, fieldOf(request.query, '$select')))
      },
    }),
  ]
}
