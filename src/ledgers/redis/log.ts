import type { Partition } from '../../core/ports.ts'
import type { Following } from './following.ts'
import { keysOf } from './keys.ts'
import { commitsIn, lastOf } from './pack.ts'
import type { Reply, Talk } from './talk.ts'

/** How long a read waits for the next commit, and how long until another attempt after a failure, in ms. */
const [WAIT_MS, RETRY_MS] = [1_000, 200]
/** After commits were read, further ones are let gather for so long, in ms: a read names every log, which costs more than a commit. */
const GATHER_MS = 10
/** Entries of a log, each of one or more commits, that one read answers at most. */
const ENTRIES_MAX = 100

export interface LogParts {
  readonly talk: Talk
  readonly prefix: string
  readonly partitions: readonly Partition[]
  readonly following: Following
}

/** Reads what is committed to partitions whose logs one command may name, until it is stopped. Failures are tried again. */
export function readLogs({ talk, prefix, partitions, following }: LogParts): () => void {
  let stopped = false
  const byLog = new Map(partitions.map((partition) => [keysOf(prefix, partition).log, partition]))
  const logs = [...byLog.keys()]
  const [first = ''] = logs

  async function read(): Promise<void> {
    const from = partitions.map((partition) => `${following.positionOf(partition)}-0`)
    const limits = ['COUNT', String(ENTRIES_MAX), 'BLOCK', String(WAIT_MS)]
    const found = await talk.send(first, ['XREAD', ...limits, 'STREAMS', ...logs, ...from])
    if (stopped) return
    for (const [log, entries] of (found ?? []) as readonly [Buffer, readonly (readonly Reply[])[]][])
      for (const entry of entries) hear(byLog.get(log.toString()) ?? '', entry)
    if (found !== null) await following.untilAwaited(GATHER_MS)
  }

  /** Our own commits are known already, mostly, from their answer. */
  function hear(partition: Partition, entry: readonly Reply[]): void {
    if (lastOf(entry) <= following.positionOf(partition)) return
    for (const commit of commitsIn(partition, entry)) following.heard(commit, 'log')
  }

  void (async () => {
    while (!stopped) await read().catch(() => new Promise((resolve) => setTimeout(resolve, RETRY_MS)))
  })()
  return () => {
    stopped = true
    talk.close()
  }
}
