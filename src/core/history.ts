import type { Append } from './ports.ts'
import type { Principal } from './principal.ts'
import type { PresenceRecord } from './record.ts'
import type { Deed } from './transition.ts'
import type { Instant, Presence, UserId } from './vocabulary.ts'

/* What was, kept in the archive: superseded facts, from which the answer of any instant is resolved again. */

/** The instant at which the answer became another one, and that answer. */
export interface Passage {
  readonly at: Instant
  readonly presence: Presence
  /** Through which door and by whom; null: by time alone, not known, or not told to strangers. */
  readonly via: string | null
  readonly by: string | null
}

export interface PassageQuery {
  readonly from?: Instant
  readonly to?: Instant
  readonly limit: number
}

export interface PassagePage {
  /** Newest first. */
  readonly passages: readonly Passage[]
  /** `to` of the page that follows; null: there is none. */
  readonly next: Instant | null
}

/**
 * The past, as the principal may see it: one's own view of oneself, the stranger's of others. Throws Failure: `disabled` · `not_found`
 * no_such_user, no_history · `forbidden` scope_missing, permission_missing · `invalid` for an instant to come · `unavailable`.
 */
export interface History {
  at(userId: UserId, instant: Instant): Promise<Presence>
  page(userId: UserId, query: PassageQuery): Promise<PassagePage>
  /** All of it, newest first. */
  everything(userId: UserId): Promise<AsyncIterable<Passage>>
  /** Takes away what is kept of the past; the present stays. Also while history is off. */
  erase(userId: UserId): Promise<void>
}

export interface HistoryService {
  as(principal: Principal): History
}

/** One change of one user's facts, by one deed. */
export interface Step {
  readonly deed: Deed
  readonly before: PresenceRecord
  readonly after: PresenceRecord
}

/** One commit of one user's facts; what it took several steps to is superseded once. */
export interface Superseding {
  readonly userId: UserId
  readonly steps: readonly Step[]
  /** The superseded record's bytes. */
  readonly value: () => Uint8Array
}

/** What is archived with a commit of facts. */
export type Chronicle = (commit: Superseding) => readonly Append[]
