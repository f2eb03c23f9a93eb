import { describe, expect, test } from 'vitest'
import { resolve } from '../../src/core/resolve.ts'
import { CLAIM_CLASSES } from '../../src/core/vocabulary.ts'
import { aClaim, aRecord, aSession, noted, own, POLICY, seen, standing, timed } from './facts.ts'

/** A claim of each class, all ending at 100 but the standing manual one. */
const KEYS = { call: 'call:1', manual: 'manual', app: 'app:1', calendar: 'calendar:1', schedule: 'schedule:1' } as const
const pairs = CLAIM_CLASSES.flatMap((high, rank) => CLAIM_CLASSES.slice(rank + 1).map((low) => [high, low] as const))

describe('which claim wins', () => {
  test.each(pairs)('[R1] %s outranks %s, whichever was made later', (high, low) => {
    for (const [madeHigh, madeLow] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const winner = aClaim(KEYS[high], { availability: 'busy', made: madeHigh })
      const loser = aClaim(KEYS[low], { availability: 'dnd', made: madeLow })
      for (const claims of [
        [winner, loser],
        [loser, winner],
      ])
        expect(seen(aRecord({ claims }), 0)).toMatchObject({ availability: 'busy', source: high })
    }
  })

  test.each(CLAIM_CLASSES.filter((name) => name !== 'manual'))('[R1] within %s the later one wins', (name) => {
    const claims = [aClaim(`${name}:1`, { availability: 'busy', made: 2 }), aClaim(`${name}:2`, { availability: 'dnd', made: 1 })]
    expect(seen(aRecord({ claims }), 0).availability).toBe('busy')
    expect(seen(aRecord({ claims: claims.toReversed() }), 0).availability).toBe('busy')
  })

  test.each([
    ['timed over standing, made before it', [timed('busy', 100, { made: 1 }), standing('away', { made: 2 })], 'busy', false],
    ['timed over a standing offline', [timed('busy', 100, { made: 1 }), standing('offline', { made: 2 })], 'busy', false],
    ['timed offline over standing', [timed('offline', 100, { made: 1 }), standing('busy', { made: 2 })], 'offline', true],
    ['offline over a call', [standing('offline'), aClaim('call:1', { availability: 'dnd', made: 9 })], 'offline', true],
    ["an app's offline is no hiding", [aClaim('app:1', { availability: 'offline' })], 'offline', false],
    [
      'a call over an outranked offline',
      [standing('offline'), timed('busy', 100), aClaim('call:1', { availability: 'dnd' })],
      'dnd',
      false,
    ],
  ] as const)('[R1] [R7] %s', (_name, claims, availability, hidden) => {
    const { own: mine, stranger } = resolve('u', aRecord({ claims }), 0, POLICY)
    expect(mine.availability).toBe(availability)
    expect(stranger.source === 'none').toBe(hidden)
  })

  test.each([
    ['has ended', { until: 10 }],
    ['was dismissed', { dismissed: true }],
    ['is dormant', { fades: true, attended: true }],
  ])('[R1] a claim that %s counts for nothing, nor does its note', (_name, says) => {
    const dead = aClaim('app:1', { availability: 'dnd', note: { text: 'dead', emoji: '' }, ...says })
    const live = aClaim('schedule:1', { availability: 'away', note: { text: 'live', emoji: '' } })
    expect(seen(aRecord({ claims: [dead, live] }), 10)).toMatchObject({ availability: 'away', note: { text: 'live' } })
    expect(seen(aRecord({ claims: [dead] }), 10)).toMatchObject({ availability: 'offline', note: null })
  })

  test('[R1] [T6] a claim is over at the very instant of its end, not before', () => {
    const record = aRecord({ claims: [timed('busy', 100), standing('away')] })
    expect(seen(record, 99).availability).toBe('busy')
    expect(seen(record, 100).availability).toBe('away')
  })

  test('[R2] [R10] the winner gives activity and end, and tells whether a person said it', () => {
    const claims = [
      aClaim('call:1', { availability: 'busy', activity: 'in_a_call', until: 50 }),
      timed('dnd', 80),
      noted('n', 40),
    ]
    const record = aRecord({ claims })
    expect(seen(record, 0)).toMatchObject({
      availability: 'busy',
      activity: 'in_a_call',
      until: 50,
      manual: false,
      source: 'call',
    })
    expect(seen(record, 0).nextChangeAt).toBe(40)
    expect(seen(record, 40).nextChangeAt).toBe(50)
    expect(seen(record, 50)).toMatchObject({ availability: 'dnd', activity: null, until: 80, manual: true, nextChangeAt: 80 })
    expect(seen(record, 80)).toMatchObject({ until: null, nextChangeAt: null })
  })

  test('[R10] ends of sessions, leases and declarations are not counted in nextChangeAt', () => {
    const sessions = [aSession('a', { owner: null, leaseUntil: 50 })]
    expect(seen(aRecord({ sessions, declaredOnline: { at: 0 } }), 0).nextChangeAt).toBeNull()
  })

  test('[R5] availability and note may come from different claims', () => {
    const call = aClaim('call:1', { availability: 'dnd' })
    const record = aRecord({ claims: [call, noted('mine'), aClaim('app:1', { note: { text: 'theirs', emoji: '' } })] })
    expect(seen(record, 0)).toMatchObject({ source: 'call', note: { text: 'mine' }, noteSource: 'manual' })
    const over = { ...record, claims: [...record.claims, aClaim('call:2', { note: { text: 'call', emoji: '' } })] }
    expect(seen(over, 0)).toMatchObject({ note: { text: 'call' }, noteSource: 'call' })
  })

  test('[R5] a timed note stands over the standing one until it ends', () => {
    const record = aRecord({ claims: [noted('standing'), noted('timed', 100)] })
    expect(seen(record, 99).note).toEqual({ text: 'timed', emoji: '', until: 100 })
    expect(seen(record, 100).note).toEqual({ text: 'standing', emoji: '', until: null })
  })
})

