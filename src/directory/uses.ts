import { BATCH_MAX, USE_FLUSH_MS } from './limits.ts'
import type { Replica } from './replica.ts'
import { tokenKey } from './tokenChanges.ts'
import { encodeToken } from './tokenRecord.ts'
import type { Tokens } from './tokens.ts'

/** Writes down that tokens were used, some time after: at most hourly for each, many in one commit, never awaited by a request. */
export interface Uses {
  note(slot: number): void
  /** The token of this slot is no more. */
  forget(slot: number): void
  /** Writes what is noted. */
  close(): Promise<void>
}

export interface UsesParts {
  readonly tokens: Tokens
  readonly replica: Replica
  readonly log: Log
}

export interface Log {
  warn(details: object, message: string): void
}

export function createUses({ tokens, replica, log }: UsesParts): Uses {
  const noted = new Set<number>()
  let timer: NodeJS.Timeout | null = null

  async function flush(): Promise<void> {
    while (noted.size > 0) {
      const slots = [...noted].slice(0, BATCH_MAX)
      for (const slot of slots) noted.delete(slot)
      await replica.change(() => ({ writes: slots.filter((slot) => tokens.has(slot)).map(writeOf), answer: null }))
    }
  }

  function writeOf(slot: number) {
    const token = tokens.at(slot)
    return { key: tokenKey(token.hash), value: encodeToken(token), expects: tokens.versionAt(slot) }
  }

  /** A use that cannot be written is forgotten: the next hour brings another. */
  const flushQuietly = (): Promise<void> => flush().catch((error: unknown) => log.warn({ error }, 'uses of tokens not written'))

  return {
    note(slot) {
      noted.add(slot)
      timer ??= setTimeout(() => {
        timer = null
        void flushQuietly()
      }, USE_FLUSH_MS).unref()
    },
    forget: (slot) => void noted.delete(slot),
    async close() {
      if (timer !== null) clearTimeout(timer)
      await flushQuietly()
    },
  }
}
