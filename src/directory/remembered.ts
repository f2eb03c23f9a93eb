import { hash } from 'node:crypto'
import type { Secret, WhoLogsIn } from '../core/accounts.ts'
import type { Version } from '../core/ports.ts'
import type { UserId } from '../core/vocabulary.ts'
import { REMEMBERED_MAX, REMEMBERED_MS } from './limits.ts'
import type { Random } from './random.ts'
import type { Users } from './users.ts'

/** Pairs of user and password that were right, so that a client which sends them with every request costs no hash each time. */
export interface Remembered {
  /** What stands for a pair: a digest under a key of this process. */
  pairOf(who: WhoLogsIn, secret: Secret): string
  /** Null: not known, too long ago, or the user has changed since in any way. */
  find(pair: string): UserId | null
  keep(pair: string, userId: UserId, version: Version): void
}

export interface RememberedParts {
  readonly users: Users
  readonly random: Random
  /** In ms, never stepping back. */
  readonly now?: () => number
}

export function createRemembered({ users, random, now = () => performance.now() }: RememberedParts): Remembered {
  // As long as SHA-256's block; with the lengths before the texts no two pairs run together. An HMAC object costs ten times this.
  const key = Buffer.from(random(32)).toString('hex')
  const kept = new Map<string, { readonly userId: UserId; readonly version: Version; readonly until: number }>()
  return {
    pairOf(who, secret) {
      const [space, value] = 'login' in who ? ['', who.login] : [who.space, who.value]
      const [form, text] = 'digest' in secret ? ['digest', secret.digest] : ['password', secret.password]
      return hash('sha256', `${key}${space.length} ${value.length} ${form} ${space}${value}${text}`, 'base64url')
    },
    find(pair) {
      const found = kept.get(pair)
      if (found === undefined) return null
      if (found.until > now() && users.people.versionOf(found.userId) === found.version) return found.userId
      kept.delete(pair)
      return null
    },
    keep(pair, userId, version) {
      for (const oldest of kept.keys()) {
        if (kept.size < REMEMBERED_MAX) break
        kept.delete(oldest)
      }
      kept.set(pair, { userId, version, until: now() + REMEMBERED_MS })
    },
  }
}
