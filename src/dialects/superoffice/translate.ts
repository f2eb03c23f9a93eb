import type { PresenceEvent } from '../../core/transition.ts'
import type { Availability, Presence } from '../../core/vocabulary.ts'
import { type Languages, translated } from './languages.ts'

/** SuperOffice's EjUserStatus, by name; only these three are ever shown. */
export type UserStatus = 'StatusNormal' | 'StatusNotAvailable' | 'StatusDeleted'

/** The two that may be set. */
export type SettableStatus = Exclude<UserStatus, 'StatusDeleted'>

export interface UserPresenceStatus {
  readonly Status: UserStatus
  readonly Message: string
}

/** A status as somebody sets it. Message null: not said; an empty one withdraws the note. */
export interface StatusToSet {
  readonly status: SettableStatus
  readonly message: string | null
}

/** SuperOffice presence is declared, not observed; `away` without a claim is only idle, and idle is not absent. */
export const STATUS_OUT: Record<Availability, SettableStatus> = {
  online: 'StatusNormal',
  away: 'StatusNotAvailable',
  busy: 'StatusNotAvailable',
  dnd: 'StatusNotAvailable',
  offline: 'StatusNormal',
}

export function statusOut(presence: Presence, active: boolean): UserStatus {
  if (!active) return 'StatusDeleted'
  return presence.source === 'session' ? 'StatusNormal' : STATUS_OUT[presence.availability]
}

/** The note's text; SuperOffice knows no emoji. */
export function messageOut(presence: Presence): string {
  return presence.note?.text ?? ''
}

export interface Reader {
  /** The user may log in: the deactivated are shown as deleted. */
  readonly active: boolean
  readonly languages: Languages
}

export function presenceOut(presence: Presence, { active, languages }: Reader): UserPresenceStatus {
  return { Status: statusOut(presence, active), Message: translated(messageOut(presence), languages) }
}

/** What a set status says about its user, each part with its own judge of an echo (E1). */
export function eventsOf({ status, message }: StatusToSet, reader: Reader, via: string): PresenceEvent[] {
  const alike = (shown: Presence): boolean => statusOut(shown, reader.active) === status
  const availability: PresenceEvent =
    status === 'StatusNormal'
      ? { type: 'availability_withdrawn', alike }
      : { type: 'availability_set', availability: 'away', activity: null, until: null, fades: false, alike }
  return [availability, ...noteEvents(status, message, { reader, via })]
}

/** A Message that is not said leaves the note as it stands; beside StatusNormal it takes one written here with it. */
function noteEvents(
  status: SettableStatus,
  message: string | null,
  { reader, via }: { readonly reader: Reader; readonly via: string },
): PresenceEvent[] {
  if (message === null) return status === 'StatusNormal' ? [{ type: 'note_withdrawn', via }] : []
  const alike = (shown: Presence): boolean => saysBack(message, shown, reader)
  if (message === '') return [{ type: 'note_withdrawn', via: null, alike }]
  return [{ type: 'note_set', words: { text: message, emoji: '' }, until: null, alike }]
}

/** Whether a Message is the one that is shown, as it stands or as this reader's language has it. */
export function saysBack(message: string, shown: Presence, { languages }: Reader): boolean {
  const text = messageOut(shown)
  return message === text || message === translated(text, languages)
}
