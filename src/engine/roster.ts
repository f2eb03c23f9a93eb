import type { Policy } from '../core/policy.ts'
import type { Subjects, Version } from '../core/ports.ts'
import { emptyRecord, type PresenceRecord, type Session } from '../core/record.ts'
import { nextDeadline, resolve, type Views } from '../core/resolve.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { createCold } from './cold.ts'
import { createPacking, type Packing } from './packing.ts'
import type { Policies } from './policies.ts'
import { isSame, isUntold, type Row, UNREAD } from './row.ts'

export interface RosterParts {
  readonly subjects: Subjects
  readonly policies: Policies
  readonly now: () => Instant
  /** How facts that nobody asks about are kept. */
  readonly packing?: Packing
  /** Users without facts whose views are remembered; the oldest is forgotten. */
  readonly strangersMax?: number
  /** Users with facts, and without a connection, whose facts are objects; the one of longest standing becomes bytes again. */
  readonly warmMax?: number
}

export interface Roster {
  /** The row with views that hold now. The slot must be in use. */
  at(slot: number): Row
  /** As `at`, for a walk over everybody, which must neither push out what others remember nor be remembered. */
  inPassing(slot: number): Views
  /** As `recordAt`, for such a walk. */
  recordInPassing(slot: number): PresenceRecord
  /** Null: the slot is free. Whoever was read before costs no new string. */
  idAt(slot: number): UserId | null
  /** The row as it stands; undefined: no facts, and not read lately. */
  held(slot: number): Row | undefined
  /** Facts that are bytes are so again after `see`, which may ask for the row: nobody else is pushed out for it. */
  passing(slot: number, see: () => void): void
  /** Takes over what the ledger holds; `record` null: the key is gone. */
  put(slot: number, record: PresenceRecord | null, version: Version): Row
  /** While loading: as `put`, but the row is made only when somebody asks for it. */
  keep(slot: number, record: PresenceRecord, version: Version): void
  forget(slot: number): void
  /** All views must be made anew: the policy changed. */
  expireAll(): void
  expire(slot: number): void
  /** The record to go on from. */
  recordAt(slot: number): PresenceRecord
  /** Of the key in the ledger; 0: it is absent. */
  versionAt(slot: number): Version
  /** Version of the last told write; 0: none. */
  toldAt(slot: number): Version
  /** When something that strangers see changed last, by a write. */
  changedAt(slot: number): Instant
  hasFacts(slot: number): boolean
  /** Slots of users with facts. */
  withFacts(): Generator<number, void>
  readonly factsCount: number
}

const NEVER = Number.POSITIVE_INFINITY
const EXPIRED = Number.NEGATIVE_INFINITY

