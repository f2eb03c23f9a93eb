import { setImmediate } from 'node:timers/promises'
import type { SettingsView } from '../core/accounts.ts'
import type { Ledger, Partition, Subjects } from '../core/ports.ts'
import type { Log } from '../core/service.ts'
import { eraseUser } from './history.ts'
import { DAY_MS, SERIES_AT_ONCE, SWEEP_FIRST_MS, SWEEP_MS } from './limits.ts'
import { partitionsOf } from './log.ts'
import { AUDIT_SERIES } from './series.ts'

export interface Sweeper {
  /** Once soon, then again and again, on whichever node has the duty by then. */
  start(): void
  /** Takes away what is too old, and what is left of users who are gone. Several nodes may do it at once. */
  sweep(): Promise<void>
  close(): Promise<void>
}

export interface SweeperParts {
  readonly ledger: Ledger
  readonly subjects: Subjects
  readonly settings: SettingsView
  /** Whether this node is the one that sweeps; absent: it is. */
  readonly onDuty?: () => boolean
  readonly log: Pick<Log, 'warn'>
}

/** Keeps the archive no longer than it may be: a user's part goes with the user, everything else when its days are over. */
export function createSweeper({ ledger, subjects, settings, onDuty = () => true, log }: SweeperParts): Sweeper {
  let timer: NodeJS.Timeout | null = null
  let working: Promise<void> = Promise.resolve()
  let closed = false

  subjects.onChange(({ userId, gone }) => {
    if (gone && timer !== null && onDuty()) queue(() => eraseUser(ledger, userId))
  })

  /** One after another; what fails is left for the next sweep. */
  function queue(does: () => Promise<void>): void {
    const quietly = (error: unknown) => log.warn({ err: error }, 'The archive could not be swept; it is tried again later.')
    working = working.then(() => (closed ? undefined : does())).catch(quietly)
  }

  function again(afterMs: number): void {
    timer = setTimeout(() => {
      if (onDuty()) queue(sweep)
      again(SWEEP_MS)
    }, afterMs).unref()
  }

  async function sweep(): Promise<void> {
    for (const partition of partitionsOf(ledger)) await sweepPartition(partition)
  }

  async function sweepPartition(partition: Partition): Promise<void> {
    for (let after: string | undefined; !closed; ) {
      const names = await ledger.archive.names(partition, { ...(after && { after }), limit: SERIES_AT_ONCE })
      for (const series of names) await sweepSeries(partition, series)
      if (names.length < SERIES_AT_ONCE) return
      after = names.at(-1)
      await setImmediate()
    }
  }

  async function sweepSeries(partition: Partition, series: string): Promise<void> {
    const [, kind, userId] = /^(audit|policy|history)(?:\/(.+))?$/s.exec(series) ?? []
    if (kind === undefined) return
    if (userId !== undefined && subjects.slotOf(userId) < 0) return ledger.archive.erase(partition, series)
    const { auditDays, historyDays } = settings.current
    const days = kind === AUDIT_SERIES ? auditDays : historyDays
    await ledger.archive.erase(partition, series, Math.max(0, ledger.now() - days * DAY_MS))
  }

  return {
    start: () => again(SWEEP_FIRST_MS),
    sweep,
    async close() {
      closed = true
      if (timer !== null) clearTimeout(timer)
      await working
    },
  }
}
