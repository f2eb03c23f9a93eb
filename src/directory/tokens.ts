import type { TokenDescription } from '../core/accounts.ts'
import type { GroupId } from '../core/groups.ts'
import type { Version } from '../core/ports.ts'
import type { Scope } from '../core/principal.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { zBase32 } from './random.ts'
import { bufferOf, createRecords, grown } from './records.ts'
import { createSlotIndex } from './slotIndex.ts'

const HOUR_MS = 3_600_000

/** A token as kept; `scopes` null: all. `hash` is the base64url SHA-256 of the token. */
export interface StoredToken extends Omit<TokenDescription, 'id' | 'scopes'> {
  readonly hash: string
  readonly scopes: readonly Scope[] | null
}

/** Every token, by hash, encoded in memory. */
export interface Tokens {
  put(hash: string, value: Uint8Array, version: Version): void
  /** Answers the slot it had; -1: none. */
  remove(hash: string): number
  /** -1: no such token. */
  find(hash: string): number
  has(slot: number): boolean
  at(slot: number): StoredToken
  /** The id by which others name it. */
  idAt(slot: number): string
  versionAt(slot: number): Version
  of(userId: UserId): readonly number[]
  /** Notes a use; true when none was noted in this hour. */
  use(slot: number, now: Instant): boolean
}

/** The first two can be read without the others. */
type Fields = [
  userId: UserId,
  usedHour: number,
  kind: TokenDescription['kind'],
  name: string,
  createdAt: Instant,
  until: Instant,
  tail: string,
  limits?: {
    readonly scopes?: readonly Scope[]
    readonly users?: readonly UserId[]
    readonly groups?: readonly GroupId[]
    readonly origins?: readonly string[]
  },
]

export function createTokens(): Tokens {
  const records = createRecords()
  let versions = new Float64Array(1024)
  let usedHours = new Uint32Array(1024)
  const byHash = createSlotIndex((slot, hash) => records.keyIs(slot, hash))
  const byUser = createSlotIndex((slot, userId) => startsWithUser(records.value(slot), userId))

  return {
    put(hash, value, version) {
      const { userId, usedHour } = glanceAt(bufferOf(value))
      let slot = byHash.find(hash)
      if (slot >= 0) records.replace(slot, value)
      else {
        slot = records.add(hash, value)
        byHash.add(hash, slot)
        byUser.add(userId, slot)
      }
      versions = grown(versions, slot, (length) => new Float64Array(length))
      usedHours = grown(usedHours, slot, (length) => new Uint32Array(length))
      versions[slot] = version
      usedHours[slot] = usedHour
    },
    remove(hash) {
      const slot = byHash.find(hash)
      if (slot < 0) return slot
      byUser.remove(glanceAt(records.value(slot)).userId, slot)
      byHash.remove(hash, slot)
      records.remove(slot)
      return slot
    },
    find: (hash) => byHash.find(hash),
    has: (slot) => records.has(slot),
    at(slot) {
      const token = decodeToken(records.key(slot), records.value(slot))
      const usedHour = usedHours[slot] ?? 0
      return { ...token, lastUsedAt: usedHour === 0 ? null : usedHour * HOUR_MS }
    },
    idAt: (slot) => tokenId(records.key(slot)),
    versionAt: (slot) => versions[slot] ?? 0,
    of: (userId) => byUser.all(userId),
    use(slot, now) {
      const hour = Math.floor(now / HOUR_MS)
      if (usedHours[slot] === hour) return false
      usedHours[slot] = hour
      return true
    },
  }
}

export function encodeToken(token: StoredToken): Buffer {
  const limits = {
    ...(token.scopes === null ? {} : { scopes: token.scopes }),
    ...(token.users === null ? {} : { users: token.users }),
    ...(token.groups === null ? {} : { groups: token.groups }),
    ...(token.origins === null ? {} : { origins: token.origins }),
  }
  const fields: Fields = [
    token.userId,
    (token.lastUsedAt ?? 0) / HOUR_MS,
    token.kind,
    token.name,
    token.createdAt,
    token.until ?? 0,
    token.tail,
  ]
  return Buffer.from(JSON.stringify(Object.keys(limits).length > 0 ? [...fields, limits] : fields))
}

function glanceAt(value: Buffer): { readonly userId: UserId; readonly usedHour: number } {
  const quote = value.indexOf(0x22, 2)
  let usedHour = 0
  for (let at = quote + 2; value[at] !== 0x2c; at++) usedHour = 10 * usedHour + (value[at] ?? 0) - 0x30
  return { userId: value.toString('latin1', 2, quote), usedHour }
}

function decodeToken(hash: string, value: Buffer): StoredToken {
  const fields: Fields = JSON.parse(value.toString('utf8', 0, value.length))
  const [userId, usedHour, kind, name, createdAt, end, tail, limits = {}] = fields
  const { scopes = null, users = null, groups = null, origins = null } = limits
  const [lastUsedAt, until] = [usedHour === 0 ? null : usedHour * HOUR_MS, end === 0 ? null : end]
  return { hash, userId, kind, name, createdAt, until, tail, lastUsedAt, scopes, users, groups, origins }
}

export const startOfHour = (instant: Instant): Instant => instant - (instant % HOUR_MS)

/** An id by which a token can be named without being known: it follows from the hash. */
export const tokenId = (hash: string): string => zBase32(Buffer.from(hash, 'base64url').subarray(0, 26))

function startsWithUser(value: Buffer, userId: UserId): boolean {
  for (let i = 0; i < userId.length; i++) if (value[i + 2] !== userId.charCodeAt(i)) return false
  return value[userId.length + 2] === 0x22
}
