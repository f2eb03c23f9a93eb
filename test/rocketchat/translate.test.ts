import { expect, test } from 'vitest'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { emptyRecord } from '../../src/core/record.ts'
import { resolve } from '../../src/core/resolve.ts'
import { AVAILABILITIES, type Presence } from '../../src/core/vocabulary.ts'
import { credentialsOf } from '../../src/dialects/rocketchat/credentials.ts'
import { rocketchatDialect } from '../../src/dialects/rocketchat/dialect.ts'
import { rocketchatIds } from '../../src/dialects/rocketchat/ids.ts'
import { claimFieldsOf, eventsOf, instantOf, STATUS_OUT, statusTextOf, wordsOf } from '../../src/dialects/rocketchat/translate.ts'

const nobody: Presence = resolve('u', emptyRecord(0), 1, DEFAULT_POLICY).stranger

test('[RC-1.2-4] dnd shows as busy, every other availability as itself', () => {
  expect(AVAILABILITIES.map((availability) => STATUS_OUT[availability])).toEqual(['online', 'away', 'busy', 'busy', 'offline'])
})

test.each([
  ['call', null, 'internal'],
  ['manual', null, 'manual'],
  ['app', null, 'external'],
  ['calendar', null, 'external'],
  ['schedule', null, 'external'],
  ['session', 'manual', 'manual'],
  ['none', 'calendar', 'external'],
  ['calendar', 'manual', 'external'],
  ['session', null, undefined],
  ['declared', null, undefined],
  ['none', null, undefined],
] as const)('[RC-1.2-5] an availability from %s and a note from %s have the source %s', (source, noteSource, statusSource) => {
  expect(claimFieldsOf({ ...nobody, source, noteSource }).statusSource).toBe(statusSource)
})

test('[RC-1.2-6] the end is that of the availability, else that of the note, else absent', () => {
  const note = { text: 'x', emoji: '', until: 2_000 }
  expect(claimFieldsOf({ ...nobody, until: 1_000, note }).statusExpiresAt).toBe('1970-01-01T00:00:01.000Z')
  expect(claimFieldsOf({ ...nobody, note }).statusExpiresAt).toBe('1970-01-01T00:00:02.000Z')
  expect(claimFieldsOf({ ...nobody, note: { ...note, until: null } }).statusExpiresAt).toBeUndefined()
})

test.each([
  ['at lunch', { text: 'at lunch', emoji: '' }],
  [':pizza: at lunch', { text: 'at lunch', emoji: 'pizza' }],
  [':+1: yes', { text: 'yes', emoji: '+1' }],
  [':pizza:', { text: '', emoji: 'pizza' }],
  [':pizza:now', { text: ':pizza:now', emoji: '' }],
  ['lunch :pizza: now', { text: 'lunch :pizza: now', emoji: '' }],
  [': : x', { text: ': : x', emoji: '' }],
  [':a: :b: c', { text: ':b: c', emoji: 'a' }],
  [':a: one\ntwo', { text: 'one\ntwo', emoji: 'a' }],
])('[RC-1.3-10] %j is read as %j and written as it was', (message, words) => {
  expect(wordsOf(message)).toEqual(words)
  expect(statusTextOf(words)).toBe(message)
})

test('[RC-1.3-9] a text is trimmed, then cut to 120 characters, never through one', () => {
  expect(wordsOf(`  ${'x'.repeat(130)}  `).text).toBe('x'.repeat(120))
  expect(wordsOf('x'.repeat(120)).text).toHaveLength(120)
  expect(wordsOf(`${'x'.repeat(119)}😀`).text).toBe('x'.repeat(119))
  expect(wordsOf(`${'x'.repeat(118)}😀y`).text).toBe(`${'x'.repeat(118)}😀`)
})

test('[RC-1.3-14] a longer note that is only written back is the note that stands', () => {
  const note = { text: 'long '.repeat(40), emoji: 'book', until: null }
  const [event] = eventsOf({ status: null, message: statusTextOf(note) ?? '', until: null })
  expect(event?.type === 'note_set' && event.alike?.({ ...nobody, note })).toBe(true)
  expect(event?.type === 'note_set' && event.alike?.({ ...nobody, note: { ...note, emoji: '' } })).toBe(false)
})

