import type { Authentication, SettingsView } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import type { Chronicle } from '../core/history.ts'
import {
  type Commit,
  type Entry,
  factsPartition,
  type Ledger,
  type Positions,
  type Subjects,
  type Version,
} from '../core/ports.ts'
import type { PresenceRecord } from '../core/record.ts'
import { nextDeadline } from '../core/resolve.ts'
import type { PresenceService } from '../core/service.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { createDeadlines } from './deadlines.ts'
import { createEnact } from './enact.ts'
import { createEstates } from './estates.ts'
import type { SessionsFigures } from './holding.ts'
import { createLanes } from './lanes.ts'
import { createOnlyNode, type Nodes } from './nodes.ts'
import { createOrphans, type Orphan } from './orphans.ts'
import { createPolicies } from './policies.ts'
import { createReach } from './reach.ts'
import { recall } from './recall.ts'
import { createRecency } from './recency.ts'
import { createRetelling } from './retelling.ts'
import { createRoster } from './roster.ts'
import { isUntold, markTold, type Row } from './row.ts'
import { createService } from './service.ts'
import { createSessions, RESTART_GRACE_MS } from './sessions.ts'
import { createSlices } from './slices.ts'
import { normalised, readRecord } from './stored.ts'
import { createWatchers } from './watchers.ts'

export interface EngineParts {
  readonly ledger: Ledger
  readonly subjects: Subjects
  readonly settings: SettingsView
  /** The other nodes of the same ledger; absent: there are none. */
  readonly nodes?: Nodes
  readonly restartGraceMs?: number
  /** Users with facts, and without a connection, whose facts are objects; the others' are bytes. */
  readonly warmMax?: number
  /** How it hears that tokens end, whose sessions end with them. */
  readonly onEnded?: Authentication['onEnded']
  /** Spreads retries; 0 to 1. */
  readonly random?: () => number
  /** What goes to the archive with each commit; absent: nothing. */
  readonly chronicle?: Chronicle
  readonly log: { warn(details: object, message: string): void }
}

export interface Engine {
  readonly service: PresenceService
  /** An entry of a facts partition, while loading; the directory has been loaded before. Throws an Error for one it cannot read. */
  apply(entry: Entry): void
  /** Everything was loaded up to these positions; resolves once it is in order: deadlines fire from there on. */
  loaded(positions: Positions): Promise<void>
  /** A commit as the ledger tells it, own ones too; one that was applied already changes nothing. */
  commit(commit: Commit): void
  /** The facts that are held of a user now. */
  recordOf(userId: UserId): PresenceRecord
  /** Clients were turned away for so long, in ms, who may have a session: everybody's grace begins anew after it. */
  holdGraces(ms: number): void
  readonly figures: EngineFigures
  /** Many changes are being told, and more of them will be in a moment. */
  readonly tellsMore: () => boolean
  /** Resolves once no commit is in flight; no deadline fires any more. */
  close(): Promise<void>
}

export interface EngineFigures extends SessionsFigures {
  readonly usersWithFacts: number
  readonly deadlinesPending: number
  readonly deadlinesFired: number
  readonly commitsInFlight: number
  readonly commits: number
  readonly conflicts: number
  readonly watchers: number
}

const FACTS = 'facts/'

