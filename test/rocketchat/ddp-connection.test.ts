import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { PASSWORD, type Person, type Server, startServer } from '../server.ts'
import { enterDdp, openDdp } from './ddp-talk.ts'
import { createTalk } from './talk.ts'

const DIGEST = createHash('sha256').update(PASSWORD).digest('hex')
let server: Server
let ann: Person
let bob: Person

beforeAll(async () => {
  server = await startServer()
  ann = await server.createUser({ username: 'ann', email: 'ann@example.com' })
  bob = await server.createUser({ username: 'bob', password: null })
})
afterAll(() => server.stop())

const read = async (path: string) => (await server.request(path)).json()

describe('connecting', () => {
  test('[RC-2.2-1] [RC-2.2-2] the server greets, and answers connect with a session', async () => {
    const ddp = await openDdp(server)
    expect(await ddp.next(() => true)).toEqual({ server_id: '0' })
    expect(await ddp.connect()).toMatch(/^\w{17,}$/)
    ddp.say({ msg: 'connect', version: '1' })
    expect(await ddp.next(({ msg }) => msg === 'error')).toEqual({ msg: 'error', reason: 'Bad request: Already connected' })
    await ddp.end()
  })

  test('[RC-2.2-2] another version fails, and the server names its own', async () => {
    const ddp = await openDdp(server)
    ddp.say({ msg: 'connect', version: '2', support: ['2'] })
    expect(await ddp.next(({ msg }) => msg === 'failed')).toEqual({ msg: 'failed', version: '1' })
    expect(await ddp.closed).toBe(1000)
  })

  test.each(['{"msg":"ping"}', '{"msg":"method","id":"1","method":"login","params":[]}', '{}'])(
    '[RC-2.2-3] %s before connect closes with 1002',
    async (text) => {
      const ddp = await openDdp(server)
      ddp.say(text)
      expect(await ddp.closed).toBe(1002)
    },
  )

  test.each(['{', 'hello', '[]', '', '"text"'])('[RC-2.2-3] %j closes with 1007', async (text) => {
    const ddp = await openDdp(server)
    await ddp.connect()
    ddp.say(text)
    expect(await ddp.closed).toBe(1007)
  })

  test('[RC-2.2-3] so does what is no text', async () => {
    const ddp = await openDdp(server)
    await ddp.connect()
    ddp.socket.send(Buffer.from('{"msg":"ping"}'), { binary: true })
    expect(await ddp.closed).toBe(1007)
  })

  test.each(['{"msg":"nothing"}', '{"msg":"method","id":1,"method":"login"}', '{"msg":"sub"}', '{}'])(
    '[RC-2.2-3] %s is told to be wrong, and the connection goes on',
    async (text) => {
      const ddp = await openDdp(server)
      await ddp.connect()
      ddp.say(text)
      expect((await ddp.next(({ msg }) => msg === 'error')).reason).toMatch(/^Bad request: /)
      ddp.say({ msg: 'ping' })
      await ddp.next(({ msg }) => msg === 'pong')
      await ddp.end()
    },
  )

  test('[RC-2.2-4] a ping is answered with its id, or without one, also while a login is under way', async () => {
    const ddp = await openDdp(server)
    await ddp.connect()
    const password = { digest: DIGEST, algorithm: 'sha-256' }
    ddp.say({ msg: 'method', method: 'login', id: '1', params: [{ user: { username: 'ann' }, password }] })
    ddp.say({ msg: 'ping', id: 'a' })
    ddp.say({ msg: 'ping' })
    await ddp.next(({ msg }) => msg === 'result')
    expect(ddp.messages.slice(2, 4)).toEqual([{ msg: 'pong', id: 'a' }, { msg: 'pong' }])
    await ddp.end()
  })

  test('[RC-2.2-3] what is nested deep, named oddly or no UTF-8 does no harm', async () => {
    const ddp = await enterDdp(server, bob)
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    ddp.say(`{"msg":"sub","id":"deep","name":"stream-user-presence","params":["",{"added":${deep}}]}`)
    expect(await ddp.next(({ msg }) => msg === 'ready')).toEqual({ msg: 'ready', subs: ['deep'] })
    ddp.say('{"msg":"sub","id":"__proto__","name":"stream-notify-logged","params":["__proto__",{"__proto__":{"added":7}}]}')
    await ddp.next(({ subs }) => subs?.includes('__proto__'))
    ddp.say({ msg: 'sub', id: 'lists', name: 'stream-user-presence', params: ['', { added: { length: 1e9 }, args: [null] }] })
    await ddp.next(({ msg, id }) => msg === 'nosub' && id === 'lists')
    ddp.socket.send(Buffer.from([0x7b, 0xff, 0xfe]), { binary: false })
    expect(await ddp.closed).toBe(1007)
    expect((await server.request('/healthz')).status).toBe(200)
  })

  test('[RC-2.2-12] a message over 1 MiB closes with 1009; the server goes on', async () => {
    const ddp = await openDdp(server)
    await ddp.connect()
    ddp.say({ msg: 'ping', id: 'x'.repeat(2 ** 20) })
    expect(await ddp.closed).toBe(1009)
    expect((await server.request('/healthz')).status).toBe(200)
  })

  test('[RC-2.2-12] more than 1 MiB that waits for a login closes with 1008', async () => {
    const ddp = await openDdp(server)
    await ddp.connect()
    const login = { msg: 'method', method: 'login', params: [{ user: 'ann', password: PASSWORD }] }
    for (let i = 0; i < 10; i++) ddp.say({ ...login, id: `login-${i}` })
    for (const id of ['2', '3']) ddp.say({ msg: 'sub', id, name: 'x'.repeat(600_000) })
    expect(await ddp.closed).toBe(1008)
  })
})