test('[RC-1.3-11] [RC-1.3-12] a request is these events, and only a status other than offline fades', () => {
  const said = (status: 'online' | 'busy' | 'offline' | null, message: string | null) =>
    eventsOf({ status, message, until: 5 }).map(({ alike: _alike, ...event }: Record<string, unknown>) => event)
  const withdrawn = (via: string | null) => ({ type: 'note_withdrawn', via })
  const set = { type: 'note_set', words: { text: 'x', emoji: '' }, until: 5 }
  const busy = { type: 'availability_set', availability: 'busy', activity: null, until: 5, fades: true }
  expect(said('online', null)).toEqual([{ type: 'online_declared' }, withdrawn('rocketchat')])
  expect(said('online', '')).toEqual([{ type: 'online_declared' }, withdrawn(null)])
  expect(said('online', 'x')).toEqual([{ type: 'online_declared' }, set])
  expect(said('busy', null)).toEqual([busy])
  expect(said('busy', ' ')).toEqual([busy, withdrawn(null)])
  expect(said('busy', 'x')).toEqual([busy, set])
  expect(said('offline', null)).toEqual([{ ...busy, availability: 'offline', fades: false }])
  expect(said(null, 'x')).toEqual([set])
})

test('[RC-1.4-6] a date without a zone is UTC, what is no date is none', () => {
  expect(instantOf('2019-05-22T12:11:45.392Z')).toBe(Date.UTC(2019, 4, 22, 12, 11, 45, 392))
  expect(instantOf('2019-05-22T12:11')).toBe(Date.UTC(2019, 4, 22, 12, 11))
  expect(instantOf('2019-05-22T12:11:45')).toBe(Date.UTC(2019, 4, 22, 12, 11, 45))
  expect(instantOf('2019-05-22T14:11+02:00')).toBe(Date.UTC(2019, 4, 22, 12, 11))
  expect(instantOf('2019-05-22')).toBe(Date.UTC(2019, 4, 22))
  expect(instantOf('yesterday')).toBeNull()
  expect(instantOf('')).toBeNull()
})

test.each([
  ['/api/v1/users.getStatus', true],
  ['/api/v1/no.such', true],
  ['/api/v1/me', true],
  ['/api/v1/login', true],
  ['/api/v1/logout', true],
  ['/api/v1/settings/Presence_broadcast_disabled', true],
  ['/api/v1/method.call/UserPresence:online', true],
  ['/api/info', true],
  ['/api/v1/User/5/UserPresenceStatus', false],
  ['/api/v1/Message/a.b', false],
  ['/api/v1', false],
  ['/api/v4/users/me', false],
  ['/v1/users/me', false],
])('[RC-1.0-17] %s is this dialect’s: %s', (path, owned) => {
  expect(rocketchatDialect().owns(path)).toBe(owned)
})

test('[RC-1.1-2] ids are letters, digits, dots, dashes and underscores, 1 to 64 of them', () => {
  expect(['rocket.cat', 'A-b_9', 'x'.repeat(64)].every((id) => rocketchatIds.accepts(id))).toBe(true)
  expect(['', 'x'.repeat(65), 'a b', 'é', 'a/b'].some((id) => rocketchatIds.accepts(id))).toBe(false)
})

const digest = 'AB'.repeat(32)
test.each([
  [
    { user: 'ann', password: 'p' },
    { who: { login: 'ann' }, secret: { password: 'p' } },
  ],
  [
    { user: 'ann@x.org', password: 'p', code: '1' },
    { who: { login: 'ann@x.org' }, secret: { password: 'p' } },
  ],
  [
    { username: 'ann', password: 'p' },
    { who: { space: 'username', value: 'ann' }, secret: { password: 'p' } },
  ],
  [
    { email: 'a@x.org', password: 'p' },
    { who: { space: 'email', value: 'a@x.org' }, secret: { password: 'p' } },
  ],
  [
    { user: { username: 'ann' }, password: 'p' },
    { who: { space: 'username', value: 'ann' }, secret: { password: 'p' } },
  ],
  [
    { user: { email: 'a@x.org' }, password: 'p' },
    { who: { space: 'email', value: 'a@x.org' }, secret: { password: 'p' } },
  ],
  [
    { user: 'ann', password: { digest, algorithm: 'sha-256' } },
    { who: { login: 'ann' }, secret: { digest: digest.toLowerCase() } },
  ],
  [
    { user: 'ann', password: { hashed: digest } },
    { who: { login: 'ann' }, secret: { digest: digest.toLowerCase() } },
  ],
  [{ resume: 'token' }, { resume: 'token' }],
  [{ user: 'ann' }, null],
  [{ password: 'p' }, null],
  [{ user: 'ann', password: 5 }, null],
  [{ user: 'ann', password: { digest: 'short' } }, null],
  [{ resume: 7 }, null],
  [[], null],
  [null, null],
])('[RC-2.1-2] [RC-2.1-3] [RC-2.1-7] the login %j names %j', (body, named) => {
  expect(credentialsOf(body)).toEqual(named)
})
