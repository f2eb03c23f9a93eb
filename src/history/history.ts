import type { SettingsView } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import type { History, HistoryService, Passage } from '../core/history.ts'
import { factsPartition, type Ledger, type Subjects } from '../core/ports.ts'
import type { Principal } from '../core/principal.ts'
import type { PresenceRecord } from '../core/record.ts'
import { resolve } from '../core/resolve.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { audit } from './audit.ts'
import { type Chapter, readChapter } from './chapters.ts'
import { DAY_MS, ENTRIES_AT_ONCE } from './limits.ts'
import { type Eyes, passagesOf, policyAt } from './passages.ts'
import { assertMayErase, eyesOf } from './permission.ts'
import { policiesOf } from './policies.ts'
import { DIRECTORY, historySeries, policySeries } from './series.ts'

export interface HistoryParts {
  readonly ledger: Ledger
  readonly subjects: Subjects
  readonly settings: SettingsView
  /** The facts that are held of a user now. */
  readonly recordOf: (userId: UserId) => PresenceRecord
  /** Reads the bytes of a record. Throws an Error. */
  readonly decode: (value: Uint8Array) => PresenceRecord
}

/** The past, resolved again from the facts that were superseded; nothing of it is held in memory. */
export function createHistory({ ledger, subjects, settings, recordOf, decode }: HistoryParts): HistoryService {
  const { archive } = ledger
  const partitionOf = (userId: UserId) => factsPartition(userId, ledger.factsPartitions)
  const present = (userId: UserId): Chapter => ({ record: recordOf(userId), endedAt: Number.POSITIVE_INFINITY, endedBy: null })
  const policiesFor = (userId: UserId) => policiesOf(userId, { archive, subjects, settings: settings.current })

  /** Before it nothing is told: it is too old, or was another user's of that id. */
  function begin(userId: UserId): Instant {
    const kept = ledger.now() - settings.current.historyDays * DAY_MS
    return Math.max(kept, subjects.createdAt(subjects.slotOf(userId)))
  }

  /** The facts that stood just before an instant. What stands now is looked at first, so that nothing is missed that ends meanwhile. */
  async function chapterBefore(userId: UserId, instant: Instant): Promise<Chapter> {
    const now = present(userId)
    const range = { order: 'oldest-first', from: Math.max(instant, 0), limit: 1 } as const
    const [superseded] = await archive.range(partitionOf(userId), historySeries(userId), range)
    return superseded === undefined ? now : readChapter(superseded, decode)
  }

  async function* newestFirst(userId: UserId, eyes: Eyes, from: Instant, to: Instant): AsyncGenerator<Passage> {
    const latest = await chapterBefore(userId, to)
    const seen = { userId, eyes, policies: await policiesFor(userId) }
    let chapters = [{ ...latest, endedAt: Math.min(latest.endedAt, to) }]
    let after: string | undefined
    for (let isFirst = false; !isFirst; chapters = chapters.slice(0, 1)) {
      const range = { order: 'newest-first', from, to, ...(after && { after }), limit: ENTRIES_AT_ONCE } as const
      const found = await archive.range(partitionOf(userId), historySeries(userId), range)
      isFirst = found.length < ENTRIES_AT_ONCE
      after = found.at(-1)?.place
      chapters = [...found.map((entry) => readChapter(entry, decode)).reverse(), ...chapters]
      for (const passage of passagesOf(chapters, isFirst, seen).reverse())
        if (passage.at >= from && passage.at < to) yield passage
    }
  }

  const as = (principal: Principal): History => {
    const eyesOn = (userId: UserId): Eyes => eyesOf(principal, userId, settings.current, subjects)
    return {
      async at(userId, instant) {
        const eyes = eyesOn(userId)
        if (instant > ledger.now())
          throw new Failure('invalid', '"at" lies in the future; only what was is known.', { reason: 'malformed', field: 'at' })
        if (instant < begin(userId)) throw noHistory()
        const { record } = await chapterBefore(userId, instant + 1)
        const { asOf, changedAt } = record.shown
        if (instant < (eyes === 'own' ? asOf : changedAt)) throw noHistory()
        const at = Math.max(instant, asOf)
        return resolve(userId, record, at, policyAt(await policiesFor(userId), at))[eyes]
      },
      async page(userId, { from = 0, to = Number.POSITIVE_INFINITY, limit }) {
        const eyes = eyesOn(userId)
        const passages: Passage[] = []
        const [first, end] = [Math.max(from, begin(userId)), Math.min(to, ledger.now() + 1)]
        for await (const passage of newestFirst(userId, eyes, first, end)) {
          if (passages.length === limit) return { passages, next: passages.at(-1)?.at ?? null }
          passages.push(passage)
        }
        return { passages, next: null }
      },
      async everything(userId) {
        return newestFirst(userId, eyesOn(userId), begin(userId), ledger.now() + 1)
      },
      async erase(userId) {
        assertMayErase(principal, userId, subjects)
        const entry = { kind: 'history.erased', by: principal.by, userId } as const
        await ledger.commit(partitionOf(userId), [], audit(entry, ledger.now()))
        await archive.erase(partitionOf(userId), historySeries(userId))
      },
    }
  }
  return { as }
}

/** Takes away all that is archived of a user alone. */
export async function eraseUser(ledger: Ledger, userId: UserId): Promise<void> {
  await ledger.archive.erase(factsPartition(userId, ledger.factsPartitions), historySeries(userId))
  await ledger.archive.erase(DIRECTORY, policySeries(userId))
}

const noHistory = (): Failure => new Failure('not_found', 'Nothing is known of that time.', { reason: 'no_history', field: 'at' })
