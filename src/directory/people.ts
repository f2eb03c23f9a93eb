import { isDeepStrictEqual } from 'node:util'
import type { Condition, IdSpace, NewUser, User, UserChange } from '../core/accounts.ts'
import type { Audit } from '../core/audit.ts'
import { Failure } from '../core/errors.ts'
import type { Ledger, Write } from '../core/ports.ts'
import type { Principal } from '../core/principal.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { type AccountPlan, type Accounts, type Draft, userKey } from './accounts.ts'
import { assertFields } from './fields.ts'
import { PASSWORD_LINK_MS } from './limits.ts'
import { assertFree, issueIds, wordsOf } from './names.ts'
import type { PasswordLinks } from './passwordLinks.ts'
import { assertHolds, noSuchUser, permissionMissing } from './permission.ts'
import type { Preferences } from './preferences.ts'
import { newId, newToken, type Random } from './random.ts'
import { endings } from './tokenChanges.ts'
import type { Tokens } from './tokens.ts'
import { encodeUser, idInSpace, type StoredUser } from './userRecord.ts'
import type { Users } from './users.ts'

export interface PeopleChangesParts {
  readonly ledger: Ledger
  readonly users: Users
  readonly tokens: Tokens
  readonly preferences: Preferences
  readonly accounts: Accounts
  readonly passwordLinks: PasswordLinks
  readonly idSpaces: readonly IdSpace[]
  readonly random: Random
  readonly audit: Audit
}

/** What is known besides the fields: who asks (null: the machine's own operator) and the hash of a new password. */
export interface ChangeOfUser {
  readonly by: Principal | null
  readonly passwordHash?: string
  readonly condition?: Condition
}

/** Users made, changed and deleted, each in one commit with all that hangs on them. */
export interface PeopleChanges {
  /** Null: `unless` was true by the time it would have been committed. */
  create(user: NewUser, options: ChangeOfUser & { readonly unless?: () => boolean }): Promise<User | null>
  update(userId: UserId, change: UserChange, options: ChangeOfUser): Promise<User>
  remove(userId: UserId, by: Principal): Promise<void>
  /** The same password under another hash, if `kept` still is the one that is there: no change of the user's. */
  rehash(userId: UserId, kept: string, passwordHash: string): Promise<void>
  /** A new secret with which the user sets a password once, and until when; the one before ends. */
  link(userId: UserId, by: Principal): Promise<{ readonly secret: string; readonly until: Instant }>
}

/** Characters of a link's secret: 258 bits. */
const SECRET_LENGTH = 43

/** One word for all changes that may leave nobody to administer: they never share a commit. */
const ADMINISTRATORS = ' administrators'

