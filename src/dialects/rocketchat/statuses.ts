import type { People } from '../../core/accounts.ts'
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

/** A user in a list; a text of ASCII alone is copied into an answer, any other one encoded. */
interface Element {
  readonly text: string
  readonly ascii: boolean
}

/** The answer of users.presence: each user is encoded once per change and joined. */
export function createPresenceLists(people: People) {
  const elements = createFragments<Element>({ entriesMax: TEXTS_MAX, encode: (presence) => elementOf(presence, people) })
  return (presences: Iterable<Presence | null>, lists: (presence: Presence) => boolean, full: boolean): Buffer => {
    const texts: string[] = []
    let ascii = true
    for (const presence of presences) {
      if (presence === null || !lists(presence)) continue
      const element = elements.of(presence, people.versionOf(presence.userId))
      if (element.text !== '') texts.push(element.text)
      ascii &&= element.ascii
    }
    return Buffer.from(`{"users":[${texts.join(',')}],"full":${full},"success":true}`, ascii ? 'latin1' : 'utf8')
  }
}

/** Empty when the user went meanwhile. */
function elementOf(presence: Presence, people: People): Element {
  const user = people.get(presence.userId)
  if (user === null) return { text: '', ascii: true }
  const { username, name, utcOffset, avatarETag } = user
  const { status, ...claimed } = statusFieldsOf(presence)
  const text = JSON.stringify({ _id: user.ids[NAME], username, name, status, utcOffset, ...claimed, avatarETag })
  return { text, ascii: Buffer.byteLength(text) === text.length }
}