describe('logging in', () => {
  test('[RC-2.2-6] by the digest of a password: the result, then updated, then one’s own document', async () => {
    const ddp = await openDdp(server)
    await ddp.connect()
    const { result } = await ddp.call('login', {
      user: { username: 'ann' },
      password: { digest: DIGEST, algorithm: 'sha-256' },
    })
    expect(result).toEqual({
      id: ann.user.id,
      token: expect.stringMatching(/^.{43}$/),
      tokenExpires: { $date: expect.any(Number) },
      type: 'password',
    })
    expect(result.tokenExpires.$date).toBeGreaterThan(Date.now())
    const document = await ddp.next(({ msg }) => msg === 'added')
    expect(document).toMatchObject({
      collection: 'users',
      id: ann.user.id,
      fields: { username: 'ann', name: 'ann', statusDefault: 'online', roles: ['user'], active: true },
    })
    expect(document.fields).toHaveProperty('status')
    expect(document.fields).toHaveProperty('statusConnection')
    expect(document.fields).not.toHaveProperty('_id')
    expect(ddp.messages.slice(2).map(({ msg }) => msg)).toEqual(['result', 'updated', 'added'])
    await ddp.end()
  })

  test.each([
    ['a username and a password', () => ({ username: 'ann', password: PASSWORD })],
    ['an e-mail address', () => ({ user: { email: 'ann@example.com' }, password: PASSWORD })],
  ])('[RC-2.2-6] by %s', async (_name, said) => {
    const ddp = await openDdp(server)
    await ddp.connect()
    expect((await ddp.call('login', said())).result).toMatchObject({ id: ann.user.id, type: 'password' })
    await ddp.end()
  })

  test('[RC-2.2-6] with a token that any dialect gave', async () => {
    const ddp = await openDdp(server)
    await ddp.connect()
    const { result } = await ddp.call('login', { resume: bob.token })
    expect(result).toMatchObject({ id: bob.user.id, token: bob.token, type: 'resume' })
    expect(result.tokenExpires.$date).toBeGreaterThan(Date.now())
    await ddp.end()
  })

  test('[RC-2.2-6] with a token of few scopes, which opens no session', async () => {
    const wanted = { name: 'reader', kind: 'personal', user: bob.user.id, scopes: ['presence:read'] }
    const { token } = await server.call('POST', '/v1/tokens', server.adminToken, wanted)
    const ddp = await enterDdp(server, { ...bob, token })
    expect((await ddp.call('UserPresence:away')).result).toBeUndefined()
    expect((await ddp.call('setUserStatus', 'busy')).error).toMatchObject({ error: 'not-allowed' })
    expect((await createTalk(server).get('users.getStatus', bob)).body.connectionStatus).toBe('offline')
    await ddp.end()
  })

  test('[RC-2.2-6] with a token that is limited to others, which opens no session', async () => {
    const wanted = { name: 'others', kind: 'personal', user: bob.user.id, users: [ann.user.id] }
    const { token } = await server.call('POST', '/v1/tokens', server.adminToken, wanted)
    const ddp = await enterDdp(server, { ...bob, token })
    expect(await ddp.watch(ann)).toMatchObject({ msg: 'ready' })
    expect((await createTalk(server).get('users.getStatus', bob)).body.connectionStatus).toBe('offline')
    await ddp.end()
  })

  test.each([
    ['a wrong password', { user: { username: 'ann' }, password: 'wrong' }, 403],
    ['an unknown user', { user: { username: 'nobody' }, password: 'wrong' }, 403],
    ['a wrong token', { resume: 'x'.repeat(43) }, 403],
    ['nothing', {}, 400],
    ['something else', [['a']], 400],
    ['no text', { user: { username: {} }, password: 1 }, 400],
  ])('[RC-2.2-7] %s is refused, in the product’s form', async (_name, said, error) => {
    const ddp = await openDdp(server)
    await ddp.connect()
    const refused = (await ddp.call('login', said)).error
    expect(refused).toEqual({
      isClientSafe: true,
      error,
      reason: expect.any(String),
      message: `${refused.reason} [${error}]`,
      errorType: 'Meteor.Error',
    })
    await ddp.next(({ msg }) => msg === 'updated')
    expect(ddp.messages.some(({ msg }) => msg === 'added')).toBe(false)
    await ddp.end()
  })

  test('[RC-2.2-8] logout answers, ends the token and closes the socket', async () => {
    const ddp = await openDdp(server)
    await ddp.connect()
    const { result } = await ddp.call('login', { user: { username: 'ann' }, password: PASSWORD })
    expect(await ddp.call('logout')).toEqual({ msg: 'result', id: expect.any(String) })
    expect(await ddp.closed).toBe(1002)
    expect(ddp.messages.at(-1)).toMatchObject({ msg: 'updated' })
    const again = await openDdp(server)
    await again.connect()
    expect((await again.call('login', { resume: result.token })).error).toMatchObject({ error: 403 })
    await again.end()
  })

  test('[RC-2.2-9] what is sent right behind a login is done as the one who logged in', async () => {
    const ddp = await openDdp(server)
    await ddp.connect()
    ddp.say({ msg: 'method', method: 'login', id: '1', params: [{ user: 'ann', password: PASSWORD }] })
    ddp.say({ msg: 'sub', id: '2', name: 'stream-notify-logged', params: ['user-status', false] })
    expect(await ddp.next(({ msg }) => msg === 'ready' || msg === 'nosub')).toEqual({ msg: 'ready', subs: ['2'] })
    await ddp.end()
  })

  test('[RC-2.2-10] who logs in as somebody else is that one from then on, and listens to nothing yet', async () => {
    const ddp = await enterDdp(server, ann)
    await ddp.watch(bob)
    expect((await ddp.call('login', { resume: bob.token })).result.id).toBe(bob.user.id)
    expect(await ddp.next(({ msg }) => msg === 'nosub')).not.toHaveProperty('error')
    expect(await ddp.subscribe('stream-notify-user', `${bob.user.id}/userData`)).toMatchObject({ msg: 'ready' })
    await ddp.end()
  })

  test('[RC-2.2-11] a token that is ended elsewhere, or whose user is deactivated, takes the connection with it', async () => {
    const cat = await server.createUser({ username: 'cat' })
    const logins = await Promise.all([enterDdp(server, cat), enterDdp(server, cat)])
    await createTalk(server).post('logout', cat)
    expect(await Promise.all(logins.map(({ closed }) => closed))).toEqual([1008, 1008])
    const dan = await server.createUser({ username: 'dan', password: null })
    const ddp = await enterDdp(server, dan)
    await server.call('PATCH', `/v1/users/${dan.user.id}`, server.adminToken, { active: false })
    expect(await ddp.closed).toBe(1008)
    const eve = await server.createUser({ username: 'eve', password: null })
    const other = await enterDdp(server, eve)
    await server.call('DELETE', `/v1/users/${eve.user.id}`, server.adminToken)
    expect(await other.closed).toBe(1008)
  })
})

