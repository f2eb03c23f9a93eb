import type { Preference } from '../../core/accounts.ts'
import type { Services } from '../../core/service.ts'
import type { Presence } from '../../core/vocabulary.ts'
import { createFragments } from '../../http/fragments.ts'
import { createShared } from '../../realtime/shared.ts'
import { encode } from './go-json.ts'
import { SPACE } from './ids.ts'
import { broadcastTo, broadcastToOthers, eventHead } from './socket-frames.ts'
import { type ShownStatus, statusOf } from './translate.ts'
import { userBody } from './users.ts'

/** Users whose text is kept while connections are told of them. */
const ENTRIES_MAX = 4_096

/** What connections are told, encoded once per change and shared by all: heads of events, without a number. */
export interface SocketEvents {
  /** Somebody's status. */
  status(presence: Presence): Buffer
  /** Somebody's custom status, for others: their user as REST shows it, but for the e-mail address. */
  user(presence: Presence): Buffer
  /** The same for its owner, who also sees the recent ones. */
  ownUser(presence: Presence, recents: string | undefined): Buffer
  /** Preferences that were kept, for their owner. */
  preferences(userId: string, preferences: readonly Preference[]): Buffer
}

export function createSocketEvents({ people }: Services): SocketEvents {
  const idOf = (userId: string): string => people.lastIdIn(SPACE, userId)
  /** Others' connections may stand in pages: the text that they share has no e-mail address. */
  const userText = (presence: Presence, own: { readonly recents: string | undefined } | null): string => {
    const user = people.get(presence.userId)
    if (user === null) return ''
    return own === null ? userBody({ ...user, email: null }, presence) : userBody(user, presence, own.recents)
  }
  const users = createFragments<Buffer>({
    entriesMax: ENTRIES_MAX,
    encode: (presence) => userHead(userText(presence, null), broadcastToOthers(idOf(presence.userId))),
  })
  return {
    status: createShared((presence) => statusHead(idOf(presence.userId), statusOf(presence))),
    user: (presence) => users.of(presence, people.versionOf(presence.userId)),
    ownUser: (presence, recents) => userHead(userText(presence, { recents }), broadcastTo(idOf(presence.userId))),
    preferences(userId, preferences) {
      const id = idOf(userId)
      const written = preferences.map(({ category, name, value }) => ({ user_id: id, category, name, value }))
      return eventHead('preferences_changed', encode({ preferences: encode(written) }), broadcastTo(id))
    },
  }
}

/** A status, as its own user and everybody else is told of it; `id` is the user's in this product. */
export function statusHead(id: string, status: ShownStatus): Buffer {
  return eventHead('status_change', encode({ status, user_id: id }), broadcastTo(id))
}

const userHead = (user: string, broadcast: string): Buffer => eventHead('user_updated', `{"user":${user}}`, broadcast)
