import { hash } from 'node:crypto'
import type { Audit } from '../core/audit.ts'
import type { Badges } from '../core/badges.ts'
import { Failure } from '../core/errors.ts'
import type { DirectoryKeys } from '../core/keys.ts'
import type { Ledger, Subjects, Version, Write } from '../core/ports.ts'
import type { Principal } from '../core/principal.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { assertPermission, assertReach, assertScope, noSuchUser } from './permission.ts'
import { newToken, type Random } from './random.ts'

/** Characters of a secret: 258 bits. */
const SECRET_LENGTH = 43

const KIND = 'badge'

interface StoredBadge {
  readonly hash: string
  readonly createdAt: Instant
}

export interface BadgesParts {
  readonly ledger: Ledger
  readonly keys: DirectoryKeys
  readonly subjects: Subjects
  readonly random: Random
  /** Absent: nothing is audited. */
  readonly audit?: Audit
  readonly log: { warn(details: object, message: string): void }
}

/** One badge a user, kept as the SHA-256 of its secret under `badge/USERID`. */
export function createBadges({ ledger, keys, subjects, random, audit = () => [], log }: BadgesParts): Badges {
  const byUser = new Map<UserId, StoredBadge & { readonly version: Version }>()
  const byHash = new Map<string, UserId>()

  keys.hold(KIND, (userId, value, version) => {
    byHash.delete(byUser.get(userId)?.hash ?? '')
    byUser.delete(userId)
    if (value === null) return
    const badge: StoredBadge = JSON.parse(Buffer.from(value).toString())
    byUser.set(userId, { ...badge, version })
    byHash.set(badge.hash, userId)
  })
  subjects.onChange(({ userId, gone }) => {
    if (!gone || !byUser.has(userId)) return
    const leaving = keys.change(() => ({ writes: writesFor(userId, null), answer: null }))
    leaving.catch((err: unknown) =>
      log.warn({ userId, err }, 'The badge of a deleted user stays in the store, and shows nothing.'),
    )
  })

  function writesFor(userId: UserId, badge: StoredBadge | null): Write[] {
    const known = byUser.get(userId)
    if (known === undefined && badge === null) return []
    const value = badge === null ? null : Buffer.from(JSON.stringify(badge))
    return [{ key: `${KIND}/${userId}`, value, expects: known?.version ?? 0 }]
  }

  function assertMay(by: Principal, userId: UserId): void {
    assertScope(by, 'admin')
    assertReach(by, userId)
    if (userId !== by.userId) assertPermission(by, 'manage-users')
    const slot = subjects.slotOf(userId)
    if (slot < 0) throw noSuchUser()
    if (userId !== by.userId && subjects.isAdministrator(slot) && !by.administrator)
      throw new Failure('forbidden', 'Only administrators may touch the badge of one.', { reason: 'permission_missing' })
  }

  return {
    userOf(secret) {
      const userId = byHash.get(hashOf(secret))
      const badge = userId === undefined ? undefined : byUser.get(userId)
      if (userId === undefined || badge === undefined) return null
      const slot = subjects.slotOf(userId)
      // A later user of that id did not make it.
      return slot >= 0 && badge.createdAt >= subjects.createdAt(slot) ? userId : null
    },
    async make(by, userId) {
      assertMay(by, userId)
      const secret = newToken(random, SECRET_LENGTH)
      await keys.change(() => {
        const createdAt = ledger.now()
        const appends = audit({ kind: 'badge.created', by: by.by, userId }, createdAt)
        return { writes: writesFor(userId, { hash: hashOf(secret), createdAt }), appends, answer: null }
      })
      return secret
    },
    async remove(by, userId) {
      assertMay(by, userId)
      await keys.change(() => {
        const writes = writesFor(userId, null)
        const appends = writes.length === 0 ? [] : audit({ kind: 'badge.deleted', by: by.by, userId }, ledger.now())
        return { writes, appends, answer: null }
      })
    },
  }
}

const hashOf = (secret: string): string => hash('sha256', secret, 'base64url')
