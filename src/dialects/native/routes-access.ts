import { randomBytes } from 'node:crypto'
import { stringifySetCookie } from 'cookie'
import type { FastifyRequest } from 'fastify'
import type { TokenDescription } from '../../core/accounts.ts'
import { Failure } from '../../core/errors.ts'
import type { Services } from '../../core/service.ts'
import type { Instant } from '../../core/vocabulary.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, tag } from './answers.ts'
import { ByToken, Credentials, NewTokenFields, OfUser, PAGE_USERS, TokenPage } from './schemas.ts'
import { LoginShape, NewTokenShape, TokensShape } from './shapes.ts'
import { instantOf, tokenOut, userOf, userOut } from './translate.ts'

/** Characters of the tokens that this door gives. */
const TOKEN_LENGTH = 43

/** Logging in and out, and the tokens that stand for it. */
export function accessRoutes({ authentication, administration, people, groups }: Services): readonly Route[] {
  return [
    route({
      rule: 'N1',
      method: 'POST',
      path: '/v1/login',
      summary: 'Log in',
      answers: { 200: LoginShape },
      refuses: [401, 429],
      access: 'anyone',
      rate: 'login',
      body: Credentials,
      async handle({ body: { username, password, cookie }, request, reply }) {
        const options = { address: request.ip, tokenLength: TOKEN_LENGTH }
        const { token, user } = await authentication.login({ login: username }, { password }, options)
        if (cookie) reply.header('Set-Cookie', sessionCookies(token, randomBytes(24).toString('base64url'), request))
        return reply.header('Cache-Control', 'no-store').send({ token, user: userOut(user, { withEmail: true }) })
      },
    }),
    route({
      rule: 'N3',
      method: 'POST',
      path: '/v1/logout',
      summary: 'End the token that this comes with',
      answers: { 204: null },
      access: 'user',
      rate: 'read',
      async handle({ principal, request, reply }) {
        await authentication.logout(principal)
        if (request.headers.cookie !== undefined) reply.header('Set-Cookie', sessionCookies('', '', request))
        return reply.code(204).send()
      },
    }),
    route({
      rule: 'N8',
      method: 'POST',
      path: '/v1/tokens',
      summary: 'Make a token',
      repeatable: true,
      answers: { 201: NewTokenShape },
      refuses: [404],
      access: 'user',
      rate: 'read',
      body: NewTokenFields,
      async handle({ body: { kind = 'personal', user, users, groups: among, until, ...rest }, principal, reply }) {
        const made = await administration.as(principal).createToken({
          ...rest,
          kind,
          tokenLength: TOKEN_LENGTH,
          ...(user !== undefined && { userId: userOf(user, principal, people) }),
          ...(users !== undefined && { users: users.map((word) => userOf(word, principal, people, 'users')) }),
          ...(among !== undefined && { groups: among.map((word) => groups.as(principal).find(word).id) }),
          ...(until != null && { until: instantOf(until, 'until') }),
        })
        const { token, description } = made
        reply.code(201).header('Cache-Control', 'no-store')
        return { token, ...tokenOut(description) }
      },
    }),
    route({
      rule: 'N8',
      method: 'GET',
      path: '/v1/tokens',
      summary: 'List tokens',
      answers: { 200: TokensShape, 304: null },
      refuses: [404],
      access: 'user',
      rate: 'read',
      query: TokenPage,
      async handle({ query: { user = 'me', cursor, limit = PAGE_USERS }, principal, request, reply }) {
        const all = await administration.as(principal).tokens(userOf(user, principal, people))
        const [after, from] = cursor === undefined ? ['', 0] : placeOf(cursor)
        const rest = all.filter(({ createdAt, id }) => createdAt > from || (createdAt === from && id > after))
        const page = rest
          .toSorted((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1))
          .slice(0, limit)
        const next = rest.length > limit ? cursorAfter(page.at(-1)) : null
        return answerTagged(tag(JSON.stringify({ tokens: page.map(tokenOut), cursor: next })), request, reply)
      },
    }),
    route({
      rule: 'N8',
      method: 'DELETE',
      path: '/v1/tokens/:token',
      summary: 'End a token',
      answers: { 204: null },
      access: 'user',
      rate: 'read',
      params: ByToken,
      query: OfUser,
      async handle({ params, query: { user = 'me' }, principal, reply }) {
        await administration.as(principal).deleteToken(userOf(user, principal, people), params.token)
        return reply.code(204).send()
      },
    }),
  ]
}

/** After which token a page goes on: tokens are listed in the order in which they were made. */
const cursorAfter = (token: TokenDescription | undefined): string =>
  Buffer.from(`token ${token?.id} ${token?.createdAt}`).toString('base64url')

function placeOf(cursor: string): readonly [id: string, createdAt: Instant] {
  const [, id, createdAt] = /^token (\w+) (\d{1,16})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  if (id !== undefined) return [id, Number(createdAt)]
  throw new Failure('invalid', '"cursor" must be one that an earlier page gave.', { reason: 'malformed', field: 'cursor' })
}

/** The pair by which a browser stays logged in; empty ones take it away. Scripts of the page can read only the second. */
function sessionCookies(token: string, proof: string, { protocol }: FastifyRequest): string[] {
  const shared = { path: '/', sameSite: 'lax', secure: protocol === 'https', ...(token === '' && { maxAge: 0 }) } as const
  return [
    stringifySetCookie({ name: 'rollcall_session', value: token, ...shared, httpOnly: true }),
    stringifySetCookie({ name: 'XSRF-TOKEN', value: proof, ...shared }),
  ]
}
