import { hash as digest } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import type { Secret } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import { isBrought, verifyBrought } from './broughtHashes.ts'
import { PASSWORD_BYTES_MAX } from './limits.ts'

/** Argon2id as OWASP recommends it: memory in KiB, passes, lanes. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** Verified when there is nobody, so that a wrong user takes as long as a wrong password. */
const NOBODY = '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
/** What one hash takes, about, in ms; only for `retryAfterMs`. */
const HASH_MS = 25

export interface HashingLimits {
  /** Hashes at once. Default: one core is left free, and half of libuv's default pool of 4 threads. */
  readonly atOnceMax?: number
  /** Hashes waiting; more are refused. */
  readonly waitingMax?: number
}

export interface Passwords {
  /** An argon2id PHC string. Throws Failure `unavailable` busy. */
  hash(digest: string): Promise<string>
  /** `passwordHash` null: takes as long, and is false. Throws Failure `unavailable` busy. */
  verify(passwordHash: string | null, secret: Secret): Promise<boolean>
}

export function createPasswords({ atOnceMax = defaultAtOnce(), waitingMax = 256 }: HashingLimits = {}): Passwords {
  const waiting: (() => void)[] = []
  let running = 0

  async function inTurn<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    if (running >= atOnceMax) {
      if (waiting.length >= waitingMax) throw busy(((waiting.length + running) * HASH_MS) / atOnceMax)
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }

  return {
    hash: (text) => inTurn(() => hash(text, COST)),
    verify: (passwordHash, secret) =>
      inTurn(async () => {
        const digest = digestOf(secret)
        if (passwordHash !== null && isBrought(passwordHash))
          return verifyBrought(passwordHash, digest !== null && 'password' in secret ? secret.password : null, digest)
        const same = await verify(passwordHash ?? NOBODY, digest ?? '')
        return same && passwordHash !== null
      }),
  }
}

/** The lower-case hex SHA-256 that is hashed. Null: not a secret anybody can have (P1). */
export function digestOf(secret: Secret): string | null {
  if ('digest' in secret) return /^[0-9a-f]{64}$/i.test(secret.digest) ? secret.digest.toLowerCase() : null
  const bytes = Buffer.byteLength(secret.password)
  return bytes >= 1 && bytes <= PASSWORD_BYTES_MAX ? digest('sha256', secret.password, 'hex') : null
}

export function digestOfNew(password: string): string {
  const made = digestOf({ password })
  if (made !== null) return made
  throw new Failure('invalid', `The password must have 1 to ${PASSWORD_BYTES_MAX} bytes.`, { field: 'password' })
}

const defaultAtOnce = (): number => Math.max(1, Math.min(2, availableParallelism() - 1))

const busy = (retryAfterMs: number): Failure =>
  new Failure('unavailable', 'Too many passwords are being checked at the moment. Try again soon.', {
    reason: 'busy',
    retryAfterMs: Math.ceil(retryAfterMs),
  })
