import { parseCookie } from 'cookie'
import type { FastifyRequest } from 'fastify'
import type { Authentication } from '../../core/accounts.ts'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'

/** The session that `POST /v1/login` with `"cookie": true` gives, and the token that must be sent back with it. */
const SESSION_COOKIE = 'rollcall_session'
const XSRF_COOKIE = 'XSRF-TOKEN'

/** Who asks: by password, by ticket or bearer token, or by a session cookie and the XSRF token that belongs to it. */
export function createIdentify(
  authentication: Authentication,
): (request: FastifyRequest) => Principal | null | Promise<Principal> {
  const byToken = (token: string, { headers }: FastifyRequest): Principal =>
    authentication.byToken(token, headers.origin) ?? denied('This token is not accepted.')
  return (request) => {
    const { authorization } = request.headers
    if (authorization === undefined) {
      const session = sessionOf(request)
      return session === null ? null : byToken(session, request)
    }
    const spaceAt = authorization.indexOf(' ')
    const credentials = authorization.slice(spaceAt + 1).trim()
    switch (authorization.slice(0, Math.max(0, spaceAt)).toLowerCase()) {
      case 'basic': {
        const known = authentication.bySaid(authorization)
        if (known !== null) return known
        const [login, password] = readPair(credentials)
        return authentication.byPassword({ login }, { password }, request.ip, authorization)
      }
      case 'bearer':
      case 'soticket':
        return byToken(credentials, request)
      default:
        return denied('This way of logging in is not known.')
    }
  }
}

/** Whether the request comes with a session's cookie, valid or not. */
export function hasSession({ headers }: FastifyRequest): boolean {
  return cookiesOf(headers.cookie)[SESSION_COOKIE] !== undefined
}

/** Null: there is none. Throws Failure `unauthenticated` when it comes without its XSRF token: another page may have sent it. */
function sessionOf({ headers }: FastifyRequest): string | null {
  const { [SESSION_COOKIE]: session, [XSRF_COOKIE]: expected } = cookiesOf(headers.cookie)
  if (session === undefined) return null
  if (!expected || headers['x-xsrf-token'] !== expected) denied('X-XSRF-TOKEN must be the value of the cookie XSRF-TOKEN.')
  return session
}

function cookiesOf(header: string | undefined): Readonly<Record<string, string | undefined>> {
  return header === undefined ? {} : parseCookie(header)
}

/** `user:password` in base64 of UTF-8; only the first colon parts them. */
function readPair(credentials: string): readonly [string, string] {
  const pair = Buffer.from(credentials, 'base64').toString('utf8')
  const colonAt = pair.indexOf(':')
  return colonAt < 0 ? denied('Basic needs a user and a password.') : [pair.slice(0, colonAt), pair.slice(colonAt + 1)]
}

function denied(message: string): never {
  throw new Failure('unauthenticated', message, { reason: 'not_logged_in' })
}
