import type { Instant, Note } from '../../core/vocabulary.ts'
import { emojiName } from './emoji.ts'
import { type Decoded, decodeArray, decodeStruct } from './go-json.ts'
import { DURATIONS, type Duration, endOf, type GoTime, goTime, ZERO_TIME } from './time.ts'
import { customStatusText, type Timing } from './translate.ts'

export const CUSTOM_STATUS_FIELDS = { emoji: 'string', text: 'string', duration: 'string', expires_at: 'time' } as const

export type GivenStatus = Decoded<typeof CUSTOM_STATUS_FIELDS>

/** A custom status that may be set, its emoji not yet looked up. */
export interface WantedStatus {
  readonly emoji: string
  readonly text: string
  readonly duration: Duration
  /** Null: it stands until it is changed. */
  readonly end: GoTime | null
}

/** A custom status as it is to be set now; null: it is not valid. A duration without an end is given one. */
export function wantedStatus(
  { emoji, text, duration, expires_at }: GivenStatus,
  now: Instant,
  timezone: string | null,
): WantedStatus | null {
  if ((emoji === '' && text === '') || !isDuration(duration)) return null
  if (expires_at.at !== ZERO_TIME.at) {
    return expires_at.at < now ? null : { emoji, text: cut(text), duration: duration || 'date_and_time', end: expires_at }
  }
  const until = endOf(duration, now, timezone)
  if (until === null && duration !== '') return null
  return { emoji, text: cut(text), duration, end: until === null ? null : goTime(until) }
}

/** The list of recent ones with one more in front: at most five, no text twice. What cannot be read is replaced. */
export function withRecent(list: string, { emoji, text, duration, end }: WantedStatus): string {
  const recent = customStatusText({ emoji, text, duration, expires_at: (end ?? ZERO_TIME).text })
  const others = (recentsIn(list) ?? []).filter((other) => other.text !== text).map(asText)
  return `[${[recent, ...others].slice(0, RECENTS_MAX).join()}]`
}

/** Duration and end as a note was given them here, as the recent ones tell; null: they do not, or it is from elsewhere. */
export function timingIn(list: string | undefined, note: Note | null): Timing | null {
  if (list === undefined || note === null) return null
  const { text, until } = note
  const found = recentsIn(list)?.find((recent) => recent.text === text && recent.expires_at.at === until)
  return found === undefined ? null : { duration: found.duration, expires_at: found.expires_at.text }
}

/** The list without one, told by its whole text; null: it is not in it. The emoji given may be spelt in any way. */
export function withoutRecent(list: string, given: GivenStatus): string | null {
  const recents = (recentsIn(list) ?? []).map(asText)
  const forgotten = asText({ ...given, emoji: emojiName(given.emoji) ?? given.emoji })
  return recents.includes(forgotten) ? `[${recents.filter((recent) => recent !== forgotten).join()}]` : null
}

const RECENTS_MAX = 5
/** Characters of a text that are kept. */
const TEXT_LENGTH_MAX = 100

function cut(text: string): string {
  return text.length <= TEXT_LENGTH_MAX ? text : Array.from(text).slice(0, TEXT_LENGTH_MAX).join('')
}

function isDuration(duration: string): duration is Duration {
  return (DURATIONS as readonly string[]).includes(duration)
}

/** What a list of recent ones holds; null: it is none. */
function recentsIn(list: string): GivenStatus[] | null {
  const recents = (decodeArray(list) ?? []).map((recent) => decodeStruct(recent, CUSTOM_STATUS_FIELDS))
  return recents.every((recent) => recent !== null) ? recents : null
}

function asText({ expires_at, ...status }: GivenStatus): string {
  return customStatusText({ ...status, expires_at: expires_at.text })
}
