import type { Version } from '../../core/ports.ts'
import { decode } from './format.ts'
import type { Store } from './store.ts'

/** What is known of a key: its version (0: absent), or why its entry cannot be read. */
export type Known = Version | Error

/** The versions of recently written or read keys; the others stay in the store. */
export interface Versions {
  /** Answers what is known of the keys, reading from the store what is not remembered. */
  read(storeKeys: Iterable<string>): Promise<Map<string, Known>>
  remember(storeKey: string, version: Version): void
  forgetAll(): void
}

/** Remembers at least `keysMax` and at most twice as many keys: two generations, the older one dropped when the newer is full. */
export function createVersions(store: Store, keysMax = 100_000): Versions {
  let [newer, older] = [new Map<string, Version>(), new Map<string, Version>()]

  function remember(storeKey: string, version: Version): void {
    newer.set(storeKey, version)
    if (newer.size >= keysMax) [newer, older] = [new Map(), newer]
  }

  return {
    remember,
    async read(storeKeys) {
      const known = new Map<string, Known>()
      const unknown: string[] = []
      for (const storeKey of storeKeys) {
        const version = newer.get(storeKey) ?? older.get(storeKey)
        if (version === undefined) unknown.push(storeKey)
        else known.set(storeKey, version)
      }
      if (unknown.length === 0) return known
      for (const [storeKey, found] of await readFromStore(store, unknown)) {
        known.set(storeKey, found)
        if (typeof found === 'number') remember(storeKey, found)
      }
      return known
    },
    forgetAll() {
      newer = new Map()
      older = new Map()
    },
  }
}

/** A key that cannot be read must not fail the others that are read with it. */
async function readFromStore(store: Store, storeKeys: readonly string[]): Promise<Map<string, Known>> {
  const one = async (storeKey: string) => versionOf(storeKey, await store.get(storeKey).catch((error: Error) => error))
  try {
    const found = await store.getMany([...storeKeys])
    return new Map(storeKeys.map((storeKey, i) => [storeKey, versionOf(storeKey, found[i])]))
  } catch {
    return new Map(await Promise.all(storeKeys.map(async (storeKey) => [storeKey, await one(storeKey)] as const)))
  }
}

function versionOf(storeKey: string, found: Buffer | Error | undefined): Known {
  if (found === undefined || found instanceof Error) return found ?? 0
  try {
    return decode(storeKey, found).version
  } catch (error) {
    return error as Error
  }
}