export function createPeopleChanges(parts: PeopleChangesParts): PeopleChanges {
  const { ledger, users, tokens, preferences, accounts, passwordLinks, idSpaces, random, audit } = parts

  function planCreation(wanted: NewUser, { by, passwordHash }: ChangeOfUser, draft: Draft): AccountPlan<UserId> {
    const now = ledger.now()
    const id = wanted.id ?? newId(random)
    const roles = [...new Set(wanted.roles ?? (wanted.bot === true ? (['bot'] as const) : (['user'] as const)))]
    if (roles.includes('admin')) assertMayTouchAdministrators(by)
    if (users.people.find('id', id) !== null)
      throw new Failure('conflict', `id "${id}" is taken.`, { reason: 'taken', field: 'id' })
    const ids = issueIds(id, wanted.ids ?? {}, draft.next, { people: users.people, idSpaces, isSpoken: draft.isSpoken })
    const user: StoredUser = {
      id,
      username: wanted.username.normalize('NFC'),
      name: wanted.name ?? wanted.username,
      email: wanted.email || null,
      roles,
      ids,
      bot: wanted.bot ?? roles.includes('bot'),
      active: wanted.active ?? true,
      utcOffset: wanted.utcOffset ?? 0,
      timezone: wanted.timezone || null,
      avatarETag: wanted.avatarETag ?? null,
      createdAt: now,
      updatedAt: now,
      passwordHash: passwordHash ?? null,
    }
    assertFree(user, users, idSpaces)
    return {
      words: wordsOf(user, idSpaces),
      writes: [{ key: userKey(id), value: encodeUser(user), expects: 0 }],
      appends: audit({ kind: 'user.created', by: nameOf(by), userId: id, details: { username: user.username, roles } }, now),
      answer: id,
    }
  }

  function planUpdate(userId: UserId, change: UserChange, { by, passwordHash, condition }: ChangeOfUser): AccountPlan<UserId> {
    const before = existing(users, userId)
    assertHolds(condition)
    if (change.id !== undefined && change.id !== userId) throw new Failure('invalid', 'id never changes.', { field: 'id' })
    const user: StoredUser = {
      ...before,
      username: change.username?.normalize('NFC') ?? before.username,
      name: change.name ?? before.name,
      email: change.email === undefined ? before.email : change.email || null,
      roles: change.roles === undefined ? before.roles : [...new Set(change.roles)],
      ids: mergedIds(before, change, idSpaces),
      bot: change.bot ?? before.bot,
      active: change.active ?? before.active,
      utcOffset: change.utcOffset ?? before.utcOffset,
      timezone: change.timezone === undefined ? before.timezone : change.timezone || null,
      avatarETag: change.avatarETag ?? before.avatarETag,
      passwordHash: passwordHash ?? before.passwordHash,
    }
    if (sameUser(before, user)) return { words: [], writes: [], answer: userId }
    const wasAdministrator = before.roles.includes('admin')
    const isAdministrator = user.roles.includes('admin')
    if ((wasAdministrator && by?.userId !== userId) || wasAdministrator !== isAdministrator) assertMayTouchAdministrators(by)
    const steps = wasAdministrator && before.active && !(isAdministrator && user.active)
    if (steps) assertNotTheLast(users, userId)
    assertFree(user, users, idSpaces)
    const now = Math.max(ledger.now(), before.updatedAt)
    const value = encodeUser({ ...user, updatedAt: now })
    const details = differences(before, user)
    return {
      words: [...wordsOf(before, idSpaces), ...wordsOf(user, idSpaces), ...(steps ? [ADMINISTRATORS] : [])],
      writes: [
        { key: userKey(userId), value, expects: users.people.versionOf(userId) },
        ...endedLogins(user, before, by),
        ...endedLink(user, before),
      ],
      appends: audit({ kind: 'user.changed', by: nameOf(by), userId, details }, now),
      answer: userId,
    }
  }

  /** A new password ends every login but the one it came with; a deactivated user keeps none. */
  function endedLogins(user: StoredUser, before: StoredUser, by: Principal | null): Write[] {
    if (user.active && user.passwordHash === before.passwordHash) return []
    const logins = tokens.of(user.id).filter((slot) => tokens.at(slot).kind === 'login')
    const kept = user.active ? (by?.tokenId ?? null) : null
    return endings(
      logins.filter((slot) => tokens.idAt(slot) !== kept),
      tokens,
    )
  }

  /** Whoever has another password needs no link to set one. */
  const endedLink = (user: StoredUser, before: StoredUser): Write[] =>
    user.passwordHash === before.passwordHash ? [] : passwordLinks.endings(user.id)

  function planRehash(userId: UserId, kept: string, passwordHash: string): AccountPlan<null> {
    const user = users.stored(userId)
    if (user === null || user.passwordHash !== kept) return { words: [], writes: [], answer: null }
    const value = encodeUser({ ...user, passwordHash })
    const writes = [{ key: userKey(userId), value, expects: users.people.versionOf(userId) }]
    return { words: wordsOf(user, idSpaces), writes, answer: null }
  }

  function planLink(userId: UserId, secret: string, until: Instant, by: Principal): AccountPlan<null> {
    const user = existing(users, userId)
    if (user.roles.includes('admin')) assertMayTouchAdministrators(by)
    const appends = audit({ kind: 'password-link.created', by: by.by, userId }, ledger.now())
    return { words: [user.id], writes: [passwordLinks.write(userId, secret, until)], appends, answer: null }
  }

  function planRemoval(userId: UserId, by: Principal): AccountPlan<null> {
    const user = existing(users, userId)
    const isAdministrator = user.roles.includes('admin')
    if (isAdministrator) assertMayTouchAdministrators(by)
    if (isAdministrator && user.active) assertNotTheLast(users, userId)
    return {
      words: [...wordsOf(user, idSpaces), ...(isAdministrator ? [ADMINISTRATORS] : [])],
      writes: [
        { key: userKey(userId), value: null, expects: users.people.versionOf(userId) },
        ...endings(tokens.of(userId), tokens),
        ...passwordLinks.endings(userId),
        ...preferences.removeAll(userId),
      ],
      appends: audit(
        { kind: 'user.deleted', by: nameOf(by), userId, details: { username: user.username, roles: user.roles } },
        ledger.now(),
      ),
      answer: null,
    }
  }

  function read(userId: UserId): User {
    const user = users.people.get(userId)
    if (user === null) throw noSuchUser()
    return user
  }

  return {
    async create(user, { unless = () => false, ...options }) {
      assertFields(user, idSpaces)
      const plan = (draft: Draft): AccountPlan<UserId | null> =>
        unless() ? { words: [], writes: [], answer: null } : planCreation(user, options, draft)
      const userId = await accounts.change(plan)
      return userId === null ? null : read(userId)
    },
    async update(userId, change, options) {
      assertFields(change, idSpaces)
      return read(await accounts.change(() => planUpdate(userId, change, options)))
    },
    async remove(userId, by) {
      await accounts.change(() => planRemoval(userId, by))
    },
    async rehash(userId, kept, passwordHash) {
      await accounts.change(() => planRehash(userId, kept, passwordHash))
    },
    async link(userId, by) {
      const [secret, until] = [newToken(random, SECRET_LENGTH), ledger.now() + PASSWORD_LINK_MS]
      await accounts.change(() => planLink(userId, secret, until, by))
      return { secret, until }
    },
  }
}