export function createRoster(parts: RosterParts): Roster {
  const { subjects, policies, now, packing = createPacking(), strangersMax = 50_000, warmMax = 10_000 } = parts
  const rows: (Row | undefined)[] = []
  /** Also of rows that were not written since they were made of it: those need not be written again. */
  const cold = createCold()
  const isCold = (slot: number): boolean => rows[slot] === undefined && cold.has(slot)
  /** What cold facts were found under. */
  const coldPolicies: (Policy | undefined)[] = []
  const remembered = new Int32Array(strangersMax).fill(-1)
  let next = 0
  const cooling = new Int32Array(warmMax).fill(-1)
  let nextCooling = 0
  let passed = -1
  let factsCount = 0

  function remember(slot: number): void {
    const oldest = remembered[next] ?? -1
    if (oldest >= 0 && rows[oldest]?.record === null && rows[oldest]?.version === 0) rows[oldest] = undefined
    remembered[next] = slot
    next = (next + 1) % strangersMax
  }

  function refresh(slot: number, row: Row, instant: Instant): Row {
    const record = row.record ?? emptyRecord(subjects.createdAt(slot))
    const policy = policies.of(slot)
    // Asking the directory makes a new string of it.
    const userId = row.own.userId || (subjects.idAt(slot) ?? '')
    const { own, stranger } = resolve(userId, record, instant, policy)
    const kept = isSame(row.stranger, stranger) ? row.stranger : stranger
    row.policy = policy
    row.own = own === stranger ? kept : isSame(row.own, own) && row.own !== kept ? row.own : own
    row.stranger = kept
    row.validUntil = row.record === null ? NEVER : (nextDeadline(record, instant, policy) ?? NEVER)
    return row
  }

  function add(slot: number, record: PresenceRecord | null, version: Version): Row {
    const { changedAt } = (record ?? emptyRecord(subjects.createdAt(slot))).shown
    const row = {
      own: UNREAD,
      stranger: UNREAD,
      validUntil: EXPIRED,
      policy: policies.of(slot),
      record: null,
      version,
      toldChangeAt: changedAt,
      told: null,
      toldOwn: null,
      cooling: false,
    }
    while (rows.length < slot) rows.push(undefined)
    rows[slot] = row
    return row
  }

  function held(slot: number): Row | undefined {
    return rows[slot] ?? (cold.has(slot) ? thaw(slot) : undefined)
  }

  function thaw(slot: number): Row {
    const { value, version, toldChangeAt } = cold.peek(slot)
    const record = packing.unpack(value)
    const row = add(slot, record, version)
    row.record = record
    row.toldChangeAt = toldChangeAt
    row.policy = coldPolicies[slot] ?? row.policy
    if (slot !== passed) cool(slot, row)
    return row
  }

  /** Takes a place in the line of those who become bytes again, and the one who had it does. */
  function cool(slot: number, row: Row): void {
    if (row.cooling) return
    row.cooling = true
    const oldest = cooling[nextCooling] ?? -1
    cooling[nextCooling] = slot
    nextCooling = (nextCooling + 1) % warmMax
    const left = rows[oldest]
    if (left === undefined || oldest === slot) return
    left.cooling = false
    freeze(oldest, left)
  }

  function pack(slot: number, record: PresenceRecord, version: Version, toldChangeAt: Instant): void {
    const { told, changedAt } = record.shown
    cold.put(slot, { value: packing.pack(record), version, told: told ?? version, changedAt, toldChangeAt })
  }

  /** Whoever is connected will soon be written again, and comes back into the line with that. */
  function freeze(slot: number, row: Row): void {
    const { record, version, toldChangeAt, policy } = row
    if (record === null || record.sessions.some(isConnected) || isUntold(row)) return
    if (cold.has(slot)) cold.retell(slot, toldChangeAt)
    else pack(slot, record, version, toldChangeAt)
    coldPolicies[slot] = policy
    rows[slot] = undefined
  }

  function at(slot: number): Row {
    const row = rows[slot]
    if (row?.validUntil === NEVER) return row
    const instant = now()
    if (row !== undefined && instant < row.validUntil) return row
    if (row !== undefined) return refresh(slot, row, instant)
    if (cold.has(slot)) return refresh(slot, thaw(slot), instant)
    remember(slot)
    return refresh(slot, add(slot, null, 0), instant)
  }

  function put(slot: number, record: PresenceRecord | null, version: Version): Row {
    const row = held(slot) ?? add(slot, record, version)
    if (row.record === null && record !== null) factsCount++
    if (row.record !== null && record === null) factsCount--
    row.policy = policies.of(slot)
    row.record = record
    row.version = version
    row.validUntil = EXPIRED
    cold.forget(slot)
    if (record !== null) cool(slot, row)
    return row
  }

  const hasFacts = (slot: number): boolean => cold.has(slot) || (rows[slot]?.record ?? null) !== null

  const recordAt = (slot: number): PresenceRecord => held(slot)?.record ?? emptyRecord(subjects.createdAt(slot))

  function recordInPassing(slot: number): PresenceRecord {
    if (!isCold(slot)) return recordAt(slot)
    return packing.unpack(cold.peek(slot).value)
  }

  const idAt = (slot: number): UserId | null => rows[slot]?.own.userId || subjects.idAt(slot)

  return {
    at,
    inPassing(slot) {
      if (rows[slot] !== undefined || (subjects.slots <= strangersMax && !cold.has(slot))) return at(slot)
      return resolve(subjects.idAt(slot) ?? '', recordInPassing(slot), now(), policies.of(slot))
    },
    recordInPassing,
    idAt,
    held,
    passing(slot, see) {
      if (!isCold(slot)) return see()
      passed = slot
      see()
      passed = -1
      const row = rows[slot]
      if (row !== undefined) freeze(slot, row)
      if (row !== undefined && rows[slot] !== undefined) cool(slot, row)
    },
    put,
    keep(slot, record, version) {
      if (held(slot) !== undefined) return void put(slot, record, version)
      pack(slot, record, version, record.shown.changedAt)
      while (coldPolicies.length < slot) coldPolicies.push(undefined)
      coldPolicies[slot] = policies.of(slot)
      factsCount++
    },
    forget(slot) {
      if (hasFacts(slot)) factsCount--
      cold.forget(slot)
      rows[slot] = undefined
    },
    expireAll() {
      for (const row of rows) if (row?.record) row.validUntil = EXPIRED
    },
    expire(slot) {
      const row = rows[slot]
      if (row !== undefined) row.validUntil = EXPIRED
    },
    recordAt,
    versionAt: (slot) => (isCold(slot) ? cold.version(slot) : (rows[slot]?.version ?? 0)),
    toldAt: (slot) => (isCold(slot) ? cold.told(slot) : (rows[slot]?.record?.shown.told ?? 0)),
    changedAt: (slot) => (isCold(slot) ? cold.changedAt(slot) : recordAt(slot).shown.changedAt),
    hasFacts,
    *withFacts() {
      for (let slot = 0; slot < subjects.slots; slot++) if (hasFacts(slot)) yield slot
    },
    get factsCount() {
      return factsCount
    },
  }
}

const isConnected = ({ owner, seenUntil }: Session): boolean => owner !== null && seenUntil === null
