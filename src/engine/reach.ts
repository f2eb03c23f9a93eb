import type { Ledger } from '../core/ports.ts'
import type { Instant } from '../core/vocabulary.ts'
import { encodeCursor, markOf } from './cursor.ts'
import type { Deadlines } from './deadlines.ts'
import type { Recency } from './recency.ts'

/** How far this node has told what it knows. */
export interface Telling {
  /** By what cursors name the store. */
  readonly epoch: string
  /** Up to when all that time changed has been told. */
  toldUntil(): Instant
  /** Up to when this node would have told anything. */
  reached(): Instant
  /** A cursor that names nobody's own view: whoever resumes with it is told their own anew. */
  cursor(): string
  /** A change of policy is being told: who is told of it does not move the cursor until all are. */
  isRetelling(): boolean
}

export interface ReachParts {
  readonly ledger: Ledger
  readonly recency: Recency
  readonly deadlines: Deadlines
  /** Since when each change of policy that is still being told holds. */
  readonly retellingFrom: readonly Instant[]
}

export function createReach({ ledger, recency, deadlines, retellingFrom }: ReachParts): Telling {
  const epoch = markOf(ledger.epoch)
  let known = { directory: -1, told: -1, lapsed: -1, text: '' }

  function toldUntil(): Instant {
    return Math.min(recency.lastLapse, deadlines.earliest - 1, ...retellingFrom.map((from) => from - 1))
  }

  return {
    epoch,
    toldUntil,
    reached: () => Math.max(recency.lastLapse, Math.min(ledger.now(), deadlines.earliest - 1)),
    isRetelling: () => retellingFrom.length > 0,
    cursor() {
      const { directoryPosition: directory, facts } = recency
      const lapsed = toldUntil()
      let told = 0
      for (const position of facts) told += position
      if (known.directory !== directory || known.told !== told || known.lapsed !== lapsed)
        known = {
          directory,
          told,
          lapsed,
          text: encodeCursor({ epoch, directory, facts, lapsed, own: '', groups: '' }),
        }
      return known.text
    },
  }
}
