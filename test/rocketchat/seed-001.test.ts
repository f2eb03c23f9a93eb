import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { createTalk, credentials, inMs, later } from './talk.ts'

let server: Server
let talk: ReturnType<typeof createTalk>
let admin: Person
let people: Person[] = []

beforeAll(async () => {
  server = await startServer()
  talk = createTalk(server)
  admin = await server.login('admin', 'correct horse battery staple')
  const names = Array.from({ length: 12 }, (_, at) => `user${at}`)
  people = await Promise.all(names.map((username) => server.createUser({ username })))
})
afterAll(() => server.stop())

/** A user whom no other test of this file has used. */
function somebody(): Person {
  const person = people.pop()
  if (person === undefined) throw new Error('make more users')
  return person
}
const set = (person: Person | null, body: unknown) => talk.post('users.setStatus', person, body)
const own = async (person: Person) => (await talk.get('users.getStatus', person)).body
const idOf = (person: Person): string => person.user.ids.rocketchat

test('[RC-1.3-1] seed 001 · 200 · success', async () => {
  const { status, text } = await set(somebody(), { status: 'online', message: 'My status update' })
  expect([status, text]).toEqual([200, '{"success":true}'])
})

test('[RC-1.0-2] seed 001 · X-User-Id', async () => {
  const person = somebody()
  const { 'X-Auth-Token': token = '', 'X-User-Id': id = '' } = credentials(person)
  const call = (headers: Record<string, string>) =>
    talk.send('/api/v1/users.setStatus', {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: '{"status":"away"}',
    })
  expect((await call({ 'X-Auth-Token': token })).status).toBe(401)
  expect((await call({ 'X-Auth-Token': token, 'X-User-Id': '' })).status).toBe(401)
  expect((await call({ 'X-Auth-Token': token, 'X-User-Id': idOf(admin) })).status).toBe(401)
  expect((await call({ 'x-auth-token': token, 'X-USER-ID': id })).status).toBe(200)
})

test('[RC-1.0-2] [RC-1.0-3] seed 001 · X-Auth-Token', async () => {
  const person = somebody()
  const { 'X-Auth-Token': token = '', 'X-User-Id': id = '' } = credentials(person)
  const call = (headers: Record<string, string>) =>
    talk.send('/api/v1/users.setStatus', {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: '{"status":"away"}',
    })
  expect((await call({ 'X-User-Id': id })).status).toBe(401)
  expect((await call({ 'X-User-Id': id, 'X-Auth-Token': 'wrong' })).status).toBe(401)
  expect((await call({ 'X-User-Id': id, 'X-Auth-Token': admin.token })).status).toBe(401)
  expect((await call({ Authorization: `Bearer ${token}` })).status).toBe(401)
  expect((await call({ Cookie: `rc_uid=${id}; rc_token=${token}` })).status).toBe(401)
  expect((await call({ 'X-User-Id': id, 'X-Auth-Token': token })).status).toBe(200)
})

test('[RC-1.3-13] seed 001 · message · alone it leaves the status', async () => {
  const person = somebody()
  await set(person, { status: 'away' })
  await set(person, { message: 'My status update' })
  expect(await own(person)).toMatchObject({ status: 'away', message: 'My status update' })
  await set(person, { message: 'until later', expiresAt: inMs(60_000) })
  expect(await own(person)).toMatchObject({ status: 'away', message: 'until later' })
})

test('[RC-1.3-12] seed 001 · message · empty withdraws it, none leaves it', async () => {
  const person = somebody()
  await set(person, { status: 'busy', message: 'one' })
  await set(person, { status: 'away' })
  expect(await own(person)).toMatchObject({ status: 'away', message: 'one' })
  await set(person, { status: 'away', message: null })
  expect((await own(person)).message).toBe('one')
  await set(person, { message: '' })
  expect(await own(person)).toMatchObject({ status: 'away', message: '' })
})

