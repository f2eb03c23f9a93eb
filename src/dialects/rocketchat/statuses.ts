import type { People } from '../../core/service.ts'
import type { Presence } from '../../core/vocabulary.ts'
import { createFragments } from '../../http/fragments.ts'
import { NAME } from './ids.ts'
import { claimFieldsOf, STATUS_OUT, statusFieldsOf, statusTextOf } from './translate.ts'

/** Encoded answers kept, one for each user last asked about. */
const TEXTS_MAX = 20_000

/** The whole answer of users.getStatus; `message` is always there. */
export function createStatusTexts(people: People) {
  const texts = createFragments({
    entriesMax: TEXTS_MAX,
    encode: (presence) =>
      JSON.stringify({
        _id: people.idIn(NAME, presence.userId),
        message: statusTextOf(presence.note) ?? '',
        connectionStatus: STATUS_OUT[presence.connected],
        status: STATUS_OUT[presence.availability],
        ...claimFieldsOf(presence),
        success: true,
      }),
  })
  return (presence: Presence): string => texts.of(presence, people.versionOf(presence.userId))
}

/** The answer of users.presence: each user is encoded once per change and joined. */
export function createPresenceLists(people: People) {
  const texts = createFragments({ entriesMax: TEXTS_MAX, encode: (presence) => elementOf(presence, people) })
  return (presences: Iterable<Presence | null>, lists: (presence: Presence) => boolean, full: boolean): string => {
    let users = ''
    for (const presence of presences) {
      if (presence === null || !lists(presence)) continue
      const text = texts.of(presence, people.versionOf(presence.userId))
      users += users === '' || text === '' ? text : `,${text}`
    }
    return `{"users":[${users}],"full":${full},"success":true}`
  }
}

/** Empty when the user went meanwhile. */
function elementOf(presence: Presence, people: People): string {
  const user = people.get(presence.userId)
  if (user === null) return ''
  const { username, name, utcOffset, avatarETag } = user
  const { status, ...claimed } = statusFieldsOf(presence)
  return JSON.stringify({ _id: user.ids[NAME], username, name, status, utcOffset, ...claimed, avatarETag })
}
