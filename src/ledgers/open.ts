import { Failure } from '../core/errors.ts'
import type { Ledger } from '../core/ports.ts'
import type { Instant } from '../core/vocabulary.ts'
import { openEmbeddedLedger } from './embedded/ledger.ts'
import { createMemoryLedger } from './memory.ts'

export interface LedgerParts {
  readonly clock?: () => Instant
  /** How many facts partitions a ledger gets when it is created; an existing one keeps its own. */
  readonly factsPartitions?: number
  /** Hears what was found and mended on opening, and why the ledger went away or came back. */
  readonly log?: { warn(words: string): void }
}

/** Opens the ledger a store's name stands for: `file:FOLDER` (created when absent) or `memory:`. Throws Failure, with words. */
export async function openLedger(store: string, parts: LedgerParts = {}): Promise<Ledger> {
  return store === 'memory:' ? createMemoryLedger(parts) : openEmbeddedLedger({ ...parts, folder: folderOf(store) })
}

/** The folder of a `file:FOLDER` store. Throws Failure for any other. */
export function folderOf(store: string): string {
  const [scheme, rest] = [store.slice(0, store.indexOf(':')), store.slice(store.indexOf(':') + 1)]
  if (scheme === 'file' && rest !== '') return rest
  if (scheme === 'redis' || scheme === 'rediss') {
    throw new Failure('invalid', `a ${scheme}:// store is not yet served by this version; use file:FOLDER`, { field: 'store' })
  }
  throw new Failure('invalid', `"${store}" names no store; use file:FOLDER (as file:./data) or memory:`, { field: 'store' })
}
