import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { type Ddp, enterDdp, openDdp } from './ddp-talk.ts'
import { createTalk } from './talk.ts'

let server: Server
let talk: ReturnType<typeof createTalk>
let admin: Person
let ann: Person
let bob: Person
let ddp: Ddp

beforeAll(async () => {
  server = await startServer()
  talk = createTalk(server)
  ann = await server.createUser({ username: 'ann', password: null })
  bob = await server.createUser({ username: 'bob', password: null })
  admin = { user: await server.call('GET', '/v1/users/admin', server.adminToken), token: server.adminToken }
  ddp = await enterDdp(server, ann)
})
afterAll(() => server.stop())

const statusOf = async (person: Person) => (await talk.get('users.getStatus', person)).body

describe('one’s own presence', () => {
  test('[RC-2.3-1] away and online are said of this connection, and answer whether that is new', async () => {
    expect((await ddp.call('UserPresence:away')).result).toBe(true)
    expect((await ddp.call('UserPresence:away')).result).toBe(false)
    await expect.poll(() => statusOf(ann)).toMatchObject({ status: 'away', connectionStatus: 'away' })
    expect((await ddp.call('UserPresence:online')).result).toBe(true)
    expect((await ddp.call('UserPresence:online')).result).toBe(false)
    await expect.poll(() => statusOf(ann)).toMatchObject({ status: 'online', connectionStatus: 'online' })
  })

  test('[RC-2.3-1] without a login they do nothing', async () => {
    const stranger = await openDdp(server)
    await stranger.connect()
    for (const method of ['UserPresence:away', 'UserPresence:online'])
      expect(await stranger.call(method)).toEqual({ msg: 'result', id: expect.any(String) })
    await stranger.end()
  })

  test('[RC-2.3-2] setDefaultStatus chooses a status', async () => {
    expect(await ddp.call('UserPresence:setDefaultStatus', 'busy')).not.toHaveProperty('error')
    expect(await statusOf(ann)).toMatchObject({ status: 'busy', statusSource: 'manual', connectionStatus: 'online' })
    await ddp.call('UserPresence:setDefaultStatus', 'online')
    expect(await statusOf(ann)).toMatchObject({ status: 'online' })
  })

  test('[RC-2.3-3] setUserStatus sets a status and a text, either, or clears the text', async () => {
    await ddp.call('setUserStatus', 'away', ':tea: out for tea')
    expect(await statusOf(ann)).toMatchObject({ status: 'away', message: ':tea: out for tea' })
    await ddp.call('setUserStatus', 'busy')
    expect(await statusOf(ann)).toMatchObject({ status: 'busy', message: ':tea: out for tea' })
    await ddp.call('setUserStatus', null, 'x'.repeat(130))
    expect(await statusOf(ann)).toMatchObject({ status: 'busy', message: 'x'.repeat(120) })
    await ddp.call('setUserStatus', 'online', '')
    expect(await statusOf(ann)).toMatchObject({ status: 'online', message: '' })
  })

  test('[RC-2.3-3] [RC-2.3-4] what the workspace does not allow is refused', async () => {
    await talk.setting(admin, 'Accounts_AllowUserStatusMessageChange', false)
    expect((await ddp.call('setUserStatus', 'busy', 'text')).error).toMatchObject({
      error: 'error-not-allowed',
      message: 'Not allowed [error-not-allowed]',
    })
    expect(await ddp.call('setUserStatus', 'busy', '')).not.toHaveProperty('error')
    await talk.setting(admin, 'Accounts_AllowUserStatusMessageChange', true)
    await talk.setting(admin, 'Accounts_AllowInvisibleStatusOption', false)
    for (const [method, ...params] of [
      ['setUserStatus', 'offline'],
      ['UserPresence:setDefaultStatus', 'offline'],
    ] as const)
      expect((await ddp.call(method, ...params)).error).toMatchObject({ error: 'error-status-not-allowed' })
    await talk.setting(admin, 'Accounts_AllowInvisibleStatusOption', true)
    expect(await statusOf(ann)).toMatchObject({ status: 'busy' })
  })

  test('[RC-2.3-7] getUserStatusText answers a user’s text', async () => {
    await talk.post('users.setStatus', bob, { message: 'at the docks' })
    expect((await ddp.call('getUserStatusText', bob.user.id)).result).toBe('at the docks')
    expect((await ddp.call('getUserStatusText', admin.user.id)).result).toBe('')
    for (const id of ['nobody', 7, undefined])
      expect((await ddp.call('getUserStatusText', id)).error).toMatchObject({ error: 'error-invalid-user' })
  })
})

