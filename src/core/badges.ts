import type { Principal } from './principal.ts'
import type { UserId } from './vocabulary.ts'

/** Addresses by which anybody sees one user's status as an image: none until somebody makes one. Implemented by the directory. */
export interface Badges {
  /** Whose badge it is; null: nobody's, not any more. */
  userOf(secret: string): UserId | null
  /**
   * A new secret, 43 characters, shown this once; the one before shows nothing any more. For oneself, or with `manage-users`.
   * Throws Failure `forbidden`, `not_found` no_such_user, `unavailable`.
   */
  make(by: Principal, userId: UserId): Promise<string>
  /** There is none any more. Throws as `make`. */
  remove(by: Principal, userId: UserId): Promise<void>
}
