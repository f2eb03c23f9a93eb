import { hash } from 'node:crypto'
import type { NewToken, TokenDescription } from '../core/accounts.ts'
import type { Audit } from '../core/audit.ts'
import { Failure } from '../core/errors.ts'
import type { Memberships } from '../core/groups.ts'
import type { Ledger, Write } from '../core/ports.ts'
import type { Principal, Reach, Scope } from '../core/principal.ts'
import type { UserId } from '../core/vocabulary.ts'
import { isLine } from './fields.ts'
import { TOKEN_LENGTH_MAX, TOKEN_LENGTH_MIN, TOKEN_LIMITS_MAX, TOKEN_NAME_LENGTH_MAX, TOKENS_MAX } from './limits.ts'
import { assertPermission, assertReach, assertScope, noSuchUser } from './permission.ts'
import { ALL_SCOPES } from './principals.ts'
import { newToken, type Random } from './random.ts'
import type { Replica } from './replica.ts'
import { isOrigin } from './settings.ts'
import { encodeToken, type StoredToken } from './tokenRecord.ts'
import { type Tokens, tokenId } from './tokens.ts'
import type { Users } from './users.ts'

/** What a token has when its maker names no length. */
const TOKEN_LENGTH = 43

export interface TokenChanges {
  create(by: Principal, token: NewToken): Promise<{ readonly token: string; readonly description: TokenDescription }>
  list(by: Principal, userId: UserId): readonly TokenDescription[]
  /** Throws Failure `not_found` no_such_token. */
  remove(by: Principal, userId: UserId, tokenId: string): Promise<void>
}

export interface TokenChangesParts {
  readonly ledger: Ledger
  readonly users: Users
  readonly tokens: Tokens
  readonly replica: Replica
  readonly random: Random
  readonly audit: Audit
  readonly memberships: () => Pick<Memberships, 'find'>
}

/** Tokens made, listed and ended by their owners, or for anybody by whoever manages users. */
export function createTokenChanges({
  ledger,
  users,
  tokens,
  replica,
  random,
  memberships,
  audit,
}: TokenChangesParts): TokenChanges {
  function assertMay(by: Principal, userId: UserId): void {
    assertScope(by, 'admin')
    assertReach(by, userId)
    if (userId !== by.userId) assertPermission(by, 'manage-users')
    const owner = users.stored(userId)
    if (owner === null) throw noSuchUser()
    if (userId !== by.userId && owner.roles.includes('admin') && !by.administrator)
      throw new Failure('forbidden', 'Only administrators may touch the tokens of one.', { reason: 'permission_missing' })
  }

  /** A login may make tokens that stay; any other that ends, none that outlives it. */
  function assertNoLonger(by: Principal, wanted: NewToken): void {
    const slot = tokens.of(by.userId).find((one) => tokens.idAt(one) === by.tokenId)
    const { kind, until } = slot === undefined ? { kind: 'login', until: null } : tokens.at(slot)
    if (kind === 'login' || until === null || (wanted.until ?? Number.POSITIVE_INFINITY) <= until) return
    throw new Failure('forbidden', 'This token ends, and cannot make one that outlives it.', {
      reason: 'scope_missing',
      field: 'until',
    })
  }

  function appendsFor(kind: 'token.created' | 'token.deleted', { by }: Principal, token: StoredToken) {
    const { userId, name, kind: of, scopes, until } = token
    const details = { name, kind: of, ...(scopes !== null && { scopes }), ...(until !== null && { until }) }
    return audit({ kind, by, userId, target: tokenId(token.hash), details }, ledger.now())
  }

  return {
    async create(by, wanted) {
      const userId = wanted.userId ?? by.userId
      assertMay(by, userId)
      assertToken(wanted, users, ledger.now())
      assertGroups(wanted, memberships())
      assertNoMoreThan(by, wanted)
      assertNoLonger(by, wanted)
      const token = newToken(random, wanted.tokenLength ?? TOKEN_LENGTH)
      const made: StoredToken = {
        hash: hashOfToken(token),
        userId,
        kind: wanted.kind,
        name: wanted.name,
        createdAt: ledger.now(),
        until: wanted.until ?? null,
        tail: tailOf(token),
        lastUsedAt: null,
        scopes:
          wanted.kind === 'publishable' ? ['presence:read'] : wanted.scopes === undefined ? null : [...new Set(wanted.scopes)],
        users: wanted.users ?? null,
        groups: wanted.groups ?? null,
        origins: wanted.origins ?? null,
      }
      await replica.change(() => {
        if (tokens.of(userId).length >= TOKENS_MAX)
          throw new Failure('invalid', `A user may have at most ${TOKENS_MAX} tokens; delete some first.`, { field: 'userId' })
        return { writes: [putToken(made)], appends: appendsFor('token.created', by, made), answer: null }
      })
      return { token, description: describe(made) }
    },
    list(by, userId) {
      assertMay(by, userId)
      const now = ledger.now()
      return tokens
        .of(userId)
        .map((slot) => tokens.at(slot))
        .filter(({ until }) => until === null || until > now)
        .sort((one, other) => one.createdAt - other.createdAt)
        .map(describe)
    },
    async remove(by, userId, id) {
      assertMay(by, userId)
      await replica.change(() => {
        const slots = tokens.of(userId).filter((slot) => tokens.idAt(slot) === id)
        if (slots.length === 0) throw new Failure('not_found', 'There is no such token.', { reason: 'no_such_token' })
        const appends = slots.flatMap((slot) => appendsFor('token.deleted', by, tokens.at(slot)))
        return { writes: endings(slots, tokens), appends, answer: null }
      })
    },
  }
}