/** Keeps presence true over time: facts from the ledger in memory, answers without I/O, changes by compare-and-set. */
export function createEngine(parts: EngineParts): Engine {
  const { ledger, subjects, settings, onEnded, random = Math.random, chronicle = () => [], warmMax, log } = parts
  const now = () => ledger.now()
  const { nodes = createOnlyNode({ now }), restartGraceMs = RESTART_GRACE_MS } = parts
  const slices = createSlices()
  const policies = createPolicies(subjects, settings.current)
  const roster = createRoster({
    subjects,
    policies,
    now,
    ...(warmMax !== undefined && { warmMax }),
  })
  const recency = createRecency({ factsPartitions: ledger.factsPartitions })
  const deadlines = createDeadlines({ now, slices, onDue: (slot, instant) => roster.passing(slot, () => onDue(slot, instant)) })
  const orphans = createOrphans({ ledger, subjects, log })
  const lanes = createLanes({ ledger, random, held, versionOf, onCommitted, chronicle })
  const enact = createEnact({ ledger, subjects, lanes, policies })
  const recordOf = (userId: UserId) => roster.recordAt(subjects.slotOf(userId))
  const known = { ledger, subjects, settings, enact }
  const sessions = createSessions({ ...known, slices, random, nodes, restartGraceMs, recordOf, log })
  const estates = createEstates({ nodes, subjects, roster, sessions, slices })
  const followed: Version[] = Array.from({ length: ledger.factsPartitions }, () => 0)
  const lapsed = new Set<number>()
  const retelling = createRetelling({ roster, recency, slices, now, look })
  const reach = createReach({ ledger, recency, deadlines, retellingFrom: retelling.from })
  const watchers = createWatchers({ cursor: reach.cursor })
  let running = false
  let deadlinesFired = 0

  settings.onChange((changed, at, version) => {
    recency.heard(version)
    if (!policies.change(changed, at)) return
    roster.expireAll()
    if (running) retelling.begin(version)
    else recency.policy(version, at)
  })
  subjects.onChange(({ slot, userId, gone, version }) => {
    if (!running) return
    if (gone) leave(slot, userId, version)
    else arrive(slot, userId, version)
    if (gone || subjects.isDeactivated(slot)) sessions.endUser(userId)
  })
  onEnded?.((ended) => {
    if ('tokenId' in ended) sessions.endToken(ended.tokenId)
  })

  function held(userId: UserId): { record: PresenceRecord; version: Version } {
    const slot = subjects.slotOf(userId)
    return { record: roster.recordAt(slot), version: roster.versionAt(slot) }
  }

  function versionOf(userId: UserId): Version {
    const slot = subjects.slotOf(userId)
    return slot < 0 ? orphans.versionOf(userId) : roster.versionAt(slot)
  }

  function onCommitted(userId: UserId, record: PresenceRecord, version: Version): void {
    if (version > versionOf(userId)) adopt(userId, record, version)
  }

  /** Takes over a newer record, tells it, and wakes who waits for it. */
  function adopt(userId: UserId, stored: PresenceRecord | null, version: Version): void {
    const slot = subjects.slotOf(userId)
    const record = normalised(stored, version)
    if (slot < 0) orphans.put(userId, record, record === null ? 0 : version)
    else {
      roster.put(slot, record, record === null ? 0 : version)
      const row = roster.at(slot)
      schedule(slot, record, now())
      // A change by time that was not told yet is told with this commit, even where the commit itself is not.
      const untold = record?.shown.told === version || isUntold(row)
      if (untold) recency.committed(partitionOf(userId), slot, version, now())
      // What time changed before the commit came here, others may have told already, but nobody who asks here next.
      const { changedAt } = row.stranger
      if (record !== null && changedAt > record.shown.asOf) recency.lapsed(slot, changedAt, now())
      tell(userId, row, untold)
      if (record !== null) sessions.seen(userId, record)
    }
    lanes.arrived(userId)
  }

  function partitionOf(userId: UserId): number {
    return partitionNumber(factsPartition(userId, ledger.factsPartitions))
  }

  function schedule(slot: number, record: PresenceRecord | null, from: Instant): Instant | null {
    const next = record === null ? null : nextDeadline(record, from, policies.of(slot))
    deadlines.set(slot, next)
    return next
  }

  function onDue(slot: number, instant: Instant): void {
    deadlinesFired++
    const { record } = roster.held(slot) ?? {}
    const next = record ? schedule(slot, record, instant) : null
    if (next === null || next > now()) retell(slot, (at) => recency.lapsed(slot, instant, at))
  }

  /** Looks at a user again, and where strangers see something else than they were told, tells it. */
  function retell(slot: number, order: (at: Instant) => void, forced = false): void {
    if (roster.held(slot) === undefined && !forced) return
    const row = roster.at(slot)
    const stranger = forced || isUntold(row)
    if (stranger) order(now())
    // Asking the directory for the id would make a new string of it.
    tell(row.own.userId, row, stranger)
  }

  /** What strangers are told moves cursors too; oneself is told of everything. */
  function tell(userId: UserId, row: Row, stranger: boolean): void {
    const own = row.own !== row.toldOwn
    markTold(row)
    if (own || stranger) watchers.told(userId, row, { own, stranger })
  }

  /** Of whom nothing was read since the start, nobody knows what was seen before: they are told of another policy. */
  function look(slot: number, from: Instant): void {
    schedule(slot, roster.recordAt(slot), now())
    retell(slot, (at) => recency.lapsed(slot, from, at), roster.held(slot)?.told === null)
  }

  function arrive(slot: number, userId: UserId, version: Version): void {
    const isNew = !recency.knows(slot)
    const orphan = orphans.take(userId)
    if (orphan !== null) adoptOrphan(slot, userId, orphan)
    policies.touch(slot, now(), roster.held(slot)?.policy ?? null)
    roster.expire(slot)
    schedule(slot, roster.held(slot)?.record ?? null, now())
    const told = () => recency.directory(slot, userId, version, now())
    retell(slot, told, isNew)
  }

  /** Facts that came before their user are theirs; those of an earlier user of that id are not, but their key is still there. */
  function adoptOrphan(slot: number, userId: UserId, { record, version }: Orphan): void {
    if (isOf(slot, record)) adopt(userId, record, version)
    else roster.put(slot, null, version)
  }

  function isOf(slot: number, record: PresenceRecord | null): boolean {
    return record !== null && record.shown.asOf >= subjects.createdAt(slot)
  }

  function leave(slot: number, userId: UserId, version: Version): void {
    orphans.put(userId, null, roster.versionAt(slot))
    deadlines.set(slot, null)
    policies.forget(slot)
    roster.forget(slot)
    recency.forget(slot)
    recency.directory(-1, userId, version, now())
    watchers.gone(userId)
  }

  return {
    service: createService({ ...known, roster, recency, watchers, policies, ...reach, followed, sessions }),
    apply({ partition, key, value, version }) {
      const record = normalised(readRecord(partition, key, value), version)
      const slot = subjects.slotOf(key)
      if (slot < 0) return orphans.put(key, record, version)
      if (!isOf(slot, record)) return void roster.put(slot, null, version)
      roster.keep(slot, record, version)
      if (record.shown.lapsed) lapsed.add(slot)
      schedule(slot, record, record.shown.asOf)
      sessions.restore(key, record)
    },
    async loaded(positions) {
      for (const partition of followed.keys()) followed[partition] = positions[`${FACTS}${partition}`] ?? 0
      await recall({ subjects, roster, recency, partitionOf, now, lapsed })
      running = true
      orphans.start()
      await sessions.start()
      estates.start()
      deadlines.start()
    },
    commit({ partition, version, writes }) {
      if (!partition.startsWith(FACTS)) return
      const number = partitionNumber(partition)
      for (const { key, value } of writes) {
        if (version > versionOf(key)) follow(partition, key, value, version)
        if (recency.isToldAt(subjects.slotOf(key), version)) recency.told(number, version)
      }
      followed[number] = Math.max(followed[number] ?? 0, version)
    },
    get figures() {
      const { inFlight: commitsInFlight, commits, conflicts } = lanes.figures
      const [usersWithFacts, deadlinesPending] = [roster.factsCount, deadlines.pending]
      const own = { usersWithFacts, deadlinesPending, deadlinesFired, commitsInFlight, commits, conflicts }
      return { ...own, ...sessions.figures, watchers: watchers.figures.watchers }
    },
    recordOf,
    tellsMore: () => deadlines.isBehind || reach.isRetelling(),
    holdGraces: sessions.holdGraces,
    async close() {
      sessions.stop()
      await lanes.settled()
      deadlines.stop()
      orphans.stop()
    },
  }

  function follow(partition: string, key: UserId, value: Uint8Array | null, version: Version): void {
    try {
      adopt(key, value === null ? null : (lanes.writtenAs(key, value) ?? readRecord(partition, key, value)), version)
    } catch (error) {
      // What cannot be read must not be passed over.
      if (error instanceof Failure) throw error
      log.warn({ key, version, error }, 'A commit that was followed was not taken over; the user stays as it was.')
    }
  }
}

const partitionNumber = (partition: string): number => Number(partition.slice(FACTS.length))
