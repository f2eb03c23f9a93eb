import type { SettingsView } from '../core/accounts.ts'
import { explain } from '../core/explain.ts'
import type { Ledger, Subjects } from '../core/ports.ts'
import type { Principal } from '../core/principal.ts'
import type { PresenceRecord } from '../core/record.ts'
import type { PresenceCommands, PresenceService } from '../core/service.ts'
import type { Deed, PresenceEvent } from '../core/transition.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { admit, found, inspect, mayExplain, notPermitted, selfOf } from './admission.ts'
import { assertOwnClaims, createClaims } from './claims.ts'
import type { Enact } from './enact.ts'
import { createKept } from './kept.ts'
import type { Policies } from './policies.ts'
import type { Roster } from './roster.ts'
import type { Sessions } from './sessions.ts'
import { assertReads, createView, type ViewParts } from './view.ts'

export interface ServiceParts extends ViewParts {
  readonly ledger: Ledger
  readonly subjects: Subjects
  readonly settings: SettingsView
  readonly roster: Roster
  readonly enact: Enact
  readonly sessions: Sessions
  readonly policies: Policies
}

type Bound = ReturnType<PresenceService['as']>

/** Bound services that are kept made, twice as many at most: who is connected and asks nothing needs none. */
const BOUND_MAX = 1_024

/** What the engine offers, bound to who asks: seldom made twice as long as the principal is the same object. */
export function createService(parts: ServiceParts): PresenceService {
  let recent = new Map<Principal, Map<string, Bound>>()
  let older = recent
  function kept(principal: Principal): Map<string, Bound> {
    const known = recent.get(principal)
    if (known !== undefined) return known
    if (recent.size >= BOUND_MAX) {
      older = recent
      recent = new Map()
    }
    const doors = older.get(principal) ?? new Map<string, Bound>()
    recent.set(principal, doors)
    return doors
  }
  return {
    as(principal, via) {
      const doors = kept(principal)
      const known = doors.get(via)
      if (known !== undefined) return known
      const made = { view: createView(parts, principal), commands: createCommands(parts, principal, via) }
      doors.set(via, made)
      return made
    },
  }
}

function createCommands(parts: ServiceParts, principal: Principal, via: string): PresenceCommands {
  const { ledger, subjects, settings, roster, enact, sessions, policies } = parts
  const deedOn = (userId: UserId): Deed => ({ via, by: principal.by, self: principal.by === userId })
  const seen = (userId: UserId, slot: number) => roster.at(slot)[userId === selfOf(principal) ? 'own' : 'stranger']

  return {
    async change(userId, events, options = {}) {
      admit(principal, userId, events, subjects)
      inspect(events, settings.current, ledger.now(), options)
      const own = (record: PresenceRecord, now: Instant): readonly PresenceEvent[] => {
        assertOwnClaims(record, events, principal, now)
        return events
      }
      await enact(userId, own, deedOn(userId), true)
      return seen(userId, found(subjects.slotOf(userId)))
    },
    async explain(userId, speech) {
      assertReads(principal)
      if (!mayExplain(principal, userId)) throw notPermitted('read explanations')
      const slot = found(principal.reach === null || principal.reach.has(userId) ? subjects.slotOf(userId) : -1)
      return explain(userId, roster.recordAt(slot), ledger.now(), policies.of(slot), speech)
    },
    attend: (attendance) => sessions.attend(principal, via, attendance),
    ...createClaims(parts, principal, via),
    ...createKept(parts, principal, via),
  }
}
