import { Failure } from '../core/errors.ts'
import type { Ledger } from '../core/ports.ts'
import type { Instant } from '../core/vocabulary.ts'
import { openEmbeddedLedger } from './embedded/ledger.ts'
import { createMemoryLedger } from './memory.ts'
import { readRedisAddress } from './redis/address.ts'

export interface LedgerParts {
  readonly clock?: () => Instant
  /** How many facts partitions a ledger gets when it is created; an existing one keeps its own. */
  readonly factsPartitions?: number
  /** Hears what was found and mended on opening, and why the ledger went away or came back. */
  readonly log?: { warn(words: string): void }
}

/** Opens the ledger a store's name stands for: `file:FOLDER` (created when absent), `memory:` or `redis://…`. Throws Failure, with words. */
export async function openLedger(store: string, parts: LedgerParts = {}): Promise<Ledger> {
  if (store === 'memory:') return createMemoryLedger(parts)
  if (isRedis(store)) {
    const address = readRedisAddress(store)
    // Its client takes a while to load, which other stores need not wait for.
    const { openRedisLedger } = await import('./redis/ledger.ts')
    return openRedisLedger({ ...parts, address })
  }
  return openEmbeddedLedger({ ...parts, folder: folderOf(store) })
}

/** The folder of a `file:FOLDER` store. Throws Failure for any other. */
export function folderOf(store: string): string {
  const [scheme, rest] = [store.slice(0, store.indexOf(':')), store.slice(store.indexOf(':') + 1)]
  if (scheme === 'file' && rest !== '') return rest
  if (isRedis(store))
    throw new Failure('invalid', 'this can be done with a store in a folder only (file:FOLDER)', { field: 'store' })
  if (store === 'memory:')
    throw new Failure('invalid', 'a store in memory is gone with its server: this needs one that stays', { field: 'store' })
  throw new Failure('invalid', `"${store}" names no store; use file:FOLDER (as file:./data), redis://HOST or memory:`, {
    field: 'store',
  })
}

/** Whether a store's name stands for a Redis or Valkey. */
export const isRedis = (store: string): boolean => /^rediss?:/.test(store)
