import type { Administration, Authentication } from '../../core/accounts.ts'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { Instant } from '../../core/vocabulary.ts'
import { credentialsOf } from './credentials.ts'

/** Characters of the product's tokens. */
export const TOKEN_LENGTH = 43

/** Where a login comes from; `origin`: the request's Origin header, if any. */
export interface Whereabouts {
  readonly address: string
  readonly origin: string | undefined
}

export interface Entered {
  readonly principal: Principal
  readonly token: string
  readonly type: 'password' | 'resume'
}

/** A login by password, or one that goes on with its token. Throws Failure `invalid`, `unauthenticated`, `too_many`, `unavailable`. */
export async function enter(authentication: Authentication, said: unknown, { address, origin }: Whereabouts): Promise<Entered> {
  const credentials = credentialsOf(said)
  if (credentials === null) throw new Failure('invalid', 'Unrecognized options for login request')
  if ('who' in credentials) {
    const { token, principal } = await authentication.login(credentials.who, credentials.secret, {
      address,
      tokenLength: TOKEN_LENGTH,
    })
    return { token, principal, type: 'password' }
  }
  let principal = authentication.byToken(credentials.resume, origin)
  if (principal === null) {
    await authentication.caughtUp()
    principal = authentication.byToken(credentials.resume, origin)
  }
  if (principal === null) throw new Failure('unauthenticated', "You've been logged out by the server. Please log in again.")
  return { token: credentials.resume, principal, type: 'resume' }
}

/** How long clients are told that a token without an end is good for, in ms; they ask for a date. */
const ENDLESS_MS = 90 * 24 * 60 * 60 * 1000

/** When the token that somebody came with stops being accepted. */
export async function endOfToken({ administration, now }: Services, principal: Principal): Promise<Instant> {
  const until = await tokenUntil(administration.as(principal), principal)
  return until ?? now() + ENDLESS_MS
}

/** Null: it does not, or it may not be looked up with that very token. */
async function tokenUntil(
  administration: Administration,
  { userId, tokenId, scopes, reach }: Principal,
): Promise<Instant | null> {
  const tokens = scopes.has('admin') && reach?.has(userId) !== false ? await administration.tokens(userId) : []
  return tokens.find(({ id }) => id === tokenId)?.until ?? null
}
