import { encode as msgpack } from '@msgpack/msgpack'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Server, startServer } from '../server.ts'
import { type Listener, listen } from './listener.ts'
import { NOBODY, newSpeaker, type Speaker } from './speaker.ts'

let server: Server
let ada: Speaker
let token: string
beforeAll(async () => {
  server = await startServer()
  ada = await newSpeaker(server, 'ada')
  token = ada.token ?? ''
})
afterAll(() => server.stop())

const error = (frame: { status: string; error: { id: string; status_code: number } }): string =>
  `${frame.status} ${frame.error.status_code} ${frame.error.id}`
const INVALID = 'FAIL 400 api.websocket_handler.invalid_param.app_error'

describe('saying who one is', () => {
  test('[MM-3.2-2] [MM-3.2-5] a token in the header is greeted at once', async () => {
    await using socket = await listen(server, { token })
    const { seq, data } = await socket.hello()
    const version = (await ada.get('/users/me')).headers.get('x-version-id')
    expect(seq).toBe(0)
    expect(data).toEqual({
      connection_id: expect.stringMatching(/^[a-z0-9]{26}$/),
      server_hostname: 'rollcall',
      server_version: version,
    })
    expect(socket.texts[0]).toContain(`"broadcast":{"omit_users":null,"user_id":"${ada.id}"`)
  })

  test.each([
    ['a cookie', (given: string) => ({ Cookie: `a=b; MMAUTHTOKEN=${given}` })],
    ['a header in another case', (given: string) => ({ Authorization: `bEARER ${given}` })],
    ['a header of the other kind', (given: string) => ({ Authorization: `Token ${given}` })],
    [
      'a cookie, which counts before the header',
      (given: string) => ({ Cookie: `MMAUTHTOKEN=${given}`, Authorization: 'Bearer no' }),
    ],
  ])('[MM-3.2-5] %s', async (_name, headers) => {
    await using socket = await listen(server, { headers: headers(token) })
    expect((await socket.hello()).seq).toBe(0)
  })

  test('[MM-3.2-4] the path may end with a slash', async () => {
    await using socket = await listen(server, { token, path: '/api/v4/websocket/' })
    expect((await socket.hello()).event).toBe('hello')
  })

  test('[MM-3.2-6] a page of another origin is refused, unless the workspace allows it', async () => {
    const from = (origin: string) => listen(server, { token, headers: { Origin: origin } })
    const foreign = await from('https://evil.example')
    expect(await foreign.closed).toBe(1006)
    await using own = await from(server.url)
    expect((await own.hello()).seq).toBe(0)
    await server.call('PATCH', '/v1/settings', server.adminToken, { allowedOrigins: ['https://pages.example'] })
    await using allowed = await from('https://pages.example')
    expect((await allowed.hello()).seq).toBe(0)
    await server.call('PATCH', '/v1/settings', server.adminToken, { allowedOrigins: [] })
  })

  test('[MM-3.2-7] [MM-3.2-3] a challenge: hello, then the reply', async () => {
    await using socket = await listen(server, { challenge: token })
    await socket.settled().catch(() => undefined)
    const reply = await socket.find(({ seq_reply }) => seq_reply === 1)
    expect(reply).toEqual({ status: 'OK', seq_reply: 1 })
    expect(socket.frames[0]).toMatchObject({ event: 'hello', seq: 0 })
    expect(socket.texts).toContain('{"status":"OK","seq_reply":1}\n')
  })

  test.each<[string, unknown]>([
    ['an unknown token', 'z'.repeat(26)],
    ['an empty one', ''],
    ['a number', 1],
    ['nothing', null],
  ])('[MM-3.2-8] %s closes without a frame', async (_name, given) => {
    const socket = await listen(server)
    socket.say({ action: 'authentication_challenge', seq: 1, data: { token: given } })
    expect(await socket.closed).toBe(1006)
    expect(socket.texts).toEqual([])
  })

  test('[MM-3.2-5] a token in the header that is not accepted counts as none', async () => {
    await using socket = await listen(server, { token: 'z'.repeat(26), challenge: token })
    expect((await socket.hello()).seq).toBe(0)
  })

  test('[MM-3.2-9] a second challenge is ignored', async () => {
    await using socket = await listen(server, { token })
    await socket.hello()
    socket.say({ action: 'authentication_challenge', seq: 100, data: { token } })
    socket.say({ action: 'authentication_challenge', seq: 101, data: { token: 'junk' } })
    await socket.settled()
    expect(socket.frames.filter(({ seq_reply }) => seq_reply >= 100)).toEqual([])
    expect(socket.frames.filter(({ event }) => event === 'hello')).toHaveLength(1)
  })

  test('[MM-3.2-10] [MM-3.2-11] before that nothing is answered, and after 5 seconds it is over', async () => {
    const began = Date.now()
    const socket = await listen(server)
    socket.say({ action: 'ping', seq: 1 })
    socket.say({ action: 'nonsense', seq: 2 })
    expect(await socket.closed).toBe(1006)
    expect(Date.now() - began).toBeGreaterThan(4_500)
    expect(Date.now() - began).toBeLessThan(8_000)
    expect(socket.texts).toEqual([])
  })
})