function existing(users: Users, userId: UserId): StoredUser {
  const user = users.stored(userId)
  if (user === null) throw noSuchUser()
  return user
}

/** Whoever manages users without being an administrator must not become one that way. */
function assertMayTouchAdministrators(by: Principal | null): void {
  if (by !== null && !by.administrator) throw permissionMissing('of an administrator')
}

function assertNotTheLast(users: Users, userId: UserId): void {
  if (users.administrators().some((id) => id !== userId)) return
  throw new Failure('conflict', 'This is the last administrator; name another one first.', {
    reason: 'last_administrator',
    field: 'roles',
  })
}

/** An id given as the user's own is kept only where it would be another otherwise. */
function mergedIds(before: StoredUser, change: UserChange, idSpaces: readonly IdSpace[]): Record<string, string> {
  const merged: Record<string, string> = { ...before.ids, ...change.ids }
  for (const space of idSpaces) if (merged[space.name] === idInSpace(space, before.id, undefined)) delete merged[space.name]
  return merged
}

const sameUser = (one: StoredUser, other: StoredUser): boolean => encodeUser(one).equals(encodeUser(other))

/** What the audit log says of a change: of these the values, of everything else that it changed. */
const TOLD: ReadonlySet<string> = new Set<keyof StoredUser>(['username', 'roles', 'active', 'bot'])

function differences(before: StoredUser, after: StoredUser): Record<string, unknown> {
  const names = (Object.keys(after) as (keyof StoredUser)[]).filter((name) => !isDeepStrictEqual(before[name], after[name]))
  return Object.fromEntries(
    names.map((name) => [
      name === 'passwordHash' ? 'password' : name,
      TOLD.has(name) ? { from: before[name], to: after[name] } : true,
    ]),
  )
}

const nameOf = (by: Principal | null): string | null => by?.by ?? null
