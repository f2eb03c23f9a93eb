import type { Instant } from './vocabulary.ts'

/** What a workspace decides and the rules need. One policy holds for people, another for bots and for the deactivated. */
export interface Policy {
  /** How long "online" without a session is believed, in ms; 0: for ever (R4). */
  readonly declaredOnlineMaxMs: number
  /** Off: explicit `offline` claims count for nothing (R7). */
  readonly invisibleAllowed: boolean
  /** The user may not be present at all: always offline. */
  readonly deactivated: boolean
  /** Since when this policy holds; an answer that it changes, changed then. */
  readonly since: Instant
}

export const DEFAULT_POLICY: Policy = {
  declaredOnlineMaxMs: 8 * 60 * 60 * 1000,
  invisibleAllowed: true,
  deactivated: false,
  since: 0,
}
