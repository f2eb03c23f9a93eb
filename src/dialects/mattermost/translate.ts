import type { PresenceEvent } from '../../core/transition.ts'
import type { Availability, Instant, Note, NoteWords, Presence } from '../../core/vocabulary.ts'
import { encode } from './go-json.ts'
import { goTime, ZERO_TIME } from './time.ts'

/** What this product may show as a user's status. */
export type ShownStatus = 'online' | 'away' | 'dnd' | 'offline' | 'ooo'

/** What its clients may set. */
export const SETTABLE = ['online', 'away', 'offline', 'dnd'] as const
export type SettableStatus = (typeof SETTABLE)[number]

/** There is no "busy" here; the nearest word that also silences notifications is "dnd". */
export const STATUS_OUT: Readonly<Record<Availability, ShownStatus>> = {
  online: 'online',
  away: 'away',
  busy: 'dnd',
  dnd: 'dnd',
  offline: 'offline',
}

export function statusOf({ availability, activity }: Presence): ShownStatus {
  return availability === 'away' && activity === 'out_of_office' ? 'ooo' : STATUS_OUT[availability]
}

/** A presence as the product writes a status; `id` is the user's in this product. Last activity is in ms, the end in whole minutes as seconds. */
export function statusBody(id: string, presence: Presence): string {
  const end = presence.until === null ? 0 : Math.floor(presence.until / MINUTE_MS) * 60
  return `{"user_id":"${id}","status":"${statusOf(presence)}","manual":${presence.manual},"last_activity_at":${presence.lastActiveAt ?? 0},"dnd_end_time":${end}}`
}

/** The status of somebody who is not known. */
export function unknownBody(id: string): string {
  return `{"user_id":${encode(id)},"status":"offline","manual":false,"last_activity_at":0,"dnd_end_time":0}`
}

export function isSettable(status: string): status is SettableStatus {
  return (SETTABLE as readonly string[]).includes(status)
}

/** What setting a status says. The end, in seconds, counts for "dnd" only, and below a minute there is none. */
export function statusEvent(status: SettableStatus, endSeconds: bigint): PresenceEvent {
  const alike = (shown: Presence): boolean => statusOf(shown) === status
  if (status === 'online') return { type: 'online_declared', alike }
  const until = status === 'dnd' && endSeconds >= 60n ? untilOf(endSeconds) : null
  return { type: 'availability_set', availability: status, activity: null, until, fades: false, alike }
}

/** What setting a custom status says. `given` is the text before it was cut. */
export function noteEvent(words: NoteWords, until: Instant | null, given: string): PresenceEvent {
  const emoji = emojiShown(words)
  return {
    type: 'note_set',
    words,
    until,
    alike: ({ note }) => note !== null && note.text === given && emojiShown(note) === emoji,
  }
}

/** The user prop `customStatus`: a JSON text of its own, empty when there is no note. `timing`: as a timed one was given, where that is known. */
export function customStatusProp(note: Note | null, timing: Timing | null = null): string {
  if (note === null) return ''
  const { text, until } = note
  const shown = until === null ? STANDING : (timing ?? { duration: 'date_and_time', expires_at: goTime(until).text })
  return customStatusText({ emoji: emojiShown(note), text, ...shown })
}

/** A custom status with its keys in this order. */
export interface CustomStatus {
  readonly emoji: string
  readonly text: string
  readonly duration: string
  readonly expires_at: string
}

/** How long a custom status is to last, as it was written. */
export type Timing = Pick<CustomStatus, 'duration' | 'expires_at'>

const STANDING: Timing = { duration: '', expires_at: ZERO_TIME.text }

export function customStatusText({ emoji, text, duration, expires_at }: CustomStatus): string {
  return encode({ emoji, text, duration, expires_at })
}

const MINUTE_MS = 60_000
/** The last instant that a date can name. */
const UNTIL_MAX_MS = 8_640_000_000_000_000
const DEFAULT_EMOJI = 'speech_balloon'

function untilOf(seconds: bigint): Instant {
  return Math.min(Number(seconds) * 1000, UNTIL_MAX_MS)
}

/** A note always shows an emoji here: this product's own clients put the same one where none was chosen. */
function emojiShown({ emoji }: NoteWords): string {
  return emoji === '' ? DEFAULT_EMOJI : emoji
}
