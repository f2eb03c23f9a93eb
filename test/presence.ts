import type { Presence, ShownPresence } from '../src/core/vocabulary.ts'

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

/** What answers of the native API are made of. */
export function toldOf({
  userId,
  availability,
  activity,
  note,
  since,
  until,
  source,
  manual,
  lastActiveAt,
  nextChangeAt,
}: ShownPresence) {
  return { userId, availability, activity, note, since, until, source, manual, lastActiveAt, nextChangeAt }
}
