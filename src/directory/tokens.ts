import type { Version } from '../core/ports.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { zBase32 } from './random.ts'
import { bufferOf, createRecords, grown } from './records.ts'
import { createAscent, createSlotIndex, hashOf } from './slotIndex.ts'
import { decodeToken, isOfUser, type StoredToken, usedHourOf, userHashOf } from './tokenRecord.ts'
import { fold } from './userRecord.ts'

const HOUR_MS = 3_600_000

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

/** Any part of a SHA-256 is as good as all of it. */
const hashOfStart = (hash: string): number => hashOf(hash.slice(0, 8))

export function createTokens(): Tokens {
  const records = createRecords()
  let versions = new Float64Array(1024)
  let usedHours = new Uint32Array(1024)
  const isFirst = createAscent()
  const byHash = createSlotIndex((slot, hash) => records.keyIs(slot, hash))
  const byUser = createSlotIndex((slot, userId) => isOfUser(records.value(slot), userId))

  return {
    put(hash, value, version) {
      const bytes = bufferOf(value)
      const start = hashOfStart(hash)
      let slot = isFirst(hash) ? -1 : byHash.find(hash, start)
      if (slot >= 0) records.replace(slot, value)
      else {
        slot = records.add(hash, value)
        byHash.add(start, slot)
        byUser.add(userHashOf(bytes), slot)
      }
      if (slot >= versions.length) {
        versions = grown(versions, slot, (length) => new Float64Array(length))
        usedHours = grown(usedHours, slot, (length) => new Uint32Array(length))
      }
      versions[slot] = version
      usedHours[slot] = usedHourOf(bytes)
    },
    remove(hash) {
      const start = hashOfStart(hash)
      const slot = byHash.find(hash, start)
      if (slot < 0) return slot
      byUser.remove(userHashOf(records.value(slot)), slot)
      byHash.remove(start, slot)
      records.remove(slot)
      return slot
    },
    find: (hash) => byHash.find(hash, hashOfStart(hash)),
    has: (slot) => records.has(slot),
    at(slot) {
      const token = decodeToken(records.key(slot), records.value(slot))
      const usedHour = usedHours[slot] ?? 0
      return { ...token, lastUsedAt: usedHour === 0 ? null : usedHour * HOUR_MS }
    },
    idAt: (slot) => tokenId(records.key(slot)),
    versionAt: (slot) => versions[slot] ?? 0,
    of: (userId) => byUser.all(userId, hashOf(fold(userId))),
    use(slot, now) {
      const hour = Math.floor(now / HOUR_MS)
      if (usedHours[slot] === hour) return false
      usedHours[slot] = hour
      return true
    },
  }
}

export const startOfHour = (instant: Instant): Instant => instant - (instant % HOUR_MS)

/** An id by which a token can be named without being known: it follows from the hash. */
export const tokenId = (hash: string): string => zBase32(Buffer.from(hash, 'base64url').subarray(0, 26))