test('[RC-1.3-9] [RC-1.3-10] [RC-1.0-11] seed 001 · message · trimmed, cut, coerced, with its emoji', async () => {
  const person = somebody()
  const said = async (message: unknown) => {
    expect((await set(person, { message })).status).toBe(200)
    return (await own(person)).message
  }
  expect(await said('  spaced  ')).toBe('spaced')
  expect(await said('x'.repeat(5_000))).toBe('x'.repeat(120))
  expect(await said(123)).toBe('123')
  expect(await said(':palm_tree: away')).toBe(':palm_tree: away')
  const { note } = await server.call('GET', '/v1/presence/me', person.token)
  expect(note).toMatchObject({ text: 'away', emoji: 'palm_tree' })
})

test('[RC-1.3-11] seed 001 · status · online withdraws what was chosen', async () => {
  const person = somebody()
  await set(person, { status: 'busy', message: 'here' })
  await set(person, { status: 'online' })
  expect(await own(person)).toMatchObject({ status: 'online', message: '' })
  await server.call('PUT', '/v1/presence/me/note', person.token, { text: 'from elsewhere' })
  await set(person, { status: 'online' })
  expect((await own(person)).message).toBe('from elsewhere')
  await set(person, { status: 'online', message: '' })
  expect((await own(person)).message).toBe('')
  await set(person, { status: 'online', message: 'there' })
  expect(await own(person)).toMatchObject({ status: 'online', message: 'there' })
})

test.each(['disabled', 'dnd', 'ONLINE', '', null, true])(
  '[RC-1.3-2] [RC-1.0-10] seed 001 · status · %j is none',
  async (status) => {
    const { status: code, text } = await set(admin, { status })
    expect(code).toBe(400)
    expect(text).toBe('{"success":false,"errorType":"invalid-params","error":"must be equal to one of the allowed values"}')
  },
)

test('[RC-1.3-14] seed 001 · status · what another dialect claimed stays when it is only written back', async () => {
  const person = somebody()
  const until = inMs(3_600_000)
  await server.call('PUT', '/v1/presence/me/availability', person.token, { availability: 'dnd', until })
  await server.call('PUT', '/v1/presence/me/note', person.token, { text: 'focus', emoji: 'books', until })
  const { status, message } = await own(person)
  expect([status, message]).toEqual(['busy', ':books: focus'])
  await set(person, { status, message })
  const kept = await server.call('GET', '/v1/presence/me', person.token)
  expect(kept).toMatchObject({ availability: 'dnd', until, note: { text: 'focus', emoji: 'books', until } })
})

test('[RC-1.3-5] seed 001 · userId · only with the permission', async () => {
  const person = people[0] ?? admin
  const refused = { status: 403, text: '{"success":false,"error":"unauthorized"}' }
  expect(await set(person, { status: 'away', userId: idOf(admin) })).toMatchObject(refused)
  expect(await set(person, { status: 'away', userId: 'nobody' })).toMatchObject(refused)
  expect((await set(admin, { status: 'away', userId: idOf(person) })).status).toBe(200)
  expect((await own(person)).status).toBe('away')
  const unknown = await set(admin, { status: 'away', userId: 'nobody' })
  expect([unknown.status, unknown.body.errorType]).toEqual([400, 'error-invalid-user'])
})

test('seed 001 · userId · one’s own needs none', async () => {
  const person = people[0] ?? admin
  expect((await set(person, { status: 'busy', userId: idOf(person) })).status).toBe(200)
  expect((await own(person)).status).toBe('busy')
})

test('[RC-1.1-1] [RC-1.3-5] seed 001 · username', async () => {
  const person = people[0] ?? admin
  expect((await set(person, { status: 'away', username: person.user.username })).status).toBe(200)
  expect((await set(person, { status: 'away', username: 'admin' })).status).toBe(403)
  expect((await set(admin, { status: 'busy', username: person.user.username })).status).toBe(200)
  expect((await own(person)).status).toBe('busy')
})

test.each([{}, { message: null }, { expiresAt: '2999-01-01T00:00:00Z' }, { userId: 'someone' }])(
  '[RC-1.3-4] seed 001 · 400 · error · %j says nothing',
  async (body) => {
    const { status, text } = await set(admin, body)
    expect(status).toBe(400)
    expect(text).toBe('{"success":false,"error":"Match error: Failed Match.OneOf, Match.Maybe or Match.Optional validation"}')
  },
)

