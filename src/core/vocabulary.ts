/** The words of presence. No other words are used for these things anywhere in the program. */

/** Milliseconds since 1970 in ledger time. */
export type Instant = number

export type UserId = string

export const AVAILABILITIES = ['online', 'away', 'busy', 'dnd', 'offline'] as const
export type Availability = (typeof AVAILABILITIES)[number]

export const ACTIVITIES = ['out_of_office', 'in_a_call', 'in_a_meeting', 'presenting', 'focusing'] as const
export type Activity = (typeof ACTIVITIES)[number]

/** Who may state a claim, from the class that outranks to the one that is outranked (R1). */
export const CLAIM_CLASSES = ['call', 'manual', 'app', 'calendar', 'schedule'] as const
export type ClaimClass = (typeof CLAIM_CLASSES)[number]

/** What gave the shown availability: a claim's class, or what stands in when no claim does. */
export type Source = ClaimClass | 'session' | 'declared' | 'none'

/** A note's words: free text, an emoji by its short name without colons, or both. An empty string is "none". */
export interface NoteWords {
  readonly text: string
  readonly emoji: string
}

export interface Note extends NoteWords {
  readonly until: Instant | null
}

/** The answer at an instant, as one viewer may see it. */
export interface Presence {
  readonly userId: UserId
  readonly availability: Availability
  readonly activity: Activity | null
  readonly note: Note | null
  /** Since when this availability and activity are shown. */
  readonly since: Instant
  /** End of the winning availability claim. */
  readonly until: Instant | null
  readonly source: Source
  /** The class whose claim gave the note. */
  readonly noteSource: ClaimClass | null
  /** The winning availability claim is a person's own word, not an application's. */
  readonly manual: boolean
  /** Null when the user was never active. */
  readonly lastActiveAt: Instant | null
  /** When a claim's end next changes this answer. */
  readonly nextChangeAt: Instant | null
  /** What the sessions alone say (R3): `online`, `away` or `offline`. */
  readonly connected: Availability
  /** Standing manual availability; null when there is none, and always null for strangers. */
  readonly standing: Availability | null
  /** Last instant at which anything a stranger sees of it changed. */
  readonly changedAt: Instant
}

/** What a presence shows over every wire; the rest of it serves those who translate it into another product's words. */
export type ShownPresence = Omit<Presence, 'noteSource' | 'connected' | 'standing' | 'changedAt'>
