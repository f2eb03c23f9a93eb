import type { People, User } from '../../core/accounts.ts'
import type { Availability, Presence } from '../../core/vocabulary.ts'
import { createShared } from '../../realtime/shared.ts'
import { dateOf, streamEvent } from './ddp.ts'
import { NAME } from './ids.ts'
import { claimOf, STATUS_OUT, statusTextOf } from './translate.ts'

/** Statuses go out as numbers. */
export const CODE_OUT: Record<Availability, number> = { offline: 0, online: 1, away: 2, busy: 3, dnd: 3 }

/** The streams that tell of presences: of those that are watched, of everybody, and of oneself. */
export type PresenceStream = 'watched' | 'logged' | 'own'

/** What a changed presence is on each stream: a frame, encoded once per change and shared. Empty when the user is no more. */
export type StreamFrames = Readonly<Record<PresenceStream, (presence: Presence) => Buffer>>

export interface StreamFramesParts {
  readonly people: People
  /** A message as it goes over the wire. */
  readonly frame: (message: string) => Buffer
}

export function createStreamFrames({ people, frame }: StreamFramesParts): StreamFrames {
  const encoding = (encode: (presence: Presence, user: User, id: string) => string): ((presence: Presence) => Buffer) =>
    createShared((presence) => {
      const user = people.get(presence.userId)
      return user === null ? NOTHING : frame(encode(presence, user, user.ids[NAME] ?? user.id))
    })
  return {
    watched: encoding((presence, { username }, id) => {
      const args = [username, ...statusArgs(presence), ...claimArgs(presence)]
      return streamEvent('user-presence', { uid: id, eventName: id, args: [args] }, id)
    }),
    logged: encoding((presence, { username, name, roles }, id) => {
      const args = [id, username, ...statusArgs(presence), name, roles, ...claimArgs(presence)]
      return streamEvent('notify-logged', { eventName: 'user-status', args: [args] })
    }),
    own: encoding((presence, _user, id) => {
      const statusText = statusTextOf(presence.note)
      const diff = { status: STATUS_OUT[presence.availability], statusText }
      const unset = statusText === undefined ? { statusText: 1 } : {}
      return streamEvent('notify-user', { eventName: `${id}/userData`, args: [{ type: 'updated', id, diff, unset }] })
    }),
  }
}

/** A watched user who is no more looks offline; their name went with them. */
export const goneMessage = (id: string): string =>
  streamEvent('user-presence', { uid: id, eventName: id, args: [['', CODE_OUT.offline, '']] }, id)

/** What is not told at all. */
export const NOTHING = Buffer.alloc(0)

/** The text has its place in the list: it is empty without a note. */
const statusArgs = ({ availability, note }: Presence) => [CODE_OUT[availability], statusTextOf(note) ?? '']

/** Who made it and until when, where there is something to say. */
function claimArgs(presence: Presence): unknown[] {
  const { statusSource, until } = claimOf(presence)
  if (until !== null) return [statusSource, dateOf(until)]
  return statusSource === undefined ? [] : [statusSource]
}
