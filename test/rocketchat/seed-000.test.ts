import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { createTalk, inMs } from './talk.ts'

let server: Server
let talk: ReturnType<typeof createTalk>
let [ann, bob, hal, mia]: Person[] = []
let admin: Person

beforeAll(async () => {
  server = await startServer()
  talk = createTalk(server)
  admin = await server.login('admin', 'correct horse battery staple')
  ;[ann, bob, hal, mia] = await Promise.all(
    ['ann', 'bob', 'hal', 'mia'].map((username) =>
      server.createUser({ username, name: username, email: `${username}@example.org` }),
    ),
  )
})
afterAll(() => server.stop())

const read = (reader: Person | undefined, query: Record<string, string> = {}) =>
  talk.get('users.getStatus', reader ?? null, query)
const set = (person: Person | undefined, body: object) => talk.post('users.setStatus', person ?? null, body)
const idOf = (person: Person | undefined): string => person?.user.ids.rocketchat

test('[RC-1.2-1] [RC-1.0-5] seed 000 · 200 · the fields in their order, success last', async () => {
  await set(ann, { status: 'busy', message: 'deep work', expiresAt: inMs(60_000) })
  const own = await read(ann)
  expect(own.status).toBe(200)
  const order = ['_id', 'message', 'connectionStatus', 'status', 'statusSource', 'statusExpiresAt', 'success']
  expect(Object.keys(own.body)).toEqual(order)
  expect(Object.keys((await read(bob, { userId: idOf(ann) })).body)).toEqual(order)
  await set(ann, { status: 'online', message: '' })
})

test('[RC-1.1-1] seed 000 · userId · not given: the caller', async () => {
  expect((await read(ann)).body._id).toBe(idOf(ann))
  expect((await read(ann, { userId: '' })).body._id).toBe(idOf(ann))
})

test('[RC-1.1-2] seed 000 · userId · another user', async () => {
  const { status, body } = await read(ann, { userId: idOf(bob) })
  expect([status, body._id]).toEqual([200, idOf(bob)])
})

test('[RC-1.1-2] seed 000 · username · in any case, after an id that is not blank', async () => {
  expect((await read(ann, { username: 'BOB' })).body._id).toBe(idOf(bob))
  expect((await read(ann, { user: 'bob' })).body._id).toBe(idOf(bob))
  expect((await read(ann, { userId: ' ', username: 'bob' })).body._id).toBe(idOf(bob))
  expect((await read(ann, { userId: idOf(bob), username: 'hal' })).body._id).toBe(idOf(bob))
  expect((await read(ann, { userId: idOf(bob).toUpperCase() })).status).toBe(400)
})

test('[RC-1.1-1] seed 000 · userId · one own name among the three is enough', async () => {
  expect((await read(ann, { userId: idOf(bob), username: 'ann' })).body._id).toBe(idOf(ann))
  expect((await read(ann, { userId: idOf(bob), username: 'ANN' })).body._id).toBe(idOf(bob))
})

test('[RC-1.1-3] seed 000 · userId · blank', async () => {
  const { status, text } = await read(ann, { userId: ' ' })
  expect(status).toBe(400)
  expect(text).toBe(
    '{"success":false,"error":"The required \\"userId\\" or \\"username\\" param was not provided [error-user-param-not-provided]","errorType":"error-user-param-not-provided"}',
  )
})

test.each([
  { userId: 'nobody' },
  { username: 'nobody' },
  { userId: '../../etc' },
  { userId: 'x'.repeat(2000) },
  { user: '\u0000' },
])('[RC-1.1-4] seed 000 · userId · unknown %#', async (query) => {
  const { status, text } = await read(ann, query)
  expect(status).toBe(400)
  expect(text).toBe(
    '{"success":false,"error":"The required \\"userId\\" or \\"username\\" param provided does not match any users [error-invalid-user]","errorType":"error-invalid-user"}',
  )
})

