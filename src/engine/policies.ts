import type { Settings } from '../core/accounts.ts'
import type { Policy } from '../core/policy.ts'
import type { Subjects } from '../core/ports.ts'
import type { Instant } from '../core/vocabulary.ts'

/** Which policy holds for whom: people, bots, and either of them deactivated. */
export interface Policies {
  of(slot: number): Policy
  /** Answers whether the change touches any policy. */
  change(settings: Settings, at: Instant): boolean
  /** The user's own circumstances may have changed: if another policy holds than before, it holds since then. */
  touch(slot: number, at: Instant, before: Policy | null): void
  forget(slot: number): void
}

export function createPolicies(subjects: Subjects, settings: Settings): Policies {
  let four = policiesFrom(settings, 0)
  const touched = new Map<number, Policy>()
  const general = (slot: number): Policy =>
    four[(subjects.isBot(slot) ? 1 : 0) + (subjects.isDeactivated(slot) ? 2 : 0)] as Policy

  return {
    of: (slot) => (touched.size === 0 ? general(slot) : (touched.get(slot) ?? general(slot))),
    change(changed, at) {
      const [before, after] = [four[0] as Policy, policiesFrom(changed, at)[0] as Policy]
      const same = before.declaredOnlineMaxMs === after.declaredOnlineMaxMs && before.invisibleAllowed === after.invisibleAllowed
      if (same) return false
      four = policiesFrom(changed, at)
      touched.clear()
      return true
    },
    touch(slot, at, before) {
      const { declaredOnlineMaxMs, deactivated } = general(slot)
      if (before === null || (before.deactivated === deactivated && before.declaredOnlineMaxMs === declaredOnlineMaxMs)) return
      touched.set(slot, { ...general(slot), since: at })
    },
    forget: (slot) => void touched.delete(slot),
  }
}

/** Bit 1: a bot, whose word is believed for ever; bit 2: deactivated. */
function policiesFrom({ declaredOnlineMaxMs, invisibleAllowed }: Settings, since: Instant): readonly Policy[] {
  return [0, 1, 2, 3].map((kind) => ({
    declaredOnlineMaxMs: (kind & 1) === 1 ? 0 : declaredOnlineMaxMs,
    invisibleAllowed,
    deactivated: (kind & 2) === 2,
    since,
  }))
}
