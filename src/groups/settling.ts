import { setImmediate as rest, setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../core/errors.ts'
import type { DirectoryKeys } from '../core/keys.ts'
import type { Write } from '../core/ports.ts'
import type { Log } from '../core/service.ts'
import type { UserId } from '../core/vocabulary.ts'
import { CLOSE_MS_MAX, SETTLE_AGAIN_MS, SETTLED_USERS_MAX } from './limits.ts'

/** Writes behind what was answered from memory: who was chosen, and memberships of users and groups that are no more. */
export interface Settling {
  add(userId: UserId): void
  /** Resolves once all is written, or cannot be in time: turns are lost with that, all else is found by the next start. */
  close(): Promise<void>
}

export interface SettlingParts {
  readonly keys: DirectoryKeys
  /** What memory says of a user. */
  readonly write: (userId: UserId) => Write
  readonly log: Pick<Log, 'error'>
}

export function createSettling({ keys, write, log }: SettlingParts): Settling {
  const waiting = new Set<UserId>()
  const ended = new AbortController()
  let running: Promise<void> | null = null
  let until = Number.POSITIVE_INFINITY

  async function run(): Promise<void> {
    // Whoever is chosen in the meantime goes with the same commit.
    await Promise.resolve()
    while (waiting.size > 0 && performance.now() < until) {
      const some = take(waiting)
      try {
        await keys.change(() => ({ writes: some.map(write).filter(isChange), answer: null }))
        await rest()
      } catch (error) {
        if (!(error instanceof Failure)) log.error({ err: error }, 'a bug of ours')
        for (const userId of some) waiting.add(userId)
        if (ended.signal.aborted) return
        await wait(SETTLE_AGAIN_MS, null, { signal: ended.signal, ref: false }).catch(() => null)
      }
    }
  }

  return {
    add(userId) {
      waiting.add(userId)
      running ??= run().finally(() => {
        running = null
      })
    },
    async close() {
      until = performance.now() + CLOSE_MS_MAX
      ended.abort()
      await running
    },
  }
}

/** Takes the first out of what waits. */
function take(waiting: Set<UserId>): readonly UserId[] {
  const some: UserId[] = []
  for (const userId of waiting) {
    if (some.length >= SETTLED_USERS_MAX) break
    some.push(userId)
    waiting.delete(userId)
  }
  return some
}

/** Nothing is kept, and nothing is to be. */
const isChange = ({ value, expects }: Write): boolean => value !== null || expects !== 0
