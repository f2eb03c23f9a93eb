import type { Policy } from '../core/policy.ts'
import type { Version } from '../core/ports.ts'
import type { PresenceRecord } from '../core/record.ts'
import { looksSame, type Views } from '../core/resolve.ts'
import type { Instant, Presence } from '../core/vocabulary.ts'

/** What is held about one user. The views are the same objects until something in them changed. */
export interface Row extends Views {
  own: Presence
  stranger: Presence
  /** From this instant on the views must be made anew. */
  validUntil: Instant
  /** What the facts were last seen under. */
  policy: Policy
  /** Null: nothing is known of the user, the row is only remembered for its views. */
  record: PresenceRecord | null
  /** Of the key in the ledger; 0: it is absent. */
  version: Version
  /** `changedAt` of the view that strangers were last told, and that view, if it was made since the start. */
  toldChangeAt: Instant
  told: Presence | null
  /** The own view that the user was last told, if it was made since the start. */
  toldOwn: Presence | null
  /** Waits for its turn to become bytes. */
  cooling: boolean
}

/** Stands in until the views are first read; equal to no answer. */
export const UNREAD: Presence = {
  userId: '',
  availability: 'offline',
  activity: null,
  note: null,
  since: Number.NaN,
  until: null,
  source: 'none',
  noteSource: null,
  manual: false,
  lastActiveAt: null,
  nextChangeAt: null,
  connected: 'offline',
  standing: null,
  changedAt: Number.NaN,
}

/** Whether strangers see something else than they were told. */
export function isUntold({ stranger, told, toldChangeAt }: Pick<Row, 'stranger' | 'told' | 'toldChangeAt'>): boolean {
  return stranger.changedAt > toldChangeAt || (told !== null && told !== stranger)
}

export function markTold(row: Row): void {
  row.told = row.stranger
  row.toldOwn = row.own
  row.toldChangeAt = row.stranger.changedAt
}

/** Whether two answers about one user are equal in every field. */
export function isSame(one: Presence, other: Presence): boolean {
  return (
    one.since === other.since &&
    one.changedAt === other.changedAt &&
    one.nextChangeAt === other.nextChangeAt &&
    one.standing === other.standing &&
    looksSame(one, other)
  )
}