test('seed 001 · 400 · success', async () => expect((await set(admin, {})).body.success).toBe(false))

test('[RC-1.3-3] [RC-1.0-10] seed 001 · 400 · an unknown key', async () => {
  const { status, text } = await set(admin, { status: 'online', emoji: 'x' })
  expect(status).toBe(400)
  expect(text).toBe('{"success":false,"errorType":"invalid-params","error":"must NOT have additional properties"}')
})

test.each([
  ['not a date', 'Invalid expiresAt date string'],
  ['2020-01-01T00:00:00Z', 'expiresAt must be a future date'],
])('[RC-1.3-7] [RC-1.0-5] seed 001 · 400 · expiresAt %j', async (expiresAt, reason) => {
  const { status, text } = await set(admin, { status: 'busy', expiresAt })
  expect(status).toBe(400)
  expect(text).toBe(
    `{"success":false,"error":"${reason} [error-invalid-date]","errorType":"error-invalid-date","details":{"method":"users.setStatus"}}`,
  )
})

test('[RC-1.3-7] seed 001 · status · an empty expiresAt is none', async () => {
  expect((await set(admin, { status: 'busy', expiresAt: '' })).status).toBe(200)
  expect((await set(admin, { status: 'busy', expiresAt: null })).status).toBe(200)
  expect((await own(admin)).statusExpiresAt).toBeUndefined()
})

test('[RC-1.3-15] [RC-1.3-12] seed 001 · status · when it ends, what stood before shows again', async () => {
  const person = people[0] ?? admin
  await set(person, { status: 'away', message: 'before' })
  await set(person, { status: 'busy', message: 'meanwhile', expiresAt: inMs(400) })
  expect(await own(person)).toMatchObject({ status: 'busy', message: 'meanwhile' })
  await later(900)
  expect(await own(person)).toMatchObject({ status: 'away', message: 'before' })
})

test('[RC-1.0-4] seed 001 · 401', async () => {
  const { status, body } = await set(null, { status: 'nonsense' })
  expect([status, Object.keys(body)]).toEqual([401, ['success', 'error', 'status', 'message']])
})

test('seed 001 · 401 · status', async () => expect((await set(null, {})).body.status).toBe('error'))

test('seed 001 · 401 · message', async () => expect((await set(null, {})).body.message).toBe('You must be logged in to do this.'))

test('[RC-1.3-6] [RC-1.0-19] seed 001 · message · while notes are not allowed', async () => {
  const person = people[0] ?? admin
  await set(person, { status: 'away', message: 'stays' })
  await talk.setting(admin, 'Accounts_AllowUserStatusMessageChange', false)
  const { status, text } = await set(person, { message: 'no' })
  expect(status).toBe(400)
  expect(text).toBe(
    '{"success":false,"error":"Change status is not allowed [error-not-allowed]","errorType":"error-not-allowed","details":{"method":"users.setStatus"}}',
  )
  expect((await set(person, { status: 'busy' })).status).toBe(200)
  expect((await own(person)).message).toBe('stays')
  expect((await set(person, { message: '' })).status).toBe(200)
  expect((await own(person)).message).toBe('')
  await talk.setting(admin, 'Accounts_AllowUserStatusMessageChange', true)
  expect((await set(person, { message: 'yes' })).status).toBe(200)
})

test('[RC-1.3-8] [RC-1.0-19] seed 001 · status · offline while invisible is not allowed', async () => {
  const person = people[0] ?? admin
  await set(person, { status: 'offline' })
  await talk.setting(admin, 'Accounts_AllowInvisibleStatusOption', false)
  const refused =
    '{"success":false,"error":"Invisible status is disabled [error-status-not-allowed]","errorType":"error-status-not-allowed","details":{"method":"users.setStatus"}}'
  expect(await set(person, { status: 'offline' })).toMatchObject({ status: 400, text: refused })
  expect(await set(person, { message: 'hidden' })).toMatchObject({ status: 400, text: refused })
  expect((await set(person, { status: 'away' })).status).toBe(200)
  await talk.setting(admin, 'Accounts_AllowInvisibleStatusOption', true)
  expect((await set(person, { status: 'offline' })).status).toBe(200)
})