test('[RC-1.2-2] seed 000 · message', async () => {
  expect((await read(bob)).body.message).toBe('')
  await set(bob, { message: 'Latest status' })
  expect((await read(bob)).body.message).toBe('Latest status')
  expect((await read(ann, { userId: idOf(bob) })).body.message).toBe('Latest status')
  await set(bob, { message: '' })
  expect((await read(ann, { userId: idOf(bob) })).body.message).toBe('')
})

test('[RC-1.2-4] [RC-1.0-3] seed 000 · connectionStatus', async () => {
  expect((await read(bob)).body.connectionStatus).toBe('offline')
  await set(bob, { status: 'away' })
  const { status, connectionStatus } = (await read(ann, { userId: idOf(bob) })).body
  expect({ status, connectionStatus }).toEqual({ status: 'away', connectionStatus: 'offline' })
})

test.each(['online', 'away', 'busy', 'offline'])('[RC-1.2-4] seed 000 · status · %s', async (status) => {
  await set(bob, { status })
  expect((await read(bob)).body.status).toBe(status)
  expect((await read(ann, { userId: idOf(bob) })).body.status).toBe(status)
})

test('[RC-1.2-4] seed 000 · status · dnd from another dialect shows as busy', async () => {
  await server.call('PUT', `/v1/presence/me/availability`, bob?.token ?? null, { availability: 'dnd' })
  expect((await read(ann, { userId: idOf(bob) })).body.status).toBe('busy')
})

test('[RC-1.2-5] [RC-1.2-6] seed 000 · status · its source and end', async () => {
  const end = inMs(120_000)
  await set(mia, { status: 'busy', expiresAt: end })
  expect((await read(ann, { userId: idOf(mia) })).body).toMatchObject({ statusSource: 'manual', statusExpiresAt: end })
  await set(mia, { status: 'online' })
  const body = (await read(mia)).body
  expect(Object.keys(body)).toEqual(['_id', 'message', 'connectionStatus', 'status', 'success'])
})

test('[RC-1.2-7] seed 000 · status · hidden looks like offline to others', async () => {
  await set(hal, { status: 'busy' })
  await set(hal, { status: 'offline' })
  const own = (await read(hal)).body
  expect(own).toMatchObject({ status: 'offline', statusSource: 'manual' })
  const seen = (await read(ann, { userId: idOf(hal) })).text
  expect(seen).toBe(`{"_id":"${idOf(hal)}","message":"","connectionStatus":"offline","status":"offline","success":true}`)
  expect((await read(admin, { userId: idOf(hal) })).text).toBe(seen)
})

test('[RC-1.2-3] [RC-1.0-10] seed 000 · userId · another key is refused', async () => {
  const { status, text } = await read(ann, { id: idOf(bob) })
  expect(status).toBe(400)
  expect(text).toBe('{"success":false,"errorType":"error-invalid-params","error":"must NOT have additional properties"}')
})

test('[RC-1.0-11] [RC-1.0-10] seed 000 · userId · a list of one is the value, a list of two is no string', async () => {
  expect((await talk.get('users.getStatus', ann ?? null, `userId[]=${idOf(bob)}`)).body._id).toBe(idOf(bob))
  const { status, body } = await talk.get('users.getStatus', ann ?? null, `userId=a&userId=b`)
  expect([status, body.error]).toEqual([400, 'must be string'])
})

test('seed 000 · success', async () => {
  expect((await read(ann)).body.success).toBe(true)
  expect((await read(ann, { userId: 'nobody' })).body.success).toBe(false)
})

test('[RC-1.0-4] seed 000 · 401', async () => {
  const { status, text } = await read(undefined)
  expect(status).toBe(401)
  expect(text).toBe(
    '{"success":false,"error":"You must be logged in to do this.","status":"error","message":"You must be logged in to do this."}',
  )
})

test('seed 000 · 401 · status', async () => expect((await read(undefined)).body.status).toBe('error'))

test('seed 000 · 401 · message', async () =>
  expect((await read(undefined, { userId: idOf(bob) })).body.message).toBe('You must be logged in to do this.'))