describe('without a claim', () => {
  test.each([
    ['none', [], 'offline', 'none'],
    ['one active', [aSession('a')], 'online', 'session'],
    ['one idle', [aSession('a', { idle: true })], 'away', 'session'],
    ['one idle, one active', [aSession('a', { idle: true }), aSession('b')], 'online', 'session'],
    ['one that ended', [aSession('a', { seenUntil: 10 })], 'offline', 'none'],
    ['one whose lease ran out', [aSession('a', { owner: null, leaseUntil: 10 })], 'offline', 'none'],
    ['one whose lease runs', [aSession('a', { owner: null, leaseUntil: 11 })], 'online', 'session'],
    [
      'an active one out of lease beside an idle one',
      [aSession('a', { leaseUntil: 10 }), aSession('b', { idle: true })],
      'away',
      'session',
    ],
  ] as const)('[R3] sessions: %s', (_name, sessions, availability, source) => {
    expect(seen(aRecord({ sessions }), 10)).toMatchObject({ availability, source, connected: availability })
  })

  test('[R3] time alone makes nobody idle', () => {
    expect(seen(aRecord({ sessions: [aSession('a')] }), 1e12).availability).toBe('online')
  })

  test.each([
    ['holds until its last millisecond', 99, 100, [], 'online'],
    ['ends after its time', 100, 100, [], 'offline'],
    ['never ends when the policy says 0', 1e12, 0, [], 'online'],
    ['fell with a lease that ran out after it', 60, 100, [aSession('a', { leaseUntil: 50 })], 'offline'],
    ['fell with a lease that ran out at its instant', 60, 100, [aSession('a', { leaseUntil: 0 })], 'offline'],
    ['outlives a session that was last seen before it', 60, 100, [aSession('a', { seenUntil: -1 })], 'online'],
  ] as const)('[R4] [T3] a declared online %s', (_name, now, declaredOnlineMaxMs, sessions, availability) => {
    const record = aRecord({ declaredOnline: { at: 0 }, sessions })
    const source = availability === 'online' ? 'declared' : 'none'
    expect(seen(record, now, { ...POLICY, declaredOnlineMaxMs })).toMatchObject({ availability, source, connected: 'offline' })
  })

  test('[R4] sessions come before a declaration', () => {
    const record = aRecord({ declaredOnline: { at: 0 }, sessions: [aSession('a', { idle: true })] })
    expect(seen(record, 1)).toMatchObject({ availability: 'away', source: 'session' })
  })
})

