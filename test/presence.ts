import type { Presence } from '../src/core/vocabulary.ts'

/** Somebody of whom nothing was ever said; tests of dialects start from it. */
export const NOBODY_THERE: Presence = {
  userId: 'u',
  availability: 'offline',
  activity: null,
  note: null,
  since: 0,
  until: null,
  source: 'none',
  noteSource: null,
  manual: false,
  lastActiveAt: null,
  nextChangeAt: null,
  connected: 'offline',
  standing: null,
  changedAt: 0,
}
