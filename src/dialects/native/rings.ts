import { STRANGER } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { Fanout } from '../../realtime/fanout.ts'
import { createRing, type Ring } from '../../realtime/ring.ts'
import type { Voice } from './voices.ts'

export function ringOf({ presence }: Services, fanout: Fanout, voice: Voice): Ring {
  return createRing({ ...voice, fanout, watch: (watcher) => presence.as(STRANGER, 'native').view.watch(watcher) })
}
