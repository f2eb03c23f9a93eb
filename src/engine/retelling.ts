import type { Version } from '../core/ports.ts'
import type { Instant } from '../core/vocabulary.ts'
import type { Recency } from './recency.ts'
import type { Roster } from './roster.ts'
import type { Slices } from './slices.ts'

/** Tells everybody anew once the policy has changed, in slices. */
export interface Retelling {
  /** `version`: that of the commit which changed the policy. */
  begin(version: Version): void
  /** Since when each change of policy that is still being told holds. */
  readonly from: readonly Instant[]
}

export interface RetellingParts {
  readonly roster: Roster
  readonly recency: Recency
  readonly slices: Slices
  readonly now: () => Instant
  /** Looks at whoever is in the slot, and tells what differs as changed at the instant. */
  readonly look: (slot: number, from: Instant) => void
}

export function createRetelling({ roster, recency, slices, now, look }: RetellingParts): Retelling {
  const under: Instant[] = []
  return {
    from: under,
    begin(version) {
      const slots = roster.withFacts()
      const from = Math.max(now(), recency.lastLapse + 1)
      under.push(from)
      recency.policy(version, from)
      const step = (): boolean => {
        const { done, value: slot } = slots.next()
        if (done) return false
        look(slot, from)
        return true
      }
      slices.run(step, () => void under.splice(under.indexOf(from), 1))
    },
  }
}