describe('refusals', () => {
  test('[RC-2.3-6] who is not logged in is no valid user', async () => {
    const stranger = await openDdp(server)
    await stranger.connect()
    for (const [method, ...params] of [
      ['setUserStatus', 'busy'],
      ['UserPresence:setDefaultStatus', 'busy'],
      ['getUserStatusText', bob.user.id],
    ] as const)
      expect((await stranger.call(method, ...params)).error).toMatchObject({
        error: 'error-invalid-user',
        message: 'Invalid user [error-invalid-user]',
      })
    expect(await stranger.call('logout')).not.toHaveProperty('error')
    expect(await stranger.closed).toBe(1002)
  })

  test.each(['nothing', 'toString', '__proto__', ''])('[RC-2.3-8] there is no method %j', async (method) => {
    expect((await ddp.call(method)).error).toEqual({
      isClientSafe: true,
      error: 404,
      reason: `Method '${method}' not found`,
      message: `Method '${method}' not found [404]`,
      errorType: 'Meteor.Error',
    })
  })

  test.each([
    ['setUserStatus'],
    ['setUserStatus', null, null],
    ['setUserStatus', 'dnd'],
    ['setUserStatus', 'busy', 7],
    ['setUserStatus', { status: 'busy' }],
    ['UserPresence:setDefaultStatus'],
    ['UserPresence:setDefaultStatus', 'disabled'],
  ])('[RC-2.3-8] %s with %j and %j does not match', async (method, ...params) => {
    expect((await ddp.call(method, ...params)).error).toMatchObject({ error: 400, message: 'Match failed [400]' })
  })

  test('[RC-2.3-5] a status is set once a second, by whatever method', async () => {
    await using limited = await startServer({ env: { ROLLCALL_RATE_LIMIT: 'on' } })
    const cat = await limited.createUser({ username: 'cat', password: null })
    const [one, other] = [await enterDdp(limited, cat), await enterDdp(limited, cat)]
    const answers = []
    for (const [from, method] of [
      [one, 'setUserStatus'],
      [one, 'UserPresence:setDefaultStatus'],
      [other, 'setUserStatus'],
    ] as const)
      answers.push(await from.call(method, 'busy'))
    const refused = answers.filter(({ error }) => error !== undefined)
    expect(refused.length).toBeGreaterThanOrEqual(1)
    expect(refused[0].error).toMatchObject({
      error: 'too-many-requests',
      reason: expect.stringMatching(/^Error, too many requests\. Please slow down\. You must wait 1 seconds/),
      details: { timeToReset: expect.any(Number) },
    })
    await new Promise((resolve) => setTimeout(resolve, 1_050))
    expect(await one.call('setUserStatus', 'away')).not.toHaveProperty('error')
  })
})

describe('over HTTP', () => {
  const message = (method: string, ...params: unknown[]) => ({
    message: JSON.stringify({ msg: 'method', id: '12', method, params }),
  })

  test('[RC-2.3-9] a method is called with a message, and its result is one', async () => {
    const { status, body } = await talk.post('method.call/setUserStatus', bob, message('setUserStatus', 'away', 'from afar'))
    expect([status, body]).toEqual([200, { message: '{"msg":"result","id":"12"}', success: true }])
    expect(await statusOf(bob)).toMatchObject({ status: 'away', message: 'from afar' })
    const text = await talk.post('method.call/getUserStatusText', ann, message('getUserStatusText', bob.user.id))
    expect(JSON.parse(text.body.message)).toEqual({ msg: 'result', id: '12', result: 'from afar' })
  })

  test('[RC-2.3-9] there is no connection to be away from, and no login that lasts', async () => {
    const { body } = await talk.post('method.call/UserPresence:away', bob, message('UserPresence:away'))
    expect(JSON.parse(body.message)).toEqual({ msg: 'result', id: '12' })
    expect(await statusOf(bob)).toMatchObject({ connectionStatus: 'offline' })
  })

  test('[RC-2.3-9] what a method refuses is within the message; a message that is none is 400', async () => {
    const { status, body } = await talk.post('method.call/nothing', bob, message('nothing'))
    expect([status, body.success]).toEqual([200, true])
    expect(JSON.parse(body.message).error).toMatchObject({ error: 404 })
    for (const wrong of ['', '{', '[]', '{"msg":"ping"}', '{"msg":"method","method":"x"}'])
      expect((await talk.post('method.call/x', bob, { message: wrong })).status).toBe(400)
    for (const wrong of [{}, { message: { msg: 'method' } }, undefined])
      expect((await talk.post('method.call/x', bob, wrong)).body).toMatchObject({ errorType: 'invalid-params' })
    expect((await talk.post('method.call/setUserStatus', null, message('setUserStatus', 'busy'))).status).toBe(401)
  })

  test('[RC-2.3-10] who is not logged in may log in by it', async () => {
    const { body } = await talk.post('method.callAnon/login', null, message('login', { resume: bob.token }))
    expect(JSON.parse(body.message).result).toMatchObject({ id: bob.user.id, token: bob.token, type: 'resume' })
    const refused = await talk.post('method.callAnon/login', null, message('login', { resume: 'wrong' }))
    expect(JSON.parse(refused.body.message).error).toMatchObject({ error: 403 })
    const other = await talk.post('method.callAnon/setUserStatus', null, message('setUserStatus', 'busy'))
    expect(JSON.parse(other.body.message).error).toMatchObject({ error: 'error-invalid-user' })
  })
})
