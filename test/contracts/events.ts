import type { PresenceEvent } from '../../src/core/transition.ts'
import type { Instant, Presence } from '../../src/core/vocabulary.ts'

/* What people and applications say, as the service takes it. */

export const availability = (
  said: Presence['availability'],
  until: Instant | null = null,
  activity: Presence['activity'] = null,
): PresenceEvent => ({ type: 'availability_set', availability: said, activity, until, fades: false, alike: null })

export const note = (text: string, until: Instant | null = null): PresenceEvent => ({
  type: 'note_set',
  words: { text, emoji: 'wave' },
  until,
  alike: null,
})

export const claim = (key: `call:${string}`, said: Presence['availability']): PresenceEvent => ({
  type: 'claim_set',
  key,
  class: 'call',
  availability: said,
  activity: 'in_a_call',
  note: null,
  since: null,
  until: null,
  leaseMs: null,
})
