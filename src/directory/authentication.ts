import type { Authentication, Login, Secret, WhoLogsIn } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import type { Ledger, Version } from '../core/ports.ts'
import type { Principal } from '../core/principal.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { isBrought } from './broughtHashes.ts'
import type { Delays } from './delays.ts'
import { createHearing } from './hearing.ts'
import { LOGIN_TOKEN_MS, TOKENS_MAX } from './limits.ts'
import type { PasswordLinks } from './passwordLinks.ts'
import { digestOf, digestOfNew, type Passwords } from './passwords.ts'
import type { PeopleChanges } from './people.ts'
import type { Principals } from './principals.ts'
import { newToken, type Random } from './random.ts'
import type { Remembered } from './remembered.ts'
import type { Replica } from './replica.ts'
import { endings, hashOfToken, putToken, tailOf } from './tokenChanges.ts'
import type { StoredToken } from './tokenRecord.ts'
import { startOfHour, type Tokens } from './tokens.ts'
import { fold } from './userRecord.ts'
import type { Users } from './users.ts'

export interface AuthenticationParts {
  readonly ledger: Ledger
  readonly users: Users
  readonly tokens: Tokens
  readonly principals: Principals
  readonly people: PeopleChanges
  readonly passwordLinks: PasswordLinks
  readonly passwords: Passwords
  readonly delays: Delays
  readonly remembered: Remembered
  readonly replica: Replica
  readonly random: Random
  readonly onEnded: Authentication['onEnded']
}

export function createAuthentication(parts: AuthenticationParts): Authentication {
  const { ledger, users, tokens, principals, delays, passwords, remembered, replica, random } = parts
  const caughtUp = createHearing(ledger)

  /** Compares a password that was given with the kept one, as far as it is known; slow, and slower for whoever fails. */
  async function check(who: WhoLogsIn, secret: Secret, address: string): Promise<{ userId: UserId; version: Version }> {
    await caughtUp()?.catch(() => {})
    const userId = findWho(users, who)
    const account = userId ?? fold('login' in who ? who.login : who.value).slice(0, 256)
    await delays.turn(account, address)
    const kept = userId === null ? null : (users.stored(userId)?.passwordHash ?? null)
    const same = await passwords.verify(kept, secret)
    // Of a password that was changed meanwhile nothing is known.
    const user = userId === null ? null : users.stored(userId)
    if (!same || user === null || user.passwordHash !== kept) {
      delays.failed(account, address)
      throw new Failure('unauthenticated', 'Wrong username or password.', { reason: 'wrong_password' })
    }
    delays.succeeded(account, address)
    if (!user.active) throw new Failure('unauthenticated', 'This user is deactivated.', { reason: 'deactivated' })
    if (kept !== null && isBrought(kept)) await replaceHash(user.id, kept, secret)
    return { userId: user.id, version: users.people.versionOf(user.id) }
  }

  /** Whoever could not be given a hash of ours now, gets it at the next login. */
  async function replaceHash(userId: UserId, kept: string, secret: Secret): Promise<void> {
    const made = passwords.hash(digestOf(secret) ?? '').then((passwordHash) => parts.people.rehash(userId, kept, passwordHash))
    await made.catch(() => {})
  }

  function principalOf(userId: UserId): Principal {
    const principal = principals.ofUser(userId)
    if (principal !== null) return principal
    throw new Failure('unauthenticated', 'Wrong username or password.', { reason: 'wrong_password' })
  }

  function bySaid(said: string): Principal | null {
    const known = remembered.find(said)
    return known === null ? null : principalOf(known)
  }

  function verify(who: WhoLogsIn, secret: Secret, address: string, said?: string): Principal | Promise<Principal> {
    const key = remembered.keyOf(who, secret, said)
    const known = bySaid(key)
    if (known !== null) return known
    return check(who, secret, address).then(({ userId, version }) => {
      remembered.keep(key, userId, version)
      return principalOf(userId)
    })
  }

  return {
    onEnded: parts.onEnded,
    caughtUp,
    byToken: (token, origin) => principals.byToken(token, origin),
    bySaid,
    byPassword: verify,
    async login(who, secret, { address, tokenLength }): Promise<Login> {
      const { userId } = await verify(who, secret, address)
      const token = newToken(random, tokenLength)
      const now = ledger.now()
      const made: StoredToken = {
        hash: hashOfToken(token),
        userId,
        kind: 'login',
        name: '',
        createdAt: now,
        until: now + LOGIN_TOKEN_MS,
        tail: tailOf(token),
        lastUsedAt: startOfHour(now),
        scopes: null,
        users: null,
        groups: null,
        origins: null,
      }
      await replica.change(() => ({ writes: [putToken(made), ...endings(surplus(tokens, userId, now), tokens)], answer: null }))
      const [principal, user] = [principals.byToken(token, undefined), users.people.get(userId)]
      if (principal === null || user === null)
        throw new Failure('unauthenticated', 'This user is no more.', { reason: 'not_logged_in' })
      return { token, user, principal, until: made.until }
    },
    async setPassword(secret, password) {
      const find = (): Principal => {
        const userId = parts.passwordLinks.userOf(secret, ledger.now())
        const principal = userId === null ? null : principals.ofUser(userId)
        if (principal !== null) return principal
        const words = 'This link was used, has ended, or was replaced by another. Ask for a new one.'
        throw new Failure('not_found', words, { reason: 'no_such_token' })
      }
      const by = find()
      const passwordHash = await passwords.hash(digestOfNew(password))
      const condition = (): boolean => find().userId === by.userId
      return parts.people.update(by.userId, {}, { by, passwordHash, condition })
    },
    async logout({ userId, tokenId: ended }) {
      const slots = (): number[] => tokens.of(userId).filter((slot) => tokens.idAt(slot) === ended)
      if (slots().some((slot) => tokens.at(slot).kind === 'publishable'))
        throw new Failure('forbidden', 'A token that stands in pages is not for its readers to end.', { reason: 'scope_missing' })
      await replica.change(() => ({ writes: endings(slots(), tokens), answer: null }))
    },
  }
}

function findWho({ people }: Users, who: WhoLogsIn): UserId | null {
  if ('space' in who) return people.find(who.space, who.value)
  return people.find('username', who.login) ?? people.find('email', who.login)
}

/** What goes when a user logs in once more: what has ended, and the oldest logins beyond the bound. */
function surplus(tokens: Tokens, userId: UserId, now: Instant): number[] {
  const all = tokens.of(userId).map((slot) => ({ slot, ...tokens.at(slot) }))
  const ended = all.filter(({ until }) => until !== null && until <= now)
  const logins = all.filter(({ kind, until }) => kind === 'login' && (until === null || until > now))
  const excess = Math.max(0, all.length - ended.length + 1 - TOKENS_MAX)
  const oldest = excess === 0 ? [] : logins.sort((one, other) => one.createdAt - other.createdAt).slice(0, excess)
  return [...ended, ...oldest].map(({ slot }) => slot)
}
