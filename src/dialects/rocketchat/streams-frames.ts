import type { People, User } from '../../core/service.ts'
import type { Availability, Presence } from '../../core/vocabulary.ts'
import { createFragments, type Fragments } from '../../http/fragments.ts'
import { dateOf, streamEvent } from './ddp.ts'
import { NAME } from './ids.ts'
import { claimOf, STATUS_OUT, statusTextOf } from './translate.ts'

/** Encoded events kept of each kind, one for each user last told about. */
const TEXTS_MAX = 20_000

/** Statuses go out as numbers. */
export const CODE_OUT: Record<Availability, number> = { offline: 0, online: 1, away: 2, busy: 3, dnd: 3 }

/** What a changed presence is on each stream: one message, encoded once per change and shared. Empty: the user is no more. */
export interface StreamFrames {
  /** For those who watch this user. */
  watched(presence: Presence): string
  /** For those who listen to everybody. */
  logged(presence: Presence): string
  /** For the user alone. */
  own(presence: Presence): string
}

export function createStreamFrames(people: People): StreamFrames {
  const encoding = (encode: (presence: Presence, user: User, id: string) => string): ((presence: Presence) => string) => {
    const texts: Fragments = createFragments({
      entriesMax: TEXTS_MAX,
      encode(presence) {
        const user = people.get(presence.userId)
        return user === null ? '' : encode(presence, user, user.ids[NAME] ?? presence.userId)
      },
    })
    return (presence) => texts.of(presence, people.versionOf(presence.userId))
  }
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

/** The text has its place in the list: it is empty without a note. */
const statusArgs = ({ availability, note }: Presence) => [CODE_OUT[availability], statusTextOf(note) ?? '']

/** Who made it and until when, where there is something to say. */
function claimArgs(presence: Presence): unknown[] {
  const { statusSource, until } = claimOf(presence)
  if (until !== null) return [statusSource, dateOf(until)]
  return statusSource === undefined ? [] : [statusSource]
}
