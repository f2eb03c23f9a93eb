import { Failure } from '../core/errors.ts'
import type { Commit, Entry, Ledger, Positions } from '../core/ports.ts'
import type { Log } from '../core/service.ts'
import type { Ending } from './ending.ts'

/** What holds a part of the ledger in memory. */
interface Replica {
  apply(entry: Entry): void
  loaded(positions: Positions): void | Promise<void>
  commit(commit: Commit): void
}

export interface Replicas {
  readonly directory: Replica & { lose(): void }
  readonly engine: Replica
}

/** Fills both from the ledger, then keeps them with it, until there is a gap. False: asked to end before that. */
export async function fillFrom(
  ledger: Ledger,
  { directory, engine }: Replicas,
  { ending, onGap, log }: { readonly ending: Ending; readonly onGap: () => void; readonly log: Log },
): Promise<boolean> {
  const replicaOf = (partition: string): Replica => (partition === 'directory' ? directory : engine)
  const positions = await ledger
    .load((entry) => {
      if (ending.isAsked) throw ASKED_TO_END
      replicaOf(entry.partition).apply(entry)
    })
    .catch((error: unknown) => {
      if (error === ASKED_TO_END) return null
      throw error
    })
  if (positions === null) return false
  await directory.loaded(positions)
  await engine.loaded(positions)
  const reload = (): void => {
    directory.lose()
    onGap()
  }
  const stop = ledger.follow(positions, {
    commit(commit) {
      try {
        replicaOf(commit.partition).commit(commit)
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        // In a form of another version: what is known here must not be told any more as if it were all (UP3).
        log.warn({ err: error }, 'What another node committed cannot be read.')
        stop()
        reload()
      }
    },
    reload,
  })
  return true
}

const ASKED_TO_END = new Error('asked to end while loading')
