import type { IdSpace, People, User } from '../core/accounts.ts'
import type { Subjects, Version } from '../core/ports.ts'
import type { UserId } from '../core/vocabulary.ts'
import { bufferOf, createRecords, grown } from './records.ts'
import { createAscent, createSlotIndex, hashOf, type SlotIndex } from './slotIndex.ts'
import { decodeUser, emailOf, fold, type Glance, glanceAt, idInSpace, type StoredUser, usernameOf } from './userRecord.ts'

/** Decoded users that are kept; the rest is decoded when asked for. */
const DECODED_MAX = 20_000
/** Look-ups of each kind that are remembered. */
const RECENT_MAX = 50_000
/** Removed users whose ids are remembered, so that whoever watched them can be told. */
const REMOVED_MAX = 10_000
const [BOT, DEACTIVATED, ADMINISTRATOR] = [1, 2, 4]

/** Everybody, in memory: encoded records, the indexes over them, and the columns that the engine reads. */
export interface Users {
  readonly people: People
  readonly subjects: Subjects
  /** A key `user/<id>` as it is after a commit or load; null: deleted. `told`: whoever listens is told. */
  put(userId: UserId, value: Uint8Array | null, version: Version, told: boolean): void
  stored(userId: UserId): StoredUser | null
  /** The commit by which somebody was removed last, also before anything was loaded. */
  removedAt(version: Version): void
  /** Those with an id of any kind that has capitals in it and equals this in lower case. Other ids `people.find` tells. */
  holdersOf(folded: string): readonly UserId[]
  /** Every user who has the admin role and is active. */
  administrators(): readonly UserId[]
}

type Change = Parameters<Parameters<Subjects['onChange']>[0]>[0]