test('[RC-2.2-11] the token that counts is the one of the last login, whoever was logged in before', async () => {
  const fay = await server.createUser({ username: 'fay' })
  const gil = await server.createUser({ username: 'gil', password: null })
  const ddp = await enterDdp(server, fay)
  const { token } = await server.login('fay', PASSWORD)
  expect((await ddp.call('login', { resume: token })).result.token).toBe(token)
  await createTalk(server).post('logout', fay)
  expect((await ddp.call('getUserStatusText', gil.user.id)).result).toBe('')
  await ddp.call('login', { resume: gil.token })
  await createTalk(server).post('logout', { ...fay, token })
  expect((await ddp.call('getUserStatusText', gil.user.id)).result).toBe('')
  await createTalk(server).post('logout', gil)
  expect(await ddp.closed).toBe(1008)
})

test('[RC-2.2-6] one’s own document ends up saying that one is there', async () => {
  const hal = await server.createUser({ username: 'hal', password: null })
  const fields = async (ddp: Awaited<ReturnType<typeof openDdp>>) => {
    await ddp.next(
      ({ msg, collection, fields: { statusConnection } = {} }) =>
        statusConnection === 'online' && /added|changed/.test(msg) && collection === 'users',
    )
    const told = ddp.messages.filter(({ collection }) => collection === 'users')
    expect(told.every(({ id }) => id === hal.user.id)).toBe(true)
    return Object.assign({}, ...told.map((message) => message.fields))
  }
  const ddp = await enterDdp(server, hal)
  expect(await fields(ddp)).toMatchObject({ username: 'hal', status: 'online', statusConnection: 'online' })
  const other = await enterDdp(server, hal)
  expect(await fields(other)).toMatchObject({ username: 'hal', status: 'online' })
  await Promise.all([ddp.end(), other.end()])
})