describe('claims that fade', () => {
  const fading = { fades: true, attended: true }
  test.each([
    ['shows while its user is connected', [aSession('a', { idle: true })], standing('busy', fading), 'busy'],
    ['is dormant when nobody is connected', [], standing('busy', fading), 'offline'],
    ['is dormant when the last lease ran out', [aSession('a', { leaseUntil: 5 })], standing('busy', fading), 'offline'],
    ['shows until a session has come', [], standing('busy', { fades: true, attended: false }), 'busy'],
    ['stays when it does not fade', [], standing('busy', { attended: true }), 'busy'],
    ['is never dormant as offline', [], standing('offline', fading), 'offline'],
  ] as const)('[R6] one %s', (_name, sessions, fades, availability) => {
    expect(own(aRecord({ sessions, claims: [fades] }), 10)).toMatchObject({ availability })
  })

  test('[R6] an offline that fades hides its user all the same, and a fading note stays', () => {
    const claims = [standing('offline', fading), aClaim('note', { note: { text: 'n', emoji: '' }, ...fading })]
    expect(own(aRecord({ claims }), 10)).toMatchObject({ source: 'manual', note: { text: 'n' } })
  })
})

describe('policy and views', () => {
  test('[R7] where invisibility is not allowed, an explicit offline counts for nothing', () => {
    const record = aRecord({
      claims: [standing('offline'), aClaim('app:1', { availability: 'offline' })],
      sessions: [aSession('a')],
    })
    expect(own(record, 0, { ...POLICY, invisibleAllowed: false })).toMatchObject({
      availability: 'offline',
      source: 'app',
      connected: 'online',
    })
    const alone = { ...record, claims: [standing('offline')] }
    expect(seen(alone, 0, { ...POLICY, invisibleAllowed: false })).toMatchObject({ availability: 'online', source: 'session' })
  })

  test('[R8] a deactivated user is offline whatever was claimed; a note still shows', () => {
    const record = aRecord({ claims: [standing('busy'), noted('n')], sessions: [aSession('a')], declaredOnline: { at: 0 } })
    expect(seen(record, 1, { ...POLICY, deactivated: true })).toMatchObject({
      availability: 'offline',
      source: 'none',
      connected: 'offline',
      manual: false,
      note: { text: 'n' },
    })
  })

  test('[R11] what the sessions give is told beside whatever claim wins; the standing choice only to the user', () => {
    const record = aRecord({ claims: [timed('dnd', 100), standing('away')], sessions: [aSession('a')] })
    const { own: mine, stranger } = resolve('u', record, 0, POLICY)
    expect(mine).toEqual({ ...stranger, standing: 'away' })
    expect(stranger).toMatchObject({ connected: 'online', standing: null })
  })

  test('[R7] [H1] [H3] the hidden: what strangers see, and what the user sees', () => {
    const claims = [timed('offline', 100, { activity: 'focusing' }), noted('n', 50)]
    const shown = { ...aRecord().shown, lastActiveAt: 3 }
    const { own: mine, stranger } = resolve(
      'u',
      aRecord({ claims, sessions: [aSession('a')], lastActiveAt: 9, shown }),
      10,
      POLICY,
    )
    expect(stranger).toEqual({
      userId: 'u',
      availability: 'offline',
      activity: null,
      note: { text: 'n', emoji: '', until: 50 },
      since: 0,
      until: null,
      source: 'none',
      noteSource: 'manual',
      manual: false,
      lastActiveAt: 3,
      nextChangeAt: 50,
      connected: 'offline',
      standing: null,
      changedAt: 0,
    })
    expect(mine).toMatchObject({
      source: 'manual',
      manual: true,
      until: 100,
      activity: 'focusing',
      lastActiveAt: 9,
      connected: 'online',
    })
  })
})
