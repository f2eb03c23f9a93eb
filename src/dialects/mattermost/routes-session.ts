import { Type } from 'typebox'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import { type Route, route } from '../../http/route.ts'
import { ENDED_COOKIE, giveCookies, identify, mayChange } from './access.ts'
import { bodyOf } from './body.ts'
import { appError, appErrorOf } from './errors.ts'
import { decodeMap, decodeStruct, encode } from './go-json.ts'
import { SPACE } from './ids.ts'
import { OK } from './manners.ts'
import { recentsOf } from './preferences.ts'
import { ByUser, USER } from './routes-status.ts'
import { Credentials, NewToken, NewTokenShape, OkShape, TokensShape, TokenToRevoke, UserShape } from './shapes.ts'
import { userBody } from './users.ts'
import { idInPath, type Voice } from './voice.ts'

/** Characters of a token of this product. */
const TOKEN_LENGTH = 26

/** Logging in and out, and personal access tokens. */
export function sessionRoutes(voice: Voice): Route[] {
  const { services } = voice
  const { authentication, administration, people } = services

  const ownerIn = (id: string, principal: Principal): string => {
    const userId = people.find(SPACE, idInPath(id, principal, services))
    if (userId === null || !mayChange(principal, userId, services)) throw appError('permissions')
    return userId
  }
  return [
    route({
      rule: 'MM-3.1-1',
      method: 'POST',
      path: '/api/v4/users/login',
      summary: 'Log in',
      answers: { 200: UserShape },
      answerHeaders: { Token: Type.String({ description: 'The bearer token.' }) },
      reads: { body: Credentials },
      refuses: [401],
      access: 'anyone',
      rate: 'login',
      async handle({ request, reply }) {
        const given = decodeMap(await bodyOf(request))
        const [id = '', login = '', password = ''] = ['id', 'login_id', 'password'].map((name) => given.get(name))
        if (password === '') throw appError('blank_password')
        const who = id === '' ? { login } : { space: SPACE, value: id }
        const options = { address: request.ip, tokenLength: TOKEN_LENGTH }
        const made = await authentication.login(who, { password }, options).catch(maskLogin)
        const own = made.principal
        if (request.headers['x-requested-with'] === 'XMLHttpRequest') giveCookies(request, reply, made, services.now())
        reply.header('Token', made.token)
        const recents = (await recentsOf(administration.as(own), own.userId)) ?? undefined
        return userBody(made.user, voice.as(own).view.get(own.userId), recents)
      },
    }),
    route({
      rule: 'MM-3.1-6',
      method: 'POST',
      path: '/api/v4/users/logout',
      summary: 'End the session that this comes with',
      answers: { 200: OkShape },
      refuses: [401],
      access: 'anyone',
      rate: 'login',
      async handle({ request, reply }) {
        const principal = knownOrGone(() => identify(request, services))
        if (principal !== null) await authentication.logout(principal)
        reply.header('Set-Cookie', ENDED_COOKIE)
        return OK
      },
    }),
    route({
      rule: 'MM-3.1-7',
      method: 'POST',
      path: `${USER}/tokens`,
      summary: 'Make a personal access token',
      answers: { 200: NewTokenShape },
      reads: { body: NewToken },
      access: 'user',
      rate: 'read',
      params: ByUser,
      async handle({ params, principal, request }) {
        const id = idInPath(params.user_id, principal, services)
        const given = decodeStruct(await bodyOf(request), { description: 'string' })
        if (given === null) throw appError('invalid_body_param', 'user_access_token')
        const { description: name } = given
        const userId = ownerIn(id, principal)
        const made = await administration.as(principal).createToken({ kind: 'personal', name, userId, tokenLength: TOKEN_LENGTH })
        return encode({ id: made.description.id, token: made.token, user_id: id, description: name, is_active: true })
      },
    }),
    route({
      rule: 'MM-3.1-8',
      method: 'GET',
      path: `${USER}/tokens`,
      summary: 'List personal access tokens',
      answers: { 200: TokensShape },
      access: 'user',
      rate: 'read',
      params: ByUser,
      async handle({ params, principal }) {
        const id = idInPath(params.user_id, principal, services)
        const tokens = await administration.as(principal).tokens(ownerIn(id, principal))
        const personal = tokens.filter(({ kind }) => kind === 'personal')
        return encode(personal.map((token) => ({ id: token.id, user_id: id, description: token.name, is_active: true })))
      },
    }),
    route({
      rule: 'MM-3.1-9',
      method: 'POST',
      path: '/api/v4/users/tokens/revoke',
      summary: 'End a personal access token',
      answers: { 200: OkShape },
      reads: { body: TokenToRevoke },
      refuses: [404],
      access: 'user',
      rate: 'read',
      async handle({ principal, request }) {
        const tokenId = decodeMap(await bodyOf(request)).get('token_id') ?? ''
        if (tokenId === '') throw appError('invalid_body_param', 'token_id')
        await administration.as(principal).deleteToken(principal.userId, tokenId)
        return OK
      },
    }),
  ]
}

/** What a login tells of why it failed: nothing that says whether the user exists. */
function maskLogin(error: unknown): never {
  if (!(error instanceof Failure) || error.code === 'too_many' || error.code === 'unavailable') throw error
  throw error.reason === 'deactivated' ? error : appError('wrong_password')
}

/** Who logs out; null: a session that is over already. */
function knownOrGone(identified: () => Principal | null): Principal | null {
  try {
    return identified()
  } catch (error) {
    if (error instanceof Failure && appErrorOf(error).endsSession) return null
    throw error
  }
}
