import type { Version } from '../core/ports.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import type { Cursor } from './cursor.ts'
import { createOrder } from './order.ts'

/** Users in the order in which something was last told of them, so that "changed since" costs what changed. */
export interface Recency {
  /** A commit that is told. `partition`: the number of the facts partition. */
  committed(partition: number, slot: number, version: Version, at: Instant): void
  /** The told commit has come in its order: cursors may name it. */
  told(partition: number, version: Version): void
  /** Whether the last told commit of a slot is this one. */
  isToldAt(slot: number, version: Version): boolean
  /** Whether anything was ever told of whoever is in the slot. */
  knows(slot: number): boolean
  start(loaded: Loaded): void
  /** A change by time alone, or of the policy, at an instant. */
  lapsed(slot: number, instant: Instant, at: Instant): void
  /** Somebody came, changed in a way that shows, or is gone (`slot` -1). */
  directory(slot: number, userId: UserId, version: Version, at: Instant): void
  /** The settings changed, maybe without telling anything: a cursor that names it is of no node that knows more. */
  heard(version: Version): void
  /** A change of policy, and from which instant on this node tells what it changes: others may not have heard of it by then. */
  policy(version: Version, from: Instant): void
  /** The same cursor, or an earlier one where its node had not heard of a policy that is told here; null: too long ago to know. */
  heardOf(cursor: Cursor): Cursor | null
  /** What the slot's user was is no more. */
  forget(slot: number): void
  /** What was told last of a user before anything was followed. */
  recall(partition: number, slot: number, version: Version): void
  /** What time changed last of a user before anything was followed. */
  recallLapse(slot: number, instant: Instant): void
  /** Slots told since a cursor of those that `heardOf` answers. Removed users are added to `removed`. */
  since(cursor: Cursor, removed: Set<UserId>): Set<number>
  /** Slots of which something may have been told at or after an instant. */
  toldAfter(instant: Instant): Iterable<number>
  readonly facts: readonly Version[]
  readonly directoryPosition: Version
  /** No earlier: cursors up to it are not ahead of this node. */
  readonly directoryHeard: Version
  readonly lastLapse: Instant
}

/** Who was there before anything was followed. */
export interface Loaded {
  /** No change of theirs is later. */
  readonly until: Instant
  /** In the order of the versions. */
  readonly slots: Int32Array
  readonly versions: Float64Array
  /** Version of the last removal of a user. */
  readonly lastRemoval: Version
  /** When something that strangers see of the user changed last; asked of slots that nothing was told of since. */
  readonly changedAt: (slot: number) => Instant
}

export interface RecencyParts {
  readonly factsPartitions: number
  /** Changes of who is a user that are remembered; older cursors get everything anew. */
  readonly directoryChangesMax?: number
}

/** Changes of the policy that are remembered; older cursors get everything anew. */
const POLICIES_MAX = 100

interface DirectoryChange {
  readonly version: Version
  readonly slot: number
  readonly userId: UserId
}

