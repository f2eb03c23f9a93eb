import { STRANGER } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { Presence } from '../../core/vocabulary.ts'
import type { Fanout } from '../../realtime/fanout.ts'
import { createRing, type Ring } from '../../realtime/ring.ts'
import { NAME } from './ids.ts'
import { NOTHING } from './streams-frames.ts'
import type { News } from './streams-news.ts'

export interface StatusRingParts {
  readonly services: Services
  readonly fanout: Fanout
  readonly news: News
  readonly logged: (presence: Presence) => Buffer
}

/** `user-status` of everybody, for all who listen to it on one kind of socket. While broadcasting is off nothing is told. */
export function createStatusRing({ services, fanout, news, logged }: StatusRingParts): Ring {
  const { presence, settings } = services
  return createRing({
    fanout,
    watch: ({ told }) =>
      presence.as(STRANGER, NAME).view.watch({
        told(shown) {
          if (news.isNew(shown, false)) told(shown)
        },
        gone() {},
      }),
    presence: (shown) => (settings.current.broadcastDisabled ? NOTHING : logged(shown)),
    removed: () => NOTHING,
    cursor: () => NOTHING,
  })
}
