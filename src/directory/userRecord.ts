import type { IdSpace, User } from '../core/accounts.ts'
import type { Role } from '../core/principal.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { keptOf, otherForm, reading, restIn, restOut, textEnd, textStart, type Unknown, writing } from './bytes.ts'
import { hashOfFolded } from './slotIndex.ts'

/** A user as kept: `ids` are only those that do not follow from the id, `name` and `avatarETag` are null until given. */
export interface StoredUser extends Omit<User, 'hasPassword' | 'avatarETag'> {
  readonly passwordHash: string | null
  readonly avatarETag: string | null
  readonly more?: Unknown
}

/** What look-ups need of an encoded user. */
export interface Glance {
  readonly createdAt: Instant
  readonly bot: boolean
  readonly deactivated: boolean
  readonly administrator: boolean
  /** Of the folded username. */
  readonly usernameHash: number
  /** Of the folded e-mail address; null: none. */
  readonly emailHash: number | null
  readonly ids: Readonly<Record<string, string>>
}

const BOT = 1
const DEACTIVATED = 2
const ADMINISTRATOR = 4
/** The password's hash has the parameters of `passwords.ts`: its salt and digest stand behind the name. */
const HASHED = 8
const HASH = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/
const [SALT_BYTES, DIGEST_BYTES] = [16, 32]
/** Bits above are for forms to come. */
const FLAGS_END = 16
const CREATED_AT = 1
const USERNAME_AT = 13

/** What not every user has, or not as most do. */
interface Rest {
  readonly roles?: readonly Role[]
  readonly utcOffset?: number
  readonly timezone?: string
  readonly avatarETag?: string
  readonly passwordHash?: string
}

/** The order of all before the name is known to the functions that read only that. */
export function encodeUser(user: StoredUser): Buffer {
  const administrator = user.roles.includes('admin')
  const hash = rawHashOf(user.passwordHash)
  const flags = (user.bot ? BOT : 0) | (user.active ? 0 : DEACTIVATED) | (administrator ? ADMINISTRATOR : 0)
  const value = writing()
  value.byte(flags | (hash === null ? 0 : HASHED))
  value.number(user.createdAt)
  value.number(user.updatedAt - user.createdAt)
  value.text(user.username)
  value.text(user.email ?? '')
  const ids = Object.entries(user.ids)
  value.byte(ids.length)
  for (const [space, id] of ids) {
    value.text(space)
    value.text(id)
  }
  value.text(user.name)
  if (hash !== null) value.bytes(hash)
  const rest: Rest = {
    ...user.more,
    ...((user.roles.length !== 1 || user.roles[0] !== 'user') && { roles: user.roles }),
    ...(user.utcOffset !== 0 && { utcOffset: user.utcOffset }),
    ...(user.timezone !== null && { timezone: user.timezone }),
    ...(user.avatarETag !== null && { avatarETag: user.avatarETag }),
    ...(hash === null && user.passwordHash !== null && { passwordHash: user.passwordHash }),
  }
  return value.end(restOut(rest))
}

export function decodeUser(id: UserId, value: Buffer): StoredUser {
  const read = reading(value)
  const flags = read.byte()
  const [createdAt, updatedAfterMs, username, email] = [read.number(), read.number(), read.text(), read.text()]
  const ids: Record<string, string> = {}
  for (let left = read.byte(); left > 0; left--) {
    const space = read.text()
    ids[space] = read.text()
  }
  const name = read.text()
  const hash = (flags & HASHED) === 0 ? null : hashOfRaw(read.bytes(SALT_BYTES + DIGEST_BYTES))
  const { roles, utcOffset, timezone, avatarETag, passwordHash, ...more }: Rest = restIn(read.end())
  return {
    id,
    username,
    name,
    email: email === '' ? null : email,
    roles: roles ?? ['user'],
    ids,
    bot: (flags & BOT) !== 0,
    active: (flags & DEACTIVATED) === 0,
    utcOffset: utcOffset ?? 0,
    timezone: timezone ?? null,
    avatarETag: avatarETag ?? null,
    createdAt,
    updatedAt: createdAt + updatedAfterMs,
    passwordHash: hash ?? passwordHash ?? null,
    ...keptOf(more),
  }
}

/** Reads no more than what look-ups need, and makes no text but that of the ids. Throws Failure for another version's form. */
export function glanceAt(value: Buffer): Glance {
  const flags = value[0] ?? 0
  if (flags >= FLAGS_END) throw otherForm('user')
  const usernameEnd = textEnd(value, USERNAME_AT)
  const [emailStart, emailEnd] = [textStart(value, usernameEnd), textEnd(value, usernameEnd)]
  return {
    createdAt: value.readUIntLE(CREATED_AT, 6),
    bot: (flags & BOT) !== 0,
    deactivated: (flags & DEACTIVATED) !== 0,
    administrator: (flags & ADMINISTRATOR) !== 0,
    usernameHash: hashOfFolded(value, textStart(value, USERNAME_AT), usernameEnd),
    emailHash: emailStart === emailEnd ? null : hashOfFolded(value, emailStart, emailEnd),
    ids: idsAt(value, emailEnd),
  }
}

export const usernameOf = (value: Buffer): string => reading(value, USERNAME_AT).text()

/** Null: none. */
export const emailOf = (value: Buffer): string | null => reading(value, textEnd(value, USERNAME_AT)).text() || null

/** As `decodeUser` does, without a `Reading`: a million of them are felt. */
function idsAt(value: Buffer, from: number): Record<string, string> {
  const ids: Record<string, string> = {}
  let at = from + 1
  for (let left = value[from] ?? 0; left > 0; left--) {
    const spaceEnd = textEnd(value, at)
    const idEnd = textEnd(value, spaceEnd)
    ids[value.toString('utf8', textStart(value, at), spaceEnd)] = value.toString('utf8', textStart(value, spaceEnd), idEnd)
    at = idEnd
  }
  return ids
}

function rawHashOf(passwordHash: string | null): Buffer | null {
  const [, salt, digest] = HASH.exec(passwordHash ?? '') ?? []
  return salt === undefined || digest === undefined
    ? null
    : Buffer.concat([Buffer.from(salt, 'base64'), Buffer.from(digest, 'base64')])
}

function hashOfRaw(bytes: Buffer): string {
  const [salt, digest] = [bytes.subarray(0, SALT_BYTES), bytes.subarray(SALT_BYTES)].map((part) =>
    part.toString('base64').replaceAll('=', ''),
  )
  return `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${digest}`
}

/** A user's id in a space; null: it has none there. */
export function idInSpace(space: IdSpace, userId: UserId, given: string | undefined): string | null {
  if (given !== undefined) return given
  if (space.origin === 'own') return userId
  return space.origin === 'next-number' ? null : space.origin(userId)
}

/** Usernames and e-mail addresses are compared in this form. */
export const fold = (text: string): string => text.toLowerCase()
