import { hash } from 'node:crypto'
import type { Secret, WhoLogsIn } from '../core/accounts.ts'
import type { Version } from '../core/ports.ts'
import type { UserId } from '../core/vocabulary.ts'
import { REMEMBERED_MAX, REMEMBERED_MS, SAID_LENGTH_MAX } from './limits.ts'
import type { Random } from './random.ts'
import type { Users } from './users.ts'

/** Pairs of user and password that were right, so that a client which sends them with every request costs no hash each time. */
export interface Remembered {
  /** What stands for a pair: what its door was told, as it came, or else a digest under a key of this process. */
  keyOf(who: WhoLogsIn, secret: Secret, said?: string): string
  /** Null: not known, too long ago, or the user has changed since in any way. */
  find(key: string): UserId | null
  keep(key: string, userId: UserId, version: Version): void
  /** Pairs that are in memory. */
  count(): number
}

export interface RememberedParts {
  readonly users: Users
  readonly random: Random
  /** In ms, never stepping back. */
  readonly now?: () => number
}

interface Kept {
  readonly userId: UserId
  readonly version: Version
  readonly until: number
}

export function createRemembered({ users, random, now = () => performance.now() }: RememberedParts): Remembered {
  // As long as SHA-256's block; with the lengths before the texts no two pairs run together. An HMAC object costs ten times this.
  const secretKey = Buffer.from(random(32)).toString('hex')
  /** The oldest first. */
  const kept = new Map<string, Kept>()
  let isTimed = false

  /** Passwords are not left in memory for longer than they are believed. */
  function forgetOld(): void {
    isTimed = false
    for (const [key, { until }] of kept) {
      if (until > now()) {
        look(until - now())
        break
      }
      kept.delete(key)
    }
  }

  function look(afterMs: number): void {
    if (!isTimed) setTimeout(forgetOld, afterMs).unref()
    isTimed = true
  }

  return {
    keyOf(who, secret, said) {
      if (said !== undefined && said.length <= SAID_LENGTH_MAX) return said
      const [space, value] = 'login' in who ? ['', who.login] : [who.space, who.value]
      const [form, text] = 'digest' in secret ? ['digest', secret.digest] : ['password', secret.password]
      return hash('sha256', `${secretKey}${space.length} ${value.length} ${form} ${space}${value}${text}`, 'base64url')
    },
    find(key) {
      const found = kept.get(key)
      if (found === undefined) return null
      if (found.until > now() && users.people.versionOf(found.userId) === found.version) return found.userId
      kept.delete(key)
      return null
    },
    keep(key, userId, version) {
      kept.delete(key)
      for (const oldest of kept.keys()) {
        if (kept.size < REMEMBERED_MAX) break
        kept.delete(oldest)
      }
      kept.set(key, { userId, version, until: now() + REMEMBERED_MS })
      look(REMEMBERED_MS)
    },
    count: () => kept.size,
  }
}
