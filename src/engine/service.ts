import { Failure } from '../core/errors.ts'
import { explain } from '../core/explain.ts'
import type { Ledger, Subjects } from '../core/ports.ts'
import type { PresenceCommands, PresenceService, Principal, SettingsView } from '../core/service.ts'
import { transitionAll } from '../core/transition.ts'
import type { UserId } from '../core/vocabulary.ts'
import { admit, found, inspect, notPermitted } from './admission.ts'
import type { Lanes } from './lanes.ts'
import type { Policies } from './policies.ts'
import type { Roster } from './roster.ts'
import { assertReads, createView, type ViewParts } from './view.ts'

export interface ServiceParts extends ViewParts {
  readonly ledger: Ledger
  readonly subjects: Subjects
  readonly settings: SettingsView
  readonly roster: Roster
  readonly lanes: Lanes
  readonly policies: Policies
}

/** What the engine offers, bound to who asks. */
export function createService(parts: ServiceParts): PresenceService {
  return {
    as: (principal, via) => ({ view: createView(parts, principal), commands: createCommands(parts, principal, via) }),
  }
}

function createCommands(
  { ledger, subjects, settings, roster, lanes, policies }: ServiceParts,
  principal: Principal,
  via: string,
): PresenceCommands {
  const seen = (userId: UserId, slot: number) => roster.at(slot)[userId === principal.userId ? 'own' : 'stranger']

  return {
    async change(userId, events, options = {}) {
      admit(principal, userId, events, subjects)
      inspect(events, settings.current, ledger.now(), options)
      await lanes.change(userId, (record) => {
        const slot = found(subjects.slotOf(userId))
        const now = Math.max(ledger.now(), record.shown.asOf)
        const deed = { via, by: principal.by, self: principal.by === userId }
        return transitionAll(record, events, deed, now, policies.of(slot))
      })
      return seen(userId, found(subjects.slotOf(userId)))
    },
    async explain(userId) {
      assertReads(principal)
      if (userId !== principal.userId && !principal.permissions.has('read-explain')) throw notPermitted('read explanations')
      const slot = found(principal.reach === null || principal.reach.has(userId) ? subjects.slotOf(userId) : -1)
      return explain(userId, roster.recordAt(slot), ledger.now(), policies.of(slot))
    },
    attend() {
      throw new Failure('disabled', 'Sessions come next.')
    },
    openSession: () => Promise.reject(new Failure('disabled', 'Sessions come next.')),
    heartbeat: () => Promise.reject(new Failure('disabled', 'Sessions come next.')),
    closeSession: () => Promise.reject(new Failure('disabled', 'Sessions come next.')),
  }
}
