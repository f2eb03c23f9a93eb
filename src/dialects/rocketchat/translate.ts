import type { PresenceEvent } from '../../core/transition.ts'
import type { Availability, ClaimClass, Instant, Note, NoteWords, Presence, Source } from '../../core/vocabulary.ts'
import { NAME } from './ids.ts'

export const STATUSES = ['online', 'away', 'offline', 'busy'] as const
export type Status = (typeof STATUSES)[number]

/** How a preset is kept that leaves the status to its user. */
export const NO_STATUS = 'none'

/** A preset's status, as clients know it. */
export const statusTypeOf = (availability: string): string => (availability === NO_STATUS ? '' : availability)

/** The product has no "dnd"; its "busy" silences notifications as well. */
export const STATUS_OUT: Record<Availability, Status> = {
  online: 'online',
  away: 'away',
  busy: 'busy',
  dnd: 'busy',
  offline: 'offline',
}

type StatusSource = 'internal' | 'manual' | 'external'

const SOURCE_OUT: Record<Source, StatusSource | null> = {
  call: 'internal',
  manual: 'manual',
  app: 'external',
  calendar: 'external',
  schedule: 'external',
  session: null,
  declared: null,
  none: null,
}

/** The product's own bound on what its clients may write; readers get longer notes whole. */
export const STATUS_TEXT_MAX_LENGTH = 120

/** What every description of a user says of a presence; an absent field is undefined, never null. */
export function statusFieldsOf(presence: Presence) {
  return { status: STATUS_OUT[presence.availability], statusText: statusTextOf(presence.note), ...claimFieldsOf(presence) }
}

/** Who made the shown status, and until when; of the availability, else of the note. */
export function claimFieldsOf(presence: Presence) {
  const { until, ...claimed } = claimOf(presence)
  return { ...claimed, statusExpiresAt: until === null ? undefined : timeText(until) }
}

/** The same, with the end as an instant; null: none. */
export function claimOf({ source, noteSource, until, note }: Presence) {
  return { statusSource: SOURCE_OUT[source] ?? sourceOfNote(noteSource), until: until ?? note?.until ?? null }
}

/** Undefined when there is no note. The emoji stands in front as `:name: `. */
export function statusTextOf(note: NoteWords | null): string | undefined {
  if (note === null) return undefined
  if (note.emoji === '') return note.text === '' ? undefined : note.text
  return note.text === '' ? `:${note.emoji}:` : `:${note.emoji}: ${note.text}`
}

/** A status message as note: trimmed, cut to the product's length, a leading `:name: ` read as its emoji. */
export function wordsOf(message: string): NoteWords {
  const text = cut(message.trim())
  const [, emoji, rest] = /^:([\w+-]+):(?: (.*))?$/s.exec(text) ?? []
  return emoji === undefined ? { text, emoji: '' } : { text: rest ?? '', emoji }
}

export interface StatusChange {
  readonly status: Status | null
  /** Null: not given. */
  readonly message: string | null
  readonly until: Instant | null
}

/** What one setStatus does: its availability, then its note. */
export function eventsOf({ status, message, until }: StatusChange): PresenceEvent[] {
  return [...availabilityEvents(status, until), ...noteEvents(status, message, until)]
}

/** A date as clients write it; one without a zone is UTC. Null: not a date. */
export function instantOf(text: string): Instant | null {
  const zoneless = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text)
  const instant = Date.parse(zoneless ? `${text}Z` : text)
  return Number.isNaN(instant) ? null : instant
}

export const timeText = (instant: Instant): string => new Date(instant).toISOString()

function availabilityEvents(status: Status | null, until: Instant | null): PresenceEvent[] {
  if (status === null) return []
  const alike = (shown: Presence): boolean => STATUS_OUT[shown.availability] === status
  if (status === 'online') return [{ type: 'online_declared', alike }]
  return [{ type: 'availability_set', availability: status, activity: null, until, fades: status !== 'offline', alike }]
}

function noteEvents(status: Status | null, message: string | null, until: Instant | null): PresenceEvent[] {
  if (message === null) return status === 'online' ? [{ type: 'note_withdrawn', via: NAME }] : []
  if (message.trim() === '') return [{ type: 'note_withdrawn', via: null }]
  const alike = ({ note }: Presence): boolean => isNoteText(note, message)
  return [{ type: 'note_set', words: wordsOf(message), until, alike }]
}

/** Judged before the cut: a longer note that a client only writes back is the one that stands. */
function isNoteText(note: Note | null, message: string): boolean {
  return statusTextOf(note)?.trim() === message.trim()
}

const sourceOfNote = (noteSource: ClaimClass | null): StatusSource | undefined =>
  noteSource === null ? undefined : (SOURCE_OUT[noteSource] ?? undefined)

/** By UTF-16 units as the product counts, never through the middle of a character. */
function cut(text: string): string {
  if (text.length <= STATUS_TEXT_MAX_LENGTH) return text
  const end = (text.codePointAt(STATUS_TEXT_MAX_LENGTH - 1) ?? 0) > 0xffff ? STATUS_TEXT_MAX_LENGTH - 1 : STATUS_TEXT_MAX_LENGTH
  return text.slice(0, end)
}
