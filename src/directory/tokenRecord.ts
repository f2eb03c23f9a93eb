import type { TokenDescription } from '../core/accounts.ts'
import type { GroupId } from '../core/groups.ts'
import type { Scope } from '../core/principal.ts'
import type { UserId } from '../core/vocabulary.ts'
import { keptOf, otherForm, reading, restIn, restOut, textEnd, textStart, type Unknown, writing } from './bytes.ts'
import { hashOfFolded } from './slotIndex.ts'

const HOUR_MS = 3_600_000
/** The order is part of the format. */
const KINDS: readonly TokenDescription['kind'][] = ['login', 'personal', 'application', 'publishable']

/** A token as kept; `scopes` null: all. `hash` is the base64url SHA-256 of the token. */
export interface StoredToken extends Omit<TokenDescription, 'id' | 'scopes'> {
  readonly hash: string
  readonly scopes: readonly Scope[] | null
  readonly more?: Unknown
}

/** What not every token has. */
interface Rest {
  readonly name?: string
  readonly scopes?: readonly Scope[]
  readonly users?: readonly UserId[]
  readonly groups?: readonly GroupId[]
  readonly origins?: readonly string[]
}

/** The order of the first three is known to the functions that read only one of them. */
export function encodeToken(token: StoredToken): Buffer {
  const value = writing()
  value.byte(KINDS.indexOf(token.kind))
  value.number((token.lastUsedAt ?? 0) / HOUR_MS)
  value.text(token.userId)
  value.number(token.createdAt)
  value.number(token.until ?? 0)
  value.text(token.tail)
  const rest: Rest = {
    ...token.more,
    ...(token.name !== '' && { name: token.name }),
    ...(token.scopes !== null && { scopes: token.scopes }),
    ...(token.users !== null && { users: token.users }),
    ...(token.groups !== null && { groups: token.groups }),
    ...(token.origins !== null && { origins: token.origins }),
  }
  return value.end(restOut(rest))
}

export function decodeToken(hash: string, value: Buffer): StoredToken {
  const read = reading(value)
  const kind = KINDS[read.byte()] ?? 'login'
  const usedHour = read.number()
  const [userId, createdAt, until, tail, end] = [read.text(), read.number(), read.number(), read.text(), read.end()]
  const rest: Rest = restIn(end)
  const { name = '', scopes = null, users = null, groups = null, origins = null, ...more } = rest
  return {
    hash,
    userId,
    kind,
    name,
    createdAt,
    until: until === 0 ? null : until,
    tail,
    lastUsedAt: usedHour === 0 ? null : usedHour * HOUR_MS,
    scopes,
    users,
    groups,
    origins,
    ...keptOf(more),
  }
}

const USED_HOUR_AT = 1
const USER_AT = 7

/** Throws Failure for another version's form. */
export function usedHourOf(value: Buffer): number {
  if ((value[0] ?? 0) >= KINDS.length) throw otherForm('token')
  return value.readUInt32LE(USED_HOUR_AT)
}

/** As an index has it: ids are ASCII, and folding two of them together only makes the index look twice. */
export const userHashOf = (value: Buffer): number => hashOfFolded(value, textStart(value, USER_AT), textEnd(value, USER_AT))

export function isOfUser(value: Buffer, userId: UserId): boolean {
  const start = textStart(value, USER_AT)
  if (textEnd(value, USER_AT) - start !== userId.length) return false
  for (let i = 0; i < userId.length; i++) if (value[start + i] !== userId.charCodeAt(i)) return false
  return true
}
