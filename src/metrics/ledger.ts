import type { Ledger } from '../core/ports.ts'
import { SECONDS } from './calls.ts'
import type { Registry } from './registry.ts'

/** The same ledger, whose commits are measured. */
export function measureLedger<Measured extends Ledger>(ledger: Measured, registry: Registry): Measured {
  const commits = registry.counter('rollcall_ledger_commits_total', 'Commits: won, lost to another writer, or failed.')
  const seconds = registry.histogram(
    'rollcall_ledger_commit_duration_seconds',
    'Time until a commit was durable, or refused.',
    SECONDS,
  )
  const [committed, conflict, failed] = [
    commits({ outcome: 'committed' }),
    commits({ outcome: 'conflict' }),
    commits({ outcome: 'failed' }),
  ]
  const [ofDirectory, ofFacts] = [seconds({ partition: 'directory' }), seconds({ partition: 'facts' })]
  registry.gauge('rollcall_ledger_away', 'Whether nothing can be stored now.', () => (ledger.away() === null ? 0 : 1))

  const commit: Ledger['commit'] = async (partition, writes, appends) => {
    const began = performance.now()
    try {
      const answer = await ledger.commit(partition, writes, appends)
      const outcome = answer.committed ? committed : conflict
      outcome.add()
      return answer
    } catch (error) {
      failed.add()
      throw error
    } finally {
      const duration = partition === 'directory' ? ofDirectory : ofFacts
      duration.observe((performance.now() - began) / 1_000)
    }
  }
  // Whatever else this ledger has stays its own, as it is at any moment.
  return Object.create(ledger, { commit: { value: commit } })
}