function assertToken(
  { kind, name, scopes, users: reach, groups, origins, until, tokenLength }: NewToken,
  users: Users,
  now: number,
): void {
  const refuse = (field: string, wanted: string): never => {
    throw new Failure('invalid', `${field} ${wanted}.`, { field })
  }
  if (!isLine(name, TOKEN_NAME_LENGTH_MAX)) refuse('name', `must be one line of at most ${TOKEN_NAME_LENGTH_MAX} characters`)
  if (scopes?.length === 0 || !(scopes ?? []).every((scope) => ALL_SCOPES.has(scope)))
    refuse('scopes', `must list at least one of ${[...ALL_SCOPES].join(', ')}`)
  if (kind === 'publishable' && !(scopes ?? []).every((scope) => scope === 'presence:read'))
    refuse('scopes', 'of a publishable token can only be presence:read')
  const needed: readonly string[] = kind !== 'publishable' ? [] : groups === undefined ? ['users', 'origins'] : ['origins']
  for (const [field, list] of Object.entries({ users: reach, groups, origins }))
    if (list === undefined ? needed.includes(field) : list.length === 0 || list.length > TOKEN_LIMITS_MAX)
      refuse(field, `must name 1 to ${TOKEN_LIMITS_MAX} ${field}`)
  for (const userId of reach ?? [])
    if (users.people.versionOf(userId) === 0) refuse('users', `must be ids of users; ${userId} is none`)
  if (!(origins ?? []).every(isOrigin)) refuse('origins', 'must be origins such as https://app.example.org')
  if (until !== undefined && until !== null && !(until > now)) refuse('until', 'must lie in the future')
  if (tokenLength !== undefined && !(tokenLength >= TOKEN_LENGTH_MIN && tokenLength <= TOKEN_LENGTH_MAX))
    refuse('tokenLength', `must be ${TOKEN_LENGTH_MIN} to ${TOKEN_LENGTH_MAX}`)
}

function assertGroups({ groups = [] }: NewToken, memberships: Pick<Memberships, 'find'>): void {
  for (const groupId of groups)
    if (memberships.find(groupId) !== groupId)
      throw new Failure('invalid', `groups must be ids of groups; ${groupId} is none.`, { field: 'groups' })
}

/** No token makes one that may do more than itself. */
function assertNoMoreThan(by: Principal, { scopes, users, groups, origins }: NewToken): void {
  const wanted: Iterable<Scope> = scopes ?? ALL_SCOPES
  for (const scope of wanted) assertScope(by, scope)
  const wider = isFurther(by.reach, users, groups) || isWider(by.origins, origins)
  if (wider) throw new Failure('forbidden', 'This token is limited and cannot make a wider one.', { reason: 'scope_missing' })
}

/** Whoever is reached through a group only, may leave it: a token made from this one may not name them. */
function isFurther(reach: Reach | null, users: readonly UserId[] | undefined, groups: readonly string[] | undefined): boolean {
  if (reach === null) return false
  const named = reach.groups?.users ?? reach
  const isBeyond = (users ?? []).some((userId) => !named.has(userId))
  return isBeyond || (users ?? groups) === undefined || (groups ?? []).some((id) => reach.groups?.ids.has(id) !== true)
}

const isWider = (limits: ReadonlySet<string> | null, wanted: readonly string[] | undefined): boolean =>
  limits !== null && (wanted === undefined || wanted.some((one) => !limits.has(one)))

export const hashOfToken = (token: string): string => hash('sha256', token, 'base64url')

/** The last six characters tell its owner which token it is, and nobody what it is. */
export const tailOf = (token: string): string => token.slice(-6)

export const tokenKey = (tokenHash: string): string => `token/${tokenHash}`

/** The write that adds a token. */
export const putToken = (token: StoredToken): Write => ({ key: tokenKey(token.hash), value: encodeToken(token), expects: 0 })

/** The writes that end tokens. */
export function endings(slots: readonly number[], tokens: Tokens): Write[] {
  return slots.map((slot) => ({ key: tokenKey(tokens.at(slot).hash), value: null, expects: tokens.versionAt(slot) }))
}

export function describe(token: StoredToken): TokenDescription {
  const { hash: tokenHash, scopes, more: _more, ...rest } = token
  return { ...rest, id: tokenId(tokenHash), scopes: scopes ?? [...ALL_SCOPES] }
}