export function createUsers({ idSpaces }: { readonly idSpaces: readonly IdSpace[] }): Users {
  const records = createRecords()
  const listeners: ((change: Change) => void)[] = []
  const decoded = new Map<UserId, User>()
  const administrators = new Set<UserId>()
  /** What was given to those who are no more, the last at the end. */
  const removed = new Map<UserId, Glance['ids']>()
  let versions = new Float64Array(1024)
  let lastRemoval: Version = 0
  let createdAts = new Float64Array(1024)
  let flags = new Uint8Array(1024)
  let count = 0

  const isFirst = createAscent()
  const byId = createSlotIndex((slot, id) => records.keyIs(slot, id))
  const byUsername = createSlotIndex((slot, folded) => fold(usernameOf(records.value(slot))) === folded)
  const byEmail = createSlotIndex((slot, folded) => fold(emailOf(records.value(slot)) ?? '') === folded)
  const spaces = idSpaces.map((space, number) => {
    const byValue = createSlotIndex((slot, value) => {
      return idInSpace(space, records.key(slot), glanceAt(records.value(slot)).ids[space.name]) === value
    })
    return { space, byValue, given: 8 << number, recent: new Map<string, UserId>() }
  })
  const byFoldedId = createSlotIndex((slot, folded) => {
    const { ids } = glanceAt(records.value(slot))
    const isIt = (id: string | null): boolean => id !== null && fold(id) === folded
    return isIt(records.key(slot)) || spaces.some(({ space }) => isIt(idInSpace(space, records.key(slot), ids[space.name])))
  })
  const byName = new Map(spaces.map((one) => [one.space.name, one]))

  /** A map finds what was lately asked for in a fraction of the time that an index over encoded records takes. */
  const recent = new Map<UserId, number>()
  function slotOf(userId: UserId): number {
    const known = recent.get(userId)
    if (known !== undefined) return known
    const slot = byId.find(userId)
    if (slot >= 0) keepRecent(recent, records.key(slot), slot)
    return slot
  }
  const has = (slot: number, flag: number): boolean => ((flags[slot] ?? 0) & flag) !== 0

  /** Enters or removes a slot in every index but that of the ids. */
  function enter(slot: number, userId: UserId, glance: Glance, change: 'add' | 'remove'): void {
    if (fold(userId) !== userId) byFoldedId[change](hashOf(fold(userId)), slot)
    byUsername[change](glance.usernameHash, slot)
    if (glance.emailHash !== null) byEmail[change](glance.emailHash, slot)
    for (const { space, byValue } of spaces) {
      const id = idInSpace(space, userId, glance.ids[space.name])
      if (id === null || id === userId) continue
      byValue[change](hashOf(id), slot)
      if (fold(id) !== id) byFoldedId[change](hashOf(fold(id)), slot)
    }
  }

  function write(slot: number, userId: UserId, glance: Glance, version: Version): void {
    if (slot >= versions.length) {
      versions = grown(versions, slot, (length) => new Float64Array(length))
      createdAts = grown(createdAts, slot, (length) => new Float64Array(length))
      flags = grown(flags, slot, (length) => new Uint8Array(length))
    }
    versions[slot] = version
    createdAts[slot] = glance.createdAt
    let bits = (glance.bot ? BOT : 0) | (glance.deactivated ? DEACTIVATED : 0) | (glance.administrator ? ADMINISTRATOR : 0)
    for (const { space, given } of spaces) if (glance.ids[space.name] !== undefined) bits |= given
    flags[slot] = bits
    if (glance.administrator && !glance.deactivated) administrators.add(userId)
    else administrators.delete(userId)
  }

  function put(userId: UserId, value: Uint8Array, version: Version): number {
    const hash = hashOf(userId)
    const known = isFirst(userId) ? -1 : byId.find(userId, hash)
    const glance = glanceAt(bufferOf(value))
    if (known >= 0) {
      enter(known, userId, glanceAt(records.value(known)), 'remove')
      records.replace(known, value)
    } else count++
    const slot = known >= 0 ? known : records.add(userId, value)
    if (known < 0) byId.add(hash, slot)
    enter(slot, userId, glance, 'add')
    write(slot, userId, glance, version)
    return slot
  }

  function remove(userId: UserId): number {
    const slot = slotOf(userId)
    if (slot < 0) return slot
    const glance = glanceAt(records.value(slot))
    removed.delete(userId)
    removed.set(userId, glance.ids)
    if (removed.size > REMOVED_MAX) removed.delete(removed.keys().next().value ?? '')
    enter(slot, userId, glance, 'remove')
    byId.remove(hashOf(userId), slot)
    recent.delete(userId)
    administrators.delete(userId)
    flags[slot] = 0
    records.remove(slot)
    count--
    return slot
  }

  const stored = (userId: UserId): StoredUser | null => {
    const slot = slotOf(userId)
    return slot < 0 ? null : decodeUser(userId, records.value(slot))
  }

  function idIn(spaceName: string, userId: UserId): string | null {
    const slot = slotOf(userId)
    if (slot < 0) return null
    if (spaceName === 'id') return userId
    const found = byName.get(spaceName)
    if (found === undefined) return otherIdIn(spaceName, records.value(slot))
    const given = has(slot, found.given) ? glanceAt(records.value(slot)).ids[spaceName] : undefined
    return idInSpace(found.space, userId, given)
  }

  function lastIdIn(spaceName: string, userId: UserId): string {
    const space = byName.get(spaceName)?.space
    const former = space && idInSpace(space, userId, removed.get(userId)?.[spaceName])
    return idIn(spaceName, userId) ?? former ?? userId
  }

  function findIn(index: SlotIndex, text: string): UserId | null {
    const slot = index.find(text)
    return slot < 0 ? null : records.key(slot)
  }

  function find(spaceName: string, value: string): UserId | null {
    if (spaceName === 'id') return slotOf(value) < 0 ? null : value
    if (spaceName === 'username') return findIn(byUsername, fold(value.normalize('NFC')))
    if (spaceName === 'email') return findIn(byEmail, fold(value))
    const found = byName.get(spaceName)
    if (found === undefined) return null
    const known = found.recent.get(value)
    if (known !== undefined) return known
    const slot = idIn(spaceName, value) === value ? slotOf(value) : found.byValue.find(value)
    if (slot < 0) return null
    const userId = records.key(slot)
    keepRecent(found.recent, value, userId)
    return userId
  }

  function get(userId: UserId): User | null {
    const kept = decoded.get(userId)
    if (kept !== undefined) return kept
    const slot = slotOf(userId)
    if (slot < 0) return null
    const user = shown(decodeUser(userId, records.value(slot)))
    for (const oldest of decoded.keys()) {
      if (decoded.size < DECODED_MAX) break
      decoded.delete(oldest)
    }
    decoded.set(userId, user)
    return user
  }

  function shown({ passwordHash, avatarETag, ids: given, more: _more, ...rest }: StoredUser): User {
    const ids: Record<string, string> = {}
    for (const { space } of spaces) {
      const id = idInSpace(space, rest.id, given[space.name])
      if (id !== null) ids[space.name] = id
    }
    return { ...rest, ids, avatarETag: avatarETag ?? rest.id, hasPassword: passwordHash !== null }
  }

  function* everyone(): Generator<User> {
    for (let slot = 0; slot < records.slots; slot++) {
      if (!records.has(slot)) continue
      const userId = records.key(slot)
      yield decoded.get(userId) ?? shown(decodeUser(userId, records.value(slot)))
    }
  }

  return {
    put(userId, value, version, told) {
      if (decoded.size > 0) decoded.delete(userId)
      for (const space of spaces) if (space.recent.size > 0) space.recent.clear()
      const slot = value === null ? remove(userId) : put(userId, value, version)
      if (told && slot >= 0) for (const listener of listeners) listener({ slot, userId, gone: value === null, version })
    },
    stored,
    holdersOf: (folded) => byFoldedId.all(folded).map((slot) => records.key(slot)),
    administrators: () => [...administrators],
    people: {
      find,
      get,
      idIn,
      lastIdIn,
      everyone,
      versionOf(userId) {
        const slot = slotOf(userId)
        return slot < 0 ? 0 : (versions[slot] ?? 0)
      },
      get count() {
        return count
      },
    },
    removedAt(version) {
      lastRemoval = Math.max(lastRemoval, version)
    },
    subjects: {
      slotOf,
      idAt: (slot) => (records.has(slot) ? records.key(slot) : null),
      createdAt: (slot) => createdAts[slot] ?? 0,
      isBot: (slot) => has(slot, BOT),
      isDeactivated: (slot) => has(slot, DEACTIVATED),
      isAdministrator: (slot) => has(slot, ADMINISTRATOR),
      versionAt: (slot) => versions[slot] ?? 0,
      get lastRemoval() {
        return lastRemoval
      },
      get slots() {
        return records.slots
      },
      onChange: (listener) => void listeners.push(listener),
    },
  }
}

const otherIdIn = (spaceName: string, value: Buffer): string | null =>
  spaceName === 'username' ? usernameOf(value) : spaceName === 'email' ? emailOf(value) : null

function keepRecent<Found>(recent: Map<string, Found>, asked: string, found: Found): void {
  if (recent.size >= RECENT_MAX) recent.clear()
  recent.set(asked, found)
}
