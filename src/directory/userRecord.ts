import type { IdSpace, User } from '../core/accounts.ts'
import type { Role } from '../core/principal.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'

/** A user as kept: `ids` are only those that do not follow from the id, `name` and `avatarETag` are null until given. */
export interface StoredUser extends Omit<User, 'hasPassword' | 'avatarETag'> {
  readonly passwordHash: string | null
  readonly avatarETag: string | null
}

/** What look-ups need of an encoded user. */
export interface Glance {
  readonly createdAt: Instant
  readonly bot: boolean
  readonly deactivated: boolean
  readonly administrator: boolean
  readonly username: string
  readonly email: string | null
  readonly ids: Readonly<Record<string, string>>
}

const BOT = 1
const DEACTIVATED = 2
const ADMINISTRATOR = 4
/** Every hash has the parameters of `passwords.ts`; those that have them are kept without. */
const HASH_PREFIX = '$argon2id$v=19$m=19456,t=2,p=1$'

type Head = [flags: number, createdAt: Instant, username: string, email: string, ids: Record<string, string>]
type Tail = [name: string, hash: string, updatedAfterMs: number, rest?: Rest]
interface Rest {
  readonly roles?: readonly Role[]
  readonly utcOffset?: number
  readonly timezone?: string
  readonly avatarETag?: string
}

/** JSON whose first five elements can be read without the others; no text in those contains a `}` or a quotation mark. */
export function encodeUser(user: StoredUser): Buffer {
  const administrator = user.roles.includes('admin')
  const flags = (user.bot ? BOT : 0) | (user.active ? 0 : DEACTIVATED) | (administrator ? ADMINISTRATOR : 0)
  const head: Head = [flags, user.createdAt, user.username, user.email ?? '', user.ids]
  const hash = user.passwordHash ?? ''
  const tail: Tail = [
    user.name,
    hash.startsWith(HASH_PREFIX) ? hash.slice(HASH_PREFIX.length) : hash,
    user.updatedAt - user.createdAt,
  ]
  const rest: Rest = {
    ...(user.roles.length === 1 && user.roles[0] === 'user' ? {} : { roles: user.roles }),
    ...(user.utcOffset === 0 ? {} : { utcOffset: user.utcOffset }),
    ...(user.timezone === null ? {} : { timezone: user.timezone }),
    ...(user.avatarETag === null ? {} : { avatarETag: user.avatarETag }),
  }
  return Buffer.from(JSON.stringify([...head, ...tail, ...(Object.keys(rest).length > 0 ? [rest] : [])]))
}

export function decodeUser(id: UserId, value: Buffer): StoredUser {
  const fields: [...Head, ...Tail] = JSON.parse(value.toString('utf8', 0, value.length))
  const [flags, createdAt, username, email, ids, name, hash, updatedAfterMs, rest = {}] = fields
  return {
    id,
    username,
    name,
    email: email === '' ? null : email,
    roles: rest.roles ?? ['user'],
    ids,
    bot: (flags & BOT) !== 0,
    active: (flags & DEACTIVATED) === 0,
    utcOffset: rest.utcOffset ?? 0,
    timezone: rest.timezone ?? null,
    avatarETag: rest.avatarETag ?? null,
    createdAt,
    updatedAt: createdAt + updatedAfterMs,
    passwordHash: hash === '' ? null : hash.startsWith('$') ? hash : HASH_PREFIX + hash,
  }
}

/** Reads the head alone: no text in it contains a quotation mark, so that what stands between two of them is one. */
export function glanceAt(value: Buffer): Glance {
  const [numbers = '', username = '', , email = '', , ...pairs] = value.toString('utf8', 0, value.indexOf(0x7d)).split('"')
  const comma = numbers.indexOf(',')
  const flags = Number(numbers.slice(1, comma))
  const ids: Record<string, string> = {}
  for (let at = 0; at + 2 < pairs.length; at += 4) ids[pairs[at] ?? ''] = pairs[at + 2] ?? ''
  return {
    createdAt: Number(numbers.slice(comma + 1, -1)),
    bot: (flags & BOT) !== 0,
    deactivated: (flags & DEACTIVATED) !== 0,
    administrator: (flags & ADMINISTRATOR) !== 0,
    username,
    email: email === '' ? null : email,
    ids,
  }
}

/** A user's id in a space; null: it has none there. */
export function idInSpace(space: IdSpace, userId: UserId, given: string | undefined): string | null {
  if (given !== undefined) return given
  if (space.origin === 'own') return userId
  return space.origin === 'next-number' ? null : space.origin(userId)
}

/** Usernames and e-mail addresses are compared in this form. */
export const fold = (text: string): string => text.toLowerCase()
