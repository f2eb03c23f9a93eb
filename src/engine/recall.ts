import { setImmediate as turn } from 'node:timers/promises'
import type { Subjects } from '../core/ports.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { inOrder, type Keyed, STEP_SLOTS } from './inOrder.ts'
import type { Recency } from './recency.ts'
import type { Roster } from './roster.ts'

/** A change is put in its place in about a microsecond, which is more than sorting takes. */
const STEP_RECALLED = 4_096

export interface RecallParts {
  readonly subjects: Subjects
  readonly roster: Roster
  readonly recency: Recency
  /** The number of the facts partition of a user. */
  readonly partitionOf: (userId: UserId) => number
  readonly now: () => Instant
  /** Slots of loaded users of whom time changed something that no deadline tells any more (`Shown.lapsed`); it is emptied. */
  readonly lapsed: Set<number>
}

/** The order of everybody's last change, as the records tell it after loading; the event loop has its turns meanwhile. */
export async function recall(parts: RecallParts): Promise<void> {
  const steps = stepsOf(parts)
  while (steps.next().done !== true) await turn()
}

function* stepsOf({ subjects, roster, recency, partitionOf, now, lapsed }: RecallParts): Generator<void, void> {
  const told = yield* inOrder(yield* keyed(subjects.slots, (slot) => (roster.hasFacts(slot) ? roster.toldAt(slot) : -1)))
  for (const [at, slot] of told.slots.entries()) {
    recency.recall(partitionOf(subjects.idAt(slot) ?? ''), slot, told.keys[at] ?? 0)
    if (at % STEP_RECALLED === 0) yield
  }
  const lapses = yield* inOrder(yield* keyed(subjects.slots, (slot) => (lapsed.has(slot) ? roster.changedAt(slot) : -1)))
  for (const [at, slot] of lapses.slots.entries()) {
    recency.recallLapse(slot, lapses.keys[at] ?? 0)
    if (at % STEP_RECALLED === 0) yield
  }
  lapsed.clear()
  const { slots, keys: versions } = yield* inOrder(yield* keyed(subjects.slots, (slot) => subjects.versionAt(slot) || -1))
  recency.start({ until: now(), slots, versions, lastRemoval: subjects.lastRemoval, changedAt: roster.changedAt })
}

/** Each slot with its key, but those whose key is -1. */
function* keyed(slots: number, keyOf: (slot: number) => number): Generator<void, Keyed> {
  const found = { slots: new Int32Array(slots), keys: new Float64Array(slots) }
  let used = 0
  for (let slot = 0; slot < slots; slot++) {
    const key = keyOf(slot)
    if (slot % STEP_SLOTS === 0) yield
    if (key < 0) continue
    found.slots[used] = slot
    found.keys[used++] = key
  }
  return { slots: found.slots.subarray(0, used), keys: found.keys.subarray(0, used) }
}
