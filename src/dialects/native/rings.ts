import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { Fanout } from '../../realtime/fanout.ts'
import { createRing, type Ring } from '../../realtime/ring.ts'
import type { Voice } from './voices.ts'

/** Sees everyone as strangers do: what is encoded once for all who read everything must be nobody's own view. */
export const STRANGER: Principal = {
  userId: '',
  by: '',
  tokenId: null,
  administrator: false,
  permissions: new Set(),
  scopes: new Set(['presence:read']),
  reach: null,
  origins: null,
}

export function ringOf({ presence }: Services, fanout: Fanout, voice: Voice): Ring {
  return createRing({ ...voice, fanout, watch: (watcher) => presence.as(STRANGER, 'native').view.watch(watcher) })
}
