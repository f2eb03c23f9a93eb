import { expect, onTestFinished, test } from 'vitest'
import type { Settings } from '../../src/core/accounts.ts'
import type { Failure } from '../../src/core/errors.ts'
import type { Principal } from '../../src/core/principal.ts'
import type { ChangeOptions } from '../../src/core/service.ts'
import type { NewSession, PresenceEvent } from '../../src/core/transition.ts'
import type { UserId } from '../../src/core/vocabulary.ts'
import { anAdministrator, aPrincipal, createWorld } from './world.ts'

const NOW = 1_000_000
const status = (change: object = {}): PresenceEvent => ({
  type: 'availability_set',
  availability: 'busy',
  activity: null,
  until: null,
  fades: false,
  alike: null,
  ...change,
})
const note = (text: string, emoji = ''): PresenceEvent => ({ type: 'note_set', words: { text, emoji }, until: null, alike: null })
const claim = (change: object = {}): PresenceEvent => ({
  type: 'claim_set',
  key: 'app:one',
  class: 'app',
  availability: 'busy',
  activity: null,
  note: null,
  since: null,
  until: null,
  leaseMs: null,
  ...change,
})
const session = (change: Partial<NewSession> = {}): PresenceEvent => ({
  type: 'session_opened',
  session: { id: 's', owner: null, leaseUntil: null, app: 'web', platform: 'web', idles: 'both', idle: false, ...change },
})

const without = (...scopes: string[]): Partial<Principal> => ({
  scopes: new Set([...aPrincipal('').scopes].filter((scope) => !scopes.includes(scope))),
})
const helper: Partial<Principal> = { permissions: new Set(['set-others-presence']) }
const application: Partial<Principal> = { by: 'app-token' }

interface Attempt {
  readonly principal?: Partial<Principal>
  readonly on?: UserId
  readonly events?: readonly PresenceEvent[]
  readonly settings?: Partial<Settings>
  readonly options?: ChangeOptions
}

async function attempt({
  principal = {},
  on = 'anna',
  events = [status()],
  settings = {},
  options = {},
}: Attempt): Promise<string> {
  const world = await createWorld({ userIds: ['anna', 'bob', 'root'], start: NOW })
  onTestFinished(() => world.close())
  world.crowd.put('root', { administrator: true })
  world.settings.change(settings, NOW)
  try {
    await world.engine.service.as(aPrincipal('anna', principal), 'test').commands.change(on, events, options)
    return 'done'
  } catch (error) {
    const { code, reason, field } = error as Failure
    return [code, reason, field].filter((part) => part !== null).join(' ')
  }
}