test('[RC-2.2-6] a login that is refused brings no document', async () => {
  const ddp = await enterDdp(server, bob)
  await ddp.next(({ msg }) => msg === 'added')
  expect((await ddp.call('login', { resume: 'nonsense' })).error).toMatchObject({ error: 403 })
  await ddp.call('getUserStatusText', bob.user.id)
  expect(ddp.messages.filter(({ msg }) => msg === 'added')).toHaveLength(1)
  await ddp.end()
})

test('[RC-2.2-11] a token that has run out is good for nothing more, at the latest with the next heartbeat', async () => {
  const until = new Date(Date.now() + 1_000).toISOString()
  const wanted = { name: 'short', kind: 'personal', user: bob.user.id, until }
  const { token } = await server.call('POST', '/v1/tokens', server.adminToken, wanted)
  const ddp = await enterDdp(server, { ...bob, token })
  const { result } = await ddp.call('login', { resume: token })
  expect(result.tokenExpires.$date).toBe(Date.parse(until))
  await new Promise((resolve) => setTimeout(resolve, Date.parse(until) - Date.now() + 50))
  ddp.say({ msg: 'pong' })
  expect(await ddp.closed).toBe(1008)
})

describe('the older path', () => {
  test('[RC-2.2-13] its sockets begin with o and carry messages in lists', async () => {
    const ddp = await openDdp(server, { path: '/sockjs/042/abcd1234/websocket' })
    await ddp.connect()
    expect(ddp.frames.slice(0, 2)).toEqual(['o', 'a["{\\"server_id\\":\\"0\\"}"]'])
    expect((await ddp.call('login', { resume: bob.token })).result.id).toBe(bob.user.id)
    await ddp.watch(bob)
    await createTalk(server).post('users.setStatus', bob, { status: 'busy' })
    expect(await ddp.told(bob, 0)).toEqual(['bob', 3, '', 'manual'])
    expect(ddp.frames.slice(1).every((frame) => frame.startsWith('a['))).toBe(true)
    ddp.socket.send('{"msg":"ping"}')
    expect(await ddp.closed).toBe(1007)
    expect(ddp.frames.at(-1)).toBe('c[1007,"Unsupported data"]')
  })

  test('[RC-2.2-14] it says beforehand that it takes sockets', async () => {
    expect(await read('/sockjs/info')).toEqual({
      websocket: true,
      origins: ['*:*'],
      cookie_needed: false,
      entropy: expect.any(Number),
    })
  })

  test('[RC-2.2-1] other paths take no sockets', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/sockjs/websocket`)
    const refused = await new Promise((resolve) => socket.once('error', ({ message }) => resolve(message)))
    expect(refused).toMatch(/404/)
    expect((await server.request('/websocket')).status).toBe(404)
  })
})
