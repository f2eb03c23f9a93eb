import type { IncomingHttpHeaders } from 'node:http'
import type { Authentication } from '../../core/accounts.ts'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'

const BEARER = /^bearer +(\S+)$/i

/** The token that a request came with; null: none. */
export function tokenIn({ headers }: { readonly headers: IncomingHttpHeaders }): string | null {
  return BEARER.exec(headers.authorization ?? '')?.[1] ?? null
}

/** Null: nobody said who. Throws Failure `unauthenticated`. */
export function bearerOf(
  { headers }: { readonly headers: IncomingHttpHeaders },
  authentication: Authentication,
): Principal | null {
  const { authorization, origin } = headers
  if (authorization === undefined) return null
  const token = BEARER.exec(authorization)?.[1]
  const principal = token === undefined ? null : authentication.byToken(token, origin)
  if (principal !== null) return principal
  const detail =
    token === undefined
      ? 'Say who you are with "Authorization: Bearer TOKEN".'
      : 'This token is unknown, has ended, or may not be used from here.'
  throw new Failure('unauthenticated', detail, { reason: 'not_logged_in' })
}
