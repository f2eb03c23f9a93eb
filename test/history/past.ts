import type { History } from '../../src/core/history.ts'
import type { Ledger } from '../../src/core/ports.ts'
import type { Principal } from '../../src/core/principal.ts'
import type { PresenceEvent } from '../../src/core/transition.ts'
import type { Instant, Presence, UserId } from '../../src/core/vocabulary.ts'
import { decodeRecord } from '../../src/engine/codec.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { audit } from '../../src/history/audit.ts'
import { createChronicle } from '../../src/history/chronicle.ts'
import { createHistory } from '../../src/history/history.ts'
import { createAuditLog } from '../../src/history/log.ts'
import { createSweeper } from '../../src/history/sweep.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { anAdministrator, aPrincipal, createCrowd, createSettings } from '../engine/world.ts'

export const START = 1_000_000

/** Those who may all, with a token that may be used for it. */
export const ROOT: Principal = withAdmin(anAdministrator('root'))

export function withAdmin(principal: Principal): Principal {
  return { ...principal, scopes: new Set([...principal.scopes, 'admin']) }
}

export type Past = Awaited<ReturnType<typeof createPast>>

/** An engine whose superseded facts are kept, over a ledger whose clock the test moves. */
export async function createPast(
  userIds: readonly UserId[],
  open: (clock: () => Instant) => Ledger | Promise<Ledger> = inMemory,
) {
  let clock = START
  const ledger = await open(() => clock)
  const crowd = createCrowd(['root', ...userIds])
  const settings = createSettings()
  const log = { warn: (_details: object, message: string) => void warnings.push(message) }
  const warnings: string[] = []
  settings.change({ history: 'all' }, clock)
  const chronicle = createChronicle({ settings })
  const engine = createEngine({ ledger, subjects: crowd, settings, random: () => 0, chronicle, log })
  await engine.loaded(await ledger.load((entry) => engine.apply(entry)))
  const stop = ledger.follow(await ledger.load(() => {}), { commit: (commit) => engine.commit(commit), reload: () => {} })
  const { recordOf } = engine
  const history = createHistory({ ledger, subjects: crowd, settings, recordOf, decode: decodeRecord })
  const sweeper = createSweeper({ ledger, subjects: crowd, settings, log })

  return {
    ledger,
    crowd,
    settings,
    engine,
    sweeper,
    warnings,
    auditLog: createAuditLog({ ledger, auditDays: () => settings.current.auditDays }).as(ROOT),
    now: () => clock,
    pass(ms: number): void {
      clock += ms
    },
    of: (principal: Principal): History => history.as(principal),
    live: (userId: UserId, principal: Principal): Presence => {
      const presence = engine.service.as(principal, 'test').view.get(userId)
      if (presence === null) throw new Error(`there is no ${userId}`)
      return presence
    },
    set: (userId: UserId, by: Principal, ...events: PresenceEvent[]): Promise<Presence> =>
      engine.service.as(by, 'test').commands.change(userId, events),
    /** As the directory does: with its line in the audit log. */
    async changeSetting(name: 'invisibleAllowed' | 'declaredOnlineMaxMs', to: never): Promise<void> {
      if (settings.current[name] === to) return
      const details = { [name]: { from: settings.current[name], to } }
      await ledger.commit('directory', [], audit({ kind: 'settings.changed', by: 'root', details }, clock))
      settings.change({ [name]: to }, clock)
    },
    async activate(userId: UserId, active: boolean): Promise<void> {
      if (crowd.isDeactivated(crowd.slotOf(userId)) !== active) return
      const details = { active: { from: !active, to: active } }
      await ledger.commit('directory', [], audit({ kind: 'user.changed', by: 'root', userId, details }, clock))
      crowd.put(userId, { deactivated: !active })
    },
    async close(): Promise<void> {
      await sweeper.close()
      await engine.close()
      stop()
      await ledger.close()
    },
  }
}

const inMemory = (clock: () => Instant): Ledger => createMemoryLedger({ clock, factsPartitions: 2 })

export const aSelf = (userId: UserId): Principal => aPrincipal(userId)
