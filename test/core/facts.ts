import { DEFAULT_POLICY, type Policy } from '../../src/core/policy.ts'
import {
  type Claim,
  classOfKey,
  emptyRecord,
  MANUAL,
  MANUAL_TIMED,
  NOTE,
  NOTE_TIMED,
  type PresenceRecord,
  type Session,
} from '../../src/core/record.ts'
import { resolve } from '../../src/core/resolve.ts'
import { type Deed, type PresenceEvent, transitionAll } from '../../src/core/transition.ts'
import type { Availability, Instant, Presence } from '../../src/core/vocabulary.ts'

/** Facts for tables: everything not said is as plain as it can be. */
export const OWN: Deed = { via: 'one', by: 'user', self: true }
export const OTHERS: Deed = { via: 'two', by: 'somebody', self: false }
export const POLICY: Policy = DEFAULT_POLICY

export function aClaim(key: string, says: Partial<Claim> = {}): Claim {
  return {
    key,
    class: classOfKey(key) ?? 'manual',
    availability: null,
    activity: null,
    note: null,
    since: 0,
    until: null,
    via: 'one',
    by: 'user',
    made: 1,
    fades: false,
    attended: true,
    dismissed: false,
    leaseMs: null,
    ...says,
  }
}

export const standing = (availability: Availability, says: Partial<Claim> = {}): Claim =>
  aClaim(MANUAL, { availability, ...says })
export const timed = (availability: Availability, until: Instant, says: Partial<Claim> = {}): Claim =>
  aClaim(MANUAL_TIMED, { availability, until, ...says })
export const noted = (text: string, until: Instant | null = null): Claim =>
  aClaim(until === null ? NOTE : NOTE_TIMED, { note: { text, emoji: '' }, until })

export function aSession(id: string, says: Partial<Session> = {}): Session {
  const owner = { node: 'n', incarnation: 1 }
  const opened = {
    owner,
    leaseUntil: null,
    app: 'a',
    platform: 'p',
    idles: 'both',
    idle: false,
    openedAt: 0,
    seenUntil: null,
  } as const
  return { id, ...opened, ...says }
}

export function aRecord(facts: Partial<PresenceRecord> = {}): PresenceRecord {
  return { ...emptyRecord(0), ...facts }
}

export const seen = (record: PresenceRecord, now: Instant, policy = POLICY): Presence =>
  resolve('u', record, now, policy).stranger
export const own = (record: PresenceRecord, now: Instant, policy = POLICY): Presence => resolve('u', record, now, policy).own

export type Said = readonly [at: Instant, event: PresenceEvent, deed?: Deed]

/** The record after what was said, one after the other. */
export function recordAfter(said: readonly Said[], from: PresenceRecord = aRecord(), policy = POLICY): PresenceRecord {
  return said.reduce((record, [at, event, deed = OWN]) => transitionAll(record, [event], deed, at, policy), from)
}

export const set = (availability: Availability, until: Instant | null = null, fades = false): PresenceEvent => ({
  type: 'availability_set',
  availability,
  activity: null,
  until,
  fades,
  alike: null,
})
export const online: PresenceEvent = { type: 'online_declared', alike: null }
export const withdraw: PresenceEvent = { type: 'availability_withdrawn', alike: null }
export const note = (text: string, until: Instant | null = null): PresenceEvent => ({
  type: 'note_set',
  words: { text, emoji: '' },
  until,
  alike: null,
})
export const claim = (key: string, says: Partial<Extract<PresenceEvent, { type: 'claim_set' }>> = {}): PresenceEvent => ({
  type: 'claim_set',
  key,
  class: classOfKey(key) ?? 'app',
  availability: null,
  activity: null,
  note: null,
  since: null,
  until: null,
  leaseMs: null,
  ...says,
})
export const open = (id: string, says: Partial<Session> = {}): PresenceEvent => {
  const { openedAt: _at, seenUntil: _until, ...session } = aSession(id, says)
  return { type: 'session_opened', session }
}
export const close = (sessionId: string, seenUntil: Instant): PresenceEvent => ({ type: 'session_closed', sessionId, seenUntil })