describe('asking', () => {
  let socket: Listener
  beforeAll(async () => {
    socket = await listen(server, { token })
    await socket.hello()
  })
  afterAll(() => socket[Symbol.asyncDispose]())

  test('[MM-3.2-12] ping', async () => {
    const { status, data } = await socket.ask('ping')
    expect(status).toBe('OK')
    expect(Object.keys(data)).toEqual(['node_id', 'server_time', 'text', 'version'])
    expect(data).toMatchObject({ node_id: '', text: 'pong', version: '11.7.0' })
    expect(Math.abs(data.server_time - Date.now())).toBeLessThan(60_000)
  })

  test('[MM-3.2-14] get_statuses_by_ids', async () => {
    const bob = await newSpeaker(server, 'bob')
    await bob.set('dnd')
    const { status, data } = await socket.ask('get_statuses_by_ids', { user_ids: [bob.id, NOBODY, 'junk', 'junk', 7, null] })
    expect(status).toBe('OK')
    expect(data).toEqual({ [bob.id]: 'dnd', [NOBODY]: 'offline', junk: 'offline' })
    expect(Object.keys(data)).toEqual(Object.keys(data).sort())
  })

  test.each([
    ['a text', 'junk'],
    ['nothing', undefined],
    ['an empty list', []],
    ['a list of no texts', [1, {}]],
    ['an object', {}],
  ])('[MM-3.2-15] user_ids: %s', async (_name, user_ids) => {
    const frame = await socket.ask('get_statuses_by_ids', { user_ids })
    expect(error(frame)).toBe(INVALID)
    expect(frame.error.message).toBe('Invalid user_ids parameter.')
  })

  test('[MM-3.2-13] get_statuses lists who is not offline', async () => {
    const [cleo, dan] = [await newSpeaker(server, 'cleo'), await newSpeaker(server, 'dan')]
    await cleo.set('away')
    await using other = await listen(server, { token: dan.token ?? '' })
    await other.hello()
    const { data } = await other.ask('get_statuses', null)
    expect(data[cleo.id]).toBe('away')
    expect(Object.values(data)).not.toContain('offline')
    expect(Object.keys(data)).toEqual(Object.keys(data).sort())
  })

  test.each(['presence', 'user_typing', 'posted_notify_ack'])('[MM-3.2-19] %s is OK', async (action) => {
    const frame = await socket.ask(action, { channel_id: NOBODY })
    expect(Object.keys(frame)).toEqual(['status', 'seq_reply'])
    expect(frame.status).toBe('OK')
  })

  test.each([
    ['absent', undefined],
    ['a text', 'true'],
    ['a number', 1],
  ])('[MM-3.2-18] user_is_active: %s', async (_name, user_is_active) => {
    expect(error(await socket.ask('user_update_active_status', { user_is_active }))).toBe(INVALID)
  })

  test('[MM-3.2-20] what makes no sense has its error', async () => {
    expect(error(await socket.ask(''))).toBe('FAIL 400 api.web_socket_router.no_action.app_error')
    expect(error(await socket.ask('nonsense'))).toBe('FAIL 500 api.web_socket_router.bad_action.app_error')
    socket.say({ action: 'ping', seq: -3 })
    expect(error(await socket.find(({ seq_reply }) => seq_reply === -3))).toBe('FAIL 400 api.web_socket_router.bad_seq.app_error')
    const before = socket.frames.length
    socket.say({ action: 'ping' })
    const nameless = await socket.find(({ status }) => status === 'FAIL', before)
    expect(nameless.error.message).toBe('Invalid sequence for WebSocket message.')
    expect(nameless).not.toHaveProperty('seq_reply')
  })

  test('[MM-3.2-22] msgpack is understood, and answered as text', async () => {
    socket.say(Buffer.from(msgpack({ action: 'ping', seq: 5_000, data: null })))
    expect(await socket.find(({ seq_reply }) => seq_reply === 5_000)).toMatchObject({ status: 'OK', data: { text: 'pong' } })
  })
})

