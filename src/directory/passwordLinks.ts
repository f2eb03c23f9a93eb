import { hash } from 'node:crypto'
import type { KeyHolder } from '../core/keys.ts'
import type { Version, Write } from '../core/ports.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'

/** The kind of key: `password-link/USERID`. */
export const PASSWORD_LINK = 'password-link'

interface StoredLink {
  readonly hash: string
  readonly until: Instant
}

/** Secrets with which somebody sets a password once, one a user, kept as their SHA-256. In memory, as they are in the ledger. */
export interface PasswordLinks {
  readonly put: KeyHolder
  /** Whose link it is; null: nobody's, not any more, or it has ended by then. */
  userOf(secret: string, now: Instant): UserId | null
  /** What replaces the user's link by another. */
  write(userId: UserId, secret: string, until: Instant): Write
  /** What takes the user's link away; nothing when there is none. */
  endings(userId: UserId): Write[]
}

export function createPasswordLinks(): PasswordLinks {
  const byUser = new Map<UserId, StoredLink & { readonly version: Version }>()
  const byHash = new Map<string, UserId>()
  const expects = (userId: UserId): Version => byUser.get(userId)?.version ?? 0
  return {
    put(userId, value, version) {
      byHash.delete(byUser.get(userId)?.hash ?? '')
      byUser.delete(userId)
      if (value === null) return
      const link: StoredLink = JSON.parse(Buffer.from(value).toString())
      byUser.set(userId, { ...link, version })
      byHash.set(link.hash, userId)
    },
    userOf(secret, now) {
      const userId = byHash.get(hashOf(secret)) ?? null
      const link = userId === null ? undefined : byUser.get(userId)
      return link !== undefined && now < link.until ? userId : null
    },
    write(userId, secret, until) {
      const link: StoredLink = { hash: hashOf(secret), until }
      return { key: keyOf(userId), value: Buffer.from(JSON.stringify(link)), expects: expects(userId) }
    },
    endings: (userId) => (byUser.has(userId) ? [{ key: keyOf(userId), value: null, expects: expects(userId) }] : []),
  }
}

const keyOf = (userId: UserId): string => `${PASSWORD_LINK}/${userId}`
const hashOf = (secret: string): string => hash('sha256', secret, 'base64url')