export function createRecency({ factsPartitions, directoryChangesMax = 100_000 }: RecencyParts): Recency {
  const byPosition = createOrder(factsPartitions)
  const byLapse = createOrder(1)
  const byArrival = createOrder(1)
  const facts: Version[] = Array.from({ length: factsPartitions }, () => 0)
  let changes: DirectoryChange[] = []
  const policies: { readonly version: Version; readonly from: Instant }[] = []
  let settings: Version = 0
  let directoryPosition: Version = 0
  let rememberedFrom: Version = 0
  let loaded: Loaded = { until: 0, slots: new Int32Array(0), versions: new Float64Array(0), lastRemoval: 0, changedAt: () => 0 }
  /** 1: the slot's user was loaded, and is still there. */
  let wasLoaded = new Uint8Array(0)
  let lastLapse: Instant = 0
  let lastArrival: Instant = 0

  function arrive(slot: number, at: Instant): void {
    lastArrival = Math.max(lastArrival, at)
    byArrival.put(0, slot, lastArrival)
  }

  function forgetOldChanges(): void {
    if (changes.length < directoryChangesMax * 2) return
    rememberedFrom = changes[directoryChangesMax - 1]?.version ?? rememberedFrom
    changes = changes.slice(directoryChangesMax)
  }

  return {
    start(found) {
      const { slots, versions, lastRemoval } = found
      loaded = found
      let highest = -1
      for (const slot of slots) highest = Math.max(highest, slot)
      wasLoaded = new Uint8Array(highest + 1)
      for (const slot of slots) wasLoaded[slot] = 1
      directoryPosition = Math.max(directoryPosition, lastRemoval, versions.at(-1) ?? 0)
      // Who was removed before is not known any more.
      rememberedFrom = lastRemoval
    },
    committed(partition, slot, version, at) {
      byPosition.put(partition, slot, version)
      arrive(slot, at)
    },
    isToldAt: (slot, version) => slot >= 0 && byPosition.has(slot) && byPosition.keyOf(slot) === version,
    knows: (slot) => byArrival.has(slot) || wasLoaded[slot] === 1,
    told(partition, version) {
      facts[partition] = Math.max(facts[partition] ?? 0, version)
    },
    lapsed(slot, instant, at) {
      lastLapse = Math.max(lastLapse, instant)
      byLapse.put(0, slot, lastLapse)
      arrive(slot, at)
    },
    directory(slot, userId, version, at) {
      directoryPosition = Math.max(directoryPosition, version)
      changes.push({ version: directoryPosition, slot, userId })
      forgetOldChanges()
      if (slot >= 0) arrive(slot, at)
    },
    heard(version) {
      settings = version
    },
    policy(version, from) {
      directoryPosition = Math.max(directoryPosition, version)
      policies.push({ version, from })
      if (policies.length > POLICIES_MAX) rememberedFrom = Math.max(rememberedFrom, policies.shift()?.version ?? 0)
    },
    heardOf(cursor) {
      if (cursor.directory < rememberedFrom) return null
      const unheard = policies.find(({ version }) => version > cursor.directory)
      return unheard === undefined ? cursor : { ...cursor, lapsed: Math.min(cursor.lapsed, unheard.from - 1) }
    },
    forget(slot) {
      for (const order of [byPosition, byLapse, byArrival]) order.remove(slot)
      if (wasLoaded[slot] === 1) wasLoaded[slot] = 0
    },
    recall(partition, slot, version) {
      byPosition.put(partition, slot, version)
      facts[partition] = Math.max(facts[partition] ?? 0, version)
    },
    recallLapse(slot, instant) {
      lastLapse = Math.max(lastLapse, instant)
      byLapse.put(0, slot, instant)
    },
    since(cursor, removed) {
      const slots = new Set<number>()
      for (let partition = 0; partition < factsPartitions; partition++)
        collect(byPosition, partition, cursor.facts[partition] ?? 0, slots)
      collect(byLapse, 0, cursor.lapsed, slots)
      for (let i = loaded.slots.length - 1; i >= 0 && (loaded.versions[i] ?? 0) > cursor.directory; i--)
        slots.add(loaded.slots[i] ?? 0)
      for (let i = changes.length - 1; i >= 0; i--) {
        const change = changes[i]
        if (change === undefined || change.version <= cursor.directory) break
        if (change.slot >= 0) slots.add(change.slot)
        else removed.add(change.userId)
      }
      return slots
    },
    *toldAfter(instant) {
      for (let slot = byArrival.newest(0); slot >= 0 && byArrival.keyOf(slot) >= instant; slot = byArrival.older(slot)) yield slot
      if (instant > loaded.until) return
      // Further back than the start nothing is kept in order: who asks so soon after it waits for a look at everybody.
      for (let slot = 0; slot < wasLoaded.length; slot++)
        if (wasLoaded[slot] === 1 && !byArrival.has(slot) && loaded.changedAt(slot) >= instant) yield slot
    },
    get facts() {
      return facts
    },
    get directoryPosition() {
      return directoryPosition
    },
    get directoryHeard() {
      return Math.max(directoryPosition, settings)
    },
    get lastLapse() {
      return lastLapse
    },
  }
}

function collect(order: ReturnType<typeof createOrder>, list: number, after: number, slots: Set<number>): void {
  for (let slot = order.newest(list); slot >= 0 && order.keyOf(slot) > after; slot = order.older(slot)) slots.add(slot)
}
