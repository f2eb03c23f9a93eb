import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { PresenceEvent } from '../../core/transition.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, answerText, type Texts, tag } from './answers.ts'
import { VIA } from './routes-presence.ts'
import { ByClaim, ByUser, NewClaim } from './schemas.ts'
import { ClaimShape, ClaimsShape, PresenceShape } from './shapes.ts'
import { claimIn, claimKey, claimOut, userOf } from './translate.ts'

/** What calls, applications, calendars and schedules say about users. */
export function claimRoutes({ presence, people }: Services, texts: Texts): readonly Route[] {
  const commandsOf = (principal: Principal) => presence.as(principal, VIA).commands
  const change = async (word: string, principal: Principal, event: PresenceEvent) =>
    texts(await commandsOf(principal).change(userOf(word, principal, people), [event])).text
  return [
    route({
      rule: 'N42',
      method: 'GET',
      path: '/v1/presence/:user/claims',
      access: 'user',
      rate: 'read',
      summary: 'List claims about a user',
      answers: { 200: ClaimsShape, 304: null },
      refuses: [404],
      params: ByUser,
      async handle({ params, principal, request, reply }) {
        const claims = await commandsOf(principal).claims(userOf(params.user, principal, people))
        return answerTagged(tag(JSON.stringify({ claims: claims.map(claimOut) })), request, reply)
      },
    }),
    route({
      rule: 'N16',
      method: 'PUT',
      path: '/v1/presence/:user/claims/:claim',
      access: 'user',
      rate: 'set',
      summary: 'Make or replace a claim',
      answers: { 200: PresenceShape },
      refuses: [404],
      params: ByClaim,
      body: NewClaim,
      async handle({ params, body, principal, reply }) {
        return answerText(await change(params.user, principal, claimIn(params.claim, body)), reply)
      },
    }),
    route({
      rule: 'N16',
      method: 'DELETE',
      path: '/v1/presence/:user/claims/:claim',
      access: 'user',
      rate: 'set',
      summary: 'Withdraw a claim',
      answers: { 200: PresenceShape },
      refuses: [404],
      params: ByClaim,
      async handle({ params, principal, reply }) {
        return answerText(
          await change(params.user, principal, { type: 'claim_withdrawn', key: claimKey(params.claim).key }),
          reply,
        )
      },
    }),
    route({
      rule: 'N41',
      method: 'POST',
      path: '/v1/presence/:user/claims/:claim/heartbeat',
      access: 'user',
      rate: 'read',
      summary: 'Keep a claim that has a lease',
      answers: { 200: ClaimShape },
      refuses: [404],
      params: ByClaim,
      async handle({ params, principal }) {
        const userId = userOf(params.user, principal, people)
        return claimOut(await commandsOf(principal).keepClaim(userId, claimKey(params.claim).key))
      },
    }),
  ]
}