describe('hostile frames', () => {
  const large = JSON.stringify({ action: 'ping', seq: 1, data: { text: 'x'.repeat(8_192) } })
  test.each<[string, string | Buffer]>([
    ['[MM-3.2-21] no JSON', 'nonsense'],
    ['[MM-3.2-21] half of it', '{"action":"ping"'],
    ['[MM-3.2-21] a list', '[]'],
    ['[MM-3.2-21] a seq that is a text', '{"action":"ping","seq":"1"}'],
    ['[MM-3.2-21] brackets', '['.repeat(8_000)],
    ['[MM-3.2-22] no msgpack', Buffer.from([0xc1])],
    ['[MM-3.2-22] msgpack that promises too much', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
    ['[MM-3.2-23] 8,193 bytes and more', large],
  ])('%s closes the connection, and nobody else notices', async (_name, frame) => {
    await using witness = await listen(server, { token })
    const socket = await listen(server, { token })
    await socket.hello()
    socket.say(frame)
    expect(await socket.closed).not.toBe(1000)
    expect((await witness.settled()).status).toBe('OK')
  })

  test('[MM-3.2-23] 8,192 bytes are read', async () => {
    await using socket = await listen(server, { token })
    const fill = JSON.stringify({ action: 'ping', seq: 1, data: { text: '' } }).length
    socket.say({ action: 'ping', seq: 1, data: { text: 'x'.repeat(8_192 - fill) } })
    expect(await socket.find(({ seq_reply }) => seq_reply === 1)).toMatchObject({ status: 'OK' })
  })

  test('a flood of requests is answered in order, and nobody else waits', async () => {
    await using flood = await listen(server, { token })
    await using witness = await listen(server, { token })
    for (let seq = 1; seq <= 1_000; seq++) flood.say({ action: 'get_statuses_by_ids', seq, data: { user_ids: ['junk'] } })
    expect((await witness.settled()).status).toBe('OK')
    await flood.find(({ seq_reply }) => seq_reply === 1_000)
    const replies = flood.frames.flatMap(({ seq_reply }) => seq_reply ?? [])
    expect(replies).toEqual(Array.from({ length: 1_000 }, (_, at) => at + 1))
  })

  test('[MM-3.2-4] what is no upgrade is not found', async () => {
    expect((await server.request('/api/v4/websocket')).status).toBe(404)
    expect((await ada.get('/websocket')).body.id).toBe('api.context.404.app_error')
  })
})
