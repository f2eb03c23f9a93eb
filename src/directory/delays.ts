import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../core/errors.ts'

/** The first failure costs nothing more; from then on the wait doubles up to the longest. */
const DELAY_FIRST_MS = 250
const DELAY_MAX_MS = 4_000
/** How many failures an address has free: many people may share one. */
const ADDRESS_FREE = 20
/** Failures are forgotten this long after the last one, in ms. */
const FORGET_MS = 15 * 60_000
/** Accounts and addresses remembered; beyond, those that failed longest ago are forgotten. */
const KEYS_MAX = 20_000
/** Attempts that may wait at once for one account from one address, and for one address. */
const PAIR_WAITING_MAX = 5
const ADDRESS_WAITING_MAX = 50

interface Failures {
  count: number
  lastAt: number
  /** When the next attempt may go; attempts after it queue behind one another. */
  nextAt: number
  waiting: number
}

/** Failed logins slow down whoever fails and whoever is tried; nobody is ever locked out. */
export interface Delays {
  /** Resolves when an attempt may go on. Throws Failure `too_many` when too many are waiting already. */
  turn(account: string, address: string): Promise<void>
  failed(account: string, address: string): void
  succeeded(account: string, address: string): void
}

/** `now` in ms, never stepping back. */
export function createDelays({ now = () => performance.now() }: { readonly now?: () => number } = {}): Delays {
  const kept = new Map<string, Failures>()
  const pairOf = (account: string, address: string): string => `pair ${address} ${account}`

  function read(key: string): Failures | null {
    const failures = kept.get(key)
    if (failures === undefined) return null
    if (now() < failures.lastAt + FORGET_MS || failures.waiting > 0) return failures
    kept.delete(key)
    return null
  }

  function note(key: string): void {
    const failures = read(key) ?? { count: 0, lastAt: 0, nextAt: 0, waiting: 0 }
    failures.count++
    failures.lastAt = now()
    kept.delete(key)
    kept.set(key, failures)
    for (const oldest of kept.keys()) {
      if (kept.size <= KEYS_MAX) break
      kept.delete(oldest)
    }
  }

  return {
    async turn(account, address) {
      const pair = read(pairOf(account, address))
      const from = read(`address ${address}`)
      const alone = Math.max(delayOf(read(`account ${account}`)?.count ?? 0), delayOf((from?.count ?? 0) - ADDRESS_FREE))
      const at = Math.max(now() + alone, pair?.nextAt ?? 0)
      const waitMs = at - now()
      if (waitMs <= 0) return
      if ((pair?.waiting ?? 0) >= PAIR_WAITING_MAX || (from?.waiting ?? 0) >= ADDRESS_WAITING_MAX) throw tooMany(waitMs)
      if (pair !== null) pair.nextAt = at + delayOf(pair.count)
      for (const failures of [pair, from]) if (failures !== null) failures.waiting++
      await sleep(waitMs)
      for (const failures of [pair, from]) if (failures !== null) failures.waiting--
    },
    failed(account, address) {
      for (const key of [pairOf(account, address), `account ${account}`, `address ${address}`]) note(key)
    },
    succeeded(account, address) {
      kept.delete(pairOf(account, address))
      kept.delete(`account ${account}`)
    },
  }
}

const delayOf = (failures: number): number => (failures < 2 ? 0 : Math.min(DELAY_MAX_MS, DELAY_FIRST_MS * 2 ** (failures - 2)))

const tooMany = (retryAfterMs: number): Failure =>
  new Failure('too_many', 'Too many failed logins. Wait a little, then try again.', {
    reason: 'too_many_failed_logins',
    retryAfterMs: Math.ceil(retryAfterMs),
  })
