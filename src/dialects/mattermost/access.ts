import type { IncomingHttpHeaders } from 'node:http'
import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Login } from '../../core/accounts.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { Instant } from '../../core/vocabulary.ts'
import { appError } from './errors.ts'
import { derivedId, SPACE } from './ids.ts'

/** How long a login's cookies live when its token has no end, in ms. */
const COOKIE_MS = 30 * 24 * 60 * 60 * 1000
/** Characters of a token that are looked at. */
export const TOKEN_LENGTH_MAX = 50

/** Who asks: the cookie counts first, then the header; null: nobody said who. Throws the product's 401. */
export function identify(request: FastifyRequest, { authentication }: Services): Principal | null {
  const { token, isCookie } = tokenIn(request.headers)
  if (token === '') {
    if (isTokenInUrl(request)) throw appError('token_in_url')
    return null
  }
  const principal = authentication.byToken(token, request.headers.origin)
  if (principal === null) throw appError('session_ended')
  if (isCookie && request.method !== 'GET' && !isOwnPage(request, token)) throw appError('session_expired')
  return principal
}

/** The token that a request brings, as far as it is looked at; empty: none. */
export function tokenIn({ cookie, authorization }: IncomingHttpHeaders): { readonly token: string; readonly isCookie: boolean } {
  const inCookie = cookie === undefined ? '' : (parseCookie(cookie)['MMAUTHTOKEN'] ?? '')
  return { token: (inCookie || tokenInHeader(authorization)).slice(0, TOKEN_LENGTH_MAX), isCookie: inCookie !== '' }
}

/** Who asks, where anybody may. */
export function identifyIfKnown(request: FastifyRequest, services: Services): Principal | null {
  try {
    return identify(request, services)
  } catch {
    return null
  }
}

/** The three cookies of a browser's login. */
export function giveCookies(request: FastifyRequest, reply: FastifyReply, { token, user, until }: Login, now: Instant): void {
  const ageMs = until === null ? COOKIE_MS : until - now
  const life = {
    path: '/',
    maxAge: Math.floor(ageMs / 1000),
    expires: new Date(now + ageMs),
    secure: request.protocol === 'https',
  }
  reply.header('Set-Cookie', [
    stringifySetCookie({ name: 'MMAUTHTOKEN', value: token, ...life, httpOnly: true }),
    stringifySetCookie({ name: 'MMUSERID', value: user.ids[SPACE] ?? user.id, ...life }),
    stringifySetCookie({ name: 'MMCSRF', value: csrfOf(token), ...life }),
  ])
}

/** The cookie by which a session is taken back. */
export const ENDED_COOKIE = 'MMAUTHTOKEN=; Path=/; Max-Age=0; HttpOnly'

/** Whether a principal may change a user's presence; null: no such user. The service judges again; this is for the contract's order. */
export function mayChange(
  { userId, administrator, permissions }: Principal,
  target: string | null,
  { people }: Services,
): boolean {
  if (administrator || userId === target) return true
  if (target === null || !permissions.has('set-others-presence')) return false
  return people.get(target)?.roles.includes('admin') === false
}

/** A page of ours: it can read the CSRF cookie, or send a header that strangers' pages may not. */
function isOwnPage({ headers }: FastifyRequest, token: string): boolean {
  return headers['x-requested-with'] === 'XMLHttpRequest' || headers['x-csrf-token'] === csrfOf(token)
}

function tokenInHeader(authorization: string | undefined): string {
  if (authorization === undefined) return ''
  const scheme = authorization.slice(0, 7).toLowerCase()
  if (scheme === 'bearer ') return authorization.slice(7)
  return scheme.startsWith('token ') ? authorization.slice(6) : ''
}

function isTokenInUrl({ query }: FastifyRequest): boolean {
  return typeof query === 'object' && query !== null && 'access_token' in query && query.access_token !== ''
}

/** What a page must say back; it follows from the token, and does not tell it. */
const csrfOf = (token: string): string => derivedId(`csrf ${token}`)