test.each<[string, Attempt, string]>([
  ['one sets oneself', {}, 'done'],
  ['the token may not write', { principal: without('presence:write-own') }, 'forbidden scope_missing'],
  ['others need a permission', { on: 'bob' }, 'forbidden permission_missing'],
  ['with the permission others are set', { on: 'bob', principal: helper }, 'done'],
  ['and the scope', { on: 'bob', principal: { ...helper, ...without('presence:write-others') } }, 'forbidden scope_missing'],
  ['an administrator is set by administrators only', { on: 'root', principal: helper }, 'forbidden permission_missing'],
  ['an administrator sets another', { on: 'root', principal: anAdministrator('anna') }, 'done'],
  [
    'the token reaches only some users',
    { on: 'bob', principal: { ...helper, reach: new Set(['anna']) } },
    'forbidden scope_missing',
  ],
  ['nobody by that id', { on: 'nobody', principal: helper }, 'not_found no_such_user'],
  ['who may set others is all that a stranger learns', { on: 'nobody' }, 'forbidden permission_missing'],
  ['a claim on oneself', { events: [claim()] }, 'done'],
  ['a claim needs its class', { events: [claim()], principal: without('claims:app') }, 'forbidden scope_missing'],
  ['a claim on others needs more than a login', { on: 'bob', events: [claim()] }, 'forbidden permission_missing'],
  ['an application claims on others', { on: 'bob', events: [claim()], principal: application }, 'done'],
  [
    'but sets no status of theirs',
    { on: 'bob', events: [claim(), status()], principal: application },
    'forbidden permission_missing',
  ],
  [
    'an application withdraws',
    { on: 'bob', events: [{ type: 'claim_withdrawn', key: 'app:one' }], principal: application },
    'done',
  ],
  ['a key without a class', { events: [{ type: 'claim_withdrawn', key: 'manual' }] }, 'invalid malformed key'],
  ['a key of another class', { events: [claim({ key: 'call:one' })] }, 'invalid malformed key'],
  ['a session needs its scope', { events: [session()], principal: without('sessions') }, 'forbidden scope_missing'],
  ['a session of oneself', { events: [session()] }, 'done'],
  ['notes are off', { events: [note('tea')], settings: { notesAllowed: false } }, 'forbidden notes_not_allowed'],
  [
    'appearing offline is off',
    { events: [status({ availability: 'offline' })], settings: { invisibleAllowed: false } },
    'invalid invisible_not_allowed availability',
  ],
  ['[T6] an end now', { events: [status({ until: NOW })] }, 'invalid end_in_past until'],
  ['[T6] an end in the past, accepted', { events: [status({ until: 5 })], options: { lapsedEndAccepted: true } }, 'done'],
  ['an end that is no time', { events: [status({ until: Number.POSITIVE_INFINITY })] }, 'invalid malformed until'],
  ['a note as long as they may be', { events: [note('x'.repeat(1_024), 'y'.repeat(64))] }, 'done'],
  ['a note longer than that', { events: [note('x'.repeat(1_025))] }, 'invalid note_too_long text'],
  ["an emoji's name longer than that", { events: [note('', 'y'.repeat(65))] }, 'invalid note_too_long emoji'],
  ['a key longer than that', { events: [claim({ key: `app:${'x'.repeat(125)}` })] }, 'invalid malformed key'],
  ['a session id longer than that', { events: [session({ id: 'x'.repeat(129) })] }, 'invalid malformed id'],
  ['64 claims', { events: Array.from({ length: 64 }, (_, at) => claim({ key: `app:${at}` })) }, 'done'],
  ['65 claims', { events: Array.from({ length: 65 }, (_, at) => claim({ key: `app:${at}` })) }, 'invalid claims'],
  ['65 sessions', { events: Array.from({ length: 65 }, (_, at) => session({ id: `${at}` })) }, 'invalid sessions'],
])('%s', async (_, tried, outcome) => {
  expect(await attempt(tried)).toBe(outcome)
})

test('of several reasons the same one is always told: scope, reach, permission, user, administrator, settings, end, length', async () => {
  const events = [note('x'.repeat(2_000)), status({ until: 1 })]
  const all: Attempt = { on: 'root', events, settings: { notesAllowed: false } }
  const tries: Attempt[] = [
    { ...all, principal: { ...without('presence:write-others'), reach: new Set() } },
    { ...all, principal: { reach: new Set() } },
    all,
    { ...all, on: 'nobody', principal: helper },
    { ...all, principal: helper },
    { ...all, principal: anAdministrator('anna') },
  ]
  const outcomes = []
  for (const tried of tries) outcomes.push(await attempt(tried))
  expect(outcomes).toEqual([
    'forbidden scope_missing',
    'forbidden scope_missing',
    'forbidden permission_missing',
    'not_found no_such_user',
    'forbidden permission_missing',
    'forbidden notes_not_allowed',
  ])
})

test('a token that may not read presence reads none, and one with a reach only those within it', async () => {
  const { engine, close } = await createWorld({ userIds: ['anna', 'bob'] })
  const blind = engine.service.as(aPrincipal('anna', without('presence:read')), 'test')
  expect(() => blind.view.get('anna')).toThrow(expect.objectContaining({ code: 'forbidden', reason: 'scope_missing' }))
  expect(() => blind.view.changesSince(null)).toThrow(expect.objectContaining({ code: 'forbidden' }))
  const near = engine.service.as(aPrincipal('anna', { reach: new Set(['bob']) }), 'test').view
  expect(near.many(['anna', 'bob', 'nobody']).map((presence) => presence?.userId ?? null)).toEqual([null, 'bob', null])
  expect([...near.everyone()].map(({ userId }) => userId)).toEqual(['bob'])
  await expect(engine.service.as(aPrincipal('bob'), 'test').commands.explain('anna')).rejects.toMatchObject({
    reason: 'permission_missing',
  })
  await close()
})
