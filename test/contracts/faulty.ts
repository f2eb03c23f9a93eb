import { setTimeout } from 'node:timers/promises'
import { Failure } from '../../src/core/errors.ts'
import type { Append, CommitAnswer, Ledger, Partition, Write } from '../../src/core/ports.ts'

/**
 * What may happen to one commit: it takes a while; it fails before or after it took place (the caller cannot tell which);
 * another writer gets between; the disk is full, so that it fails and `away()` says why until a commit gets through.
 */
export type Fault = 'none' | 'slow' | 'fails_before' | 'fails_after' | 'conflicts' | 'full_disk'

const SLOW_MS = 5

/** The same faults in the same order, in every run. */
export function everyFault(): () => Fault {
  const faults: readonly Fault[] = [
    'none',
    'none',
    'slow',
    'fails_before',
    'none',
    'fails_after',
    'none',
    'conflicts',
    'none',
    'full_disk',
  ]
  let asked = 0
  return () => faults[asked++ % faults.length] ?? 'none'
}

/** A ledger whose commits meet the faults of a schedule, which is asked once for each commit. All promises hold all the same. */
export function withFaults(ledger: Ledger, schedule: () => Fault): Ledger {
  let away: string | null = null

  async function commit(partition: Partition, writes: readonly Write[], appends?: readonly Append[]): Promise<CommitAnswer> {
    const fault = schedule()
    away = fault === 'full_disk' ? 'the disk is full' : null
    switch (fault) {
      case 'none':
        return ledger.commit(partition, writes, appends)
      case 'slow':
        await setTimeout(SLOW_MS)
        return ledger.commit(partition, writes, appends)
      case 'conflicts':
        if (writes.length > 0) await ledger.commit(partition, writes.slice(0, 1).map(asAnother))
        return ledger.commit(partition, writes, appends)
      case 'fails_after':
        await ledger.commit(partition, writes, appends)
        throw new Failure('unavailable', 'the answer was lost', { reason: 'ledger_away' })
      case 'fails_before':
      case 'full_disk':
        throw new Failure('unavailable', away ?? 'the ledger is away', { reason: 'ledger_away' })
    }
  }

  return { ...ledger, commit, away: () => away ?? ledger.away() }
}

const asAnother = (write: Write): Write => ({ ...write, value: Buffer.from('of another writer') })
