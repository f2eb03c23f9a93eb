import { describe, expect, test } from 'vitest'
import type { PresenceRecord } from '../../src/core/record.ts'
import { type PresenceEvent, transition, transitionAll } from '../../src/core/transition.ts'
import {
  aClaim,
  aRecord,
  claim,
  close,
  note,
  OTHERS,
  OWN,
  online,
  open,
  own,
  POLICY,
  recordAfter,
  set,
  standing,
  timed,
  withdraw,
} from './facts.ts'

const keys = (record: PresenceRecord): string[] => record.claims.map(({ key }) => key).sort()

describe('nothing changed', () => {
  const record = recordAfter([
    [1, open('a')],
    [2, set('busy')],
    [3, note('n')],
    [4, claim('app:1', { availability: 'dnd', leaseMs: 500, until: 90 })],
  ])
  test.each<[string, PresenceEvent]>([
    ['the same availability', set('busy')],
    ['the same note', note('n')],
    ['the same claim', claim('app:1', { availability: 'dnd', leaseMs: 500, until: 90 })],
    ['withdrawing a claim that is not', { type: 'claim_withdrawn', key: 'app:2' }],
    ['resuming an active session', { type: 'session_resumed', sessionId: 'a' }],
    [
      'adopting a session by its own owner',
      { type: 'session_adopted', sessionId: 'a', owner: { node: 'n', incarnation: 1 }, leaseUntil: null },
    ],
    ['idling a session that is not', { type: 'session_idled', sessionId: 'x', lastInputAt: 9 }],
    ['closing a session that is not', close('x', 9)],
    ['renewing a session that is not', { type: 'session_renewed', sessionId: 'x', leaseUntil: 99 }],
  ])("[T5] [T7] %s is the same record, also to the user's activity", (_name, event) => {
    expect(transition(record, event, OWN, 50, POLICY)).toBe(record)
  })

  test('[T5] facts that ended do not make a write by themselves, and leave with the next', () => {
    const ended = recordAfter([[60, set('away', 70)]], record)
    expect(transition(ended, set('busy'), OWN, 100, POLICY)).toBe(ended)
    const idle = recordAfter([[101, note('m')]], ended)
    expect(keys(idle)).toEqual(['manual', 'note'])
    expect(transition(ended, { type: 'claim_withdrawn', key: 'manual-timed' }, OWN, 100, POLICY)).toBe(ended)
  })

  test('[T10] the revision counts the transitions that changed something', () => {
    expect(record.revision).toBe(4)
    expect(transitionAll(record, [set('busy'), set('dnd'), set('dnd'), note('x')], OWN, 50, POLICY).revision).toBe(6)
  })
})

describe('echoes', () => {
  const echo = (event: PresenceEvent): PresenceEvent =>
    ({ ...event, alike: (shown) => shown.availability === 'busy' || shown.note?.text === 'n' }) as PresenceEvent
  const busy = aRecord({
    claims: [timed('busy', 100, { activity: 'focusing' }), standing('away'), aClaim('note', { note: { text: 'n', emoji: 'x' } })],
  })

  test.each<[string, PresenceEvent]>([
    ['an availability', echo(set('dnd'))],
    ['a note', echo(note('n'))],
    ['declaring online', echo(online)],
    ['withdrawing', echo(withdraw)],
    ['withdrawing a note', echo({ type: 'note_withdrawn', via: null })],
  ])('[E1] %s said back through another door changes nothing', (_name, event) => {
    expect(transitionAll(busy, [event], { ...OWN, via: 'two' }, 50, POLICY)).toBe(busy)
  })

  test.each<[string, PresenceRecord, PresenceEvent, string]>([
    ['through the same door', busy, echo(set('dnd')), 'one'],
    ['with an end', busy, echo(set('dnd', 200)), 'two'],
    ['for another word', busy, { ...set('dnd'), alike: () => false } as PresenceEvent, 'two'],
    ['never judged', busy, set('dnd'), 'two'],
    ['where no claim is shown', recordAfter([[1, open('a')]]), { ...set('dnd'), alike: () => true } as PresenceEvent, 'two'],
  ])('[E1] it is a statement %s', (_name, record, event, via) => {
    expect(transitionAll(record, [event], { ...OWN, via }, 50, POLICY)).not.toBe(record)
  })

  test('[E1] availability and note are judged separately, each against what stood before the request', () => {
    const both = transitionAll(
      busy,
      [echo(set('dnd')), { ...note('m'), alike: ({ availability }) => availability !== 'busy' } as PresenceEvent],
      { ...OWN, via: 'two' },
      50,
      POLICY,
    )
    expect(own(both, 50)).toMatchObject({ availability: 'busy', until: 100, note: { text: 'm' } })
  })

  test('[E1] [R7] an administrator who writes back what is shown learns nothing of the hidden, and changes nothing', () => {
    const hidden = recordAfter([
      [1, open('a')],
      [2, set('offline')],
    ])
    let judged: unknown
    const event = {
      ...set('offline'),
      alike: (shown: { source: string; availability: string }) => {
        judged = shown.source
        return shown.availability === 'offline'
      },
    } as PresenceEvent
    expect(transitionAll(hidden, [event], OTHERS, 50, POLICY)).toBe(hidden)
    expect(judged).toBe('manual')
  })
})
