import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Server, startServer } from '../server.ts'
import { type Answer, BAD_ID, bad, EXPIRED, errorOf, NO_ROUTE, newSpeaker, OK, type Speaker, speaker } from './speaker.ts'

let server: Server
let ada: Speaker
let nobody: Speaker
beforeAll(async () => {
  server = await startServer()
  ada = await newSpeaker(server, 'ada', { timezone: 'Europe/Berlin' })
  nobody = speaker(server, { id: '', token: null })
})
afterAll(() => server.stop())

test.each([
  ['GET', '/users/x/statusx'],
  ['PATCH', '/users/me/status'],
  ['POST', '/users/me/status'],
  ['DELETE', '/users/me/status'],
  ['OPTIONS', '/users/me/status'],
  ['GET', '/users/status/ids'],
  ['PUT', '/users/status/ids'],
  ['PUT', '/users/status/custom'],
  ['POST', '/users/me/status/custom'],
  ['POST', '/users/me/status/custom/recent'],
  ['GET', '/users/a-b/status'],
  ['GET', '/users/a_b/status'],
  ['GET', '/users/a%2Fb/status'],
  ['GET', '/users/me/status/'],
  ['GET', '/users/username/'],
  ['GET', '/users/me/preferences/'],
  ['GET', '/users/me/preferences/custom_status/name/'],
  ['GET', '/nothing/here'],
])('[MM-1.1-1] [MM-1.1-2] [MM-1.1-3] %s %s does not exist', async (method, path) => {
  const answer = await nobody.call(method, path)
  expect(answer.status).toBe(404)
  expect(answer.text).toBe(
    JSON.stringify({
      id: 'api.context.404.app_error',
      message: 'Sorry, we could not find the page.',
      detailed_error: `There doesn't appear to be an api call for the url='/api/v4${path}'.  Typo? are you missing a team_id or user_id as part of the url?`,
      status_code: 404,
    }),
  )
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.has('x-request-id')).toBe(false)
  expect(answer.headers.has('x-version-id')).toBe(false)
})

test('[MM-1.1-2] HEAD does not exist either', async () => {
  expect((await ada.call('HEAD', '/users/me/status')).status).toBe(404)
})

test.each([
  ['/api/v4/users//status', '/api/v4/users/status'],
  ['/api/v4//users/me/status?a=//b', '/api/v4/users/me/status?a=//b'],
  ['/api/v4/users/x/../me/status', '/api/v4/users/me/status'],
  ['/api/v4/./nothing', '/api/v4/nothing'],
  ['/api/v4/nothing/..', '/api/v4'],
  ['/api/v4/../../\\elsewhere.example', '/%5Celsewhere.example'],
  ['/api/v4/..\\..\\/elsewhere.example//', '/api/v4/..%5C..%5C/elsewhere.example/'],
  ['/api/v4//../../..//elsewhere.example', '/elsewhere.example'],
])('[MM-1.1-4] %s leads to %s', async (path, location) => {
  const { status, headers } = await rawGet(path)
  expect(status).toBe(301)
  expect(headers['location']).toBe(location)
})

test('[MM-1.1-5] [MM-1.5-1] a path is decoded, and me is one’s own id', async () => {
  for (const me of ['me', '%6De', 'm%65']) expect((await ada.get(`/users/${me}/status`)).body.user_id, me).toBe(ada.id)
})

test('[MM-1.1-6] GET /users/status asks for a user', async () => {
  expect(errorOf(await ada.get('/users/status'))).toBe(BAD_ID)
})

test('[MM-1.2-1] a URL of more than 2,048 characters is too long', async () => {
  const path = '/users/me/status?x='
  const fits = path + 'x'.repeat(2048 - '/api/v4'.length - path.length)
  expect((await ada.get(fits)).status).toBe(200)
  const answer = await ada.get(`${fits}x`)
  expect(errorOf(answer)).toBe('414 basic_security_check.url.too_long_error')
  expect(answer.body.message).toBe('URL is too long')
})

test('[MM-1.2-2] [MM-I5] a body over the limit is 413, one just below it is read', async () => {
  const body = (bytes: number) => `["${ada.id}"]`.padEnd(bytes)
  expect((await ada.post('/users/status/ids', body(300_512))).status).toBe(200)
  const answer = await ada.post('/users/status/ids', body(300_513))
  expect(errorOf(answer)).toBe('413 api.context.request_body_too_large.app_error')
  expect(answer.body.message).toBe('Unable to process request. Request body too large.')
  expect(errorOf(await ada.put('/users/me/status', 'x'.repeat(5_000_000)))).toBe(
    '413 api.context.request_body_too_large.app_error',
  )
  expect(errorOf(await ada.put('/users/junk/status', 'x'.repeat(400_000)))).toBe(BAD_ID)
})

test('[MM-1.2-3] the token comes in a cookie, as bearer in any case, or as token; the first alone counts', async () => {
  const cookie = `a=b; MMAUTHTOKEN=${ada.token}; MMUSERID=x`
  const bearer = `Bearer ${ada.token}`
  for (const Authorization of [bearer, `BEARER ${ada.token}`, `bearer ${ada.token}`, `token ${ada.token}`, `TOKEN ${ada.token}`])
    expect((await nobody.get('/users/me', { Authorization })).status, Authorization).toBe(200)
  expect((await nobody.get('/users/me', { cookie })).status).toBe(200)
  expect((await nobody.get('/users/me', { cookie, Authorization: 'Bearer wrong' })).status).toBe(200)
  expect(errorOf(await nobody.get('/users/me', { cookie: 'MMAUTHTOKEN=wrong', Authorization: bearer }))).toBe(EXPIRED)
  for (const Authorization of [`Basic ${ada.token}`, `${ada.token}`, 'Bearer', 'Bearer '])
    expect(errorOf(await nobody.get('/users/me', { Authorization })), Authorization).toBe(EXPIRED)
})

test('[MM-1.2-4] a token in the URL is refused', async () => {
  expect(errorOf(await nobody.get(`/users/me?access_token=${ada.token}`))).toBe('401 api.context.token_provided.app_error')
  expect((await ada.get('/users/me?access_token=x')).status).toBe(200)
})

test('[MM-1.2-5] a token is looked at up to 50 characters', async () => {
  const padded = `${ada.token}`.padEnd(60, 'x')
  expect(errorOf(await nobody.get('/users/me', { Authorization: `Bearer ${padded}` }))).toBe(EXPIRED)
  expect(errorOf(await nobody.get('/users/me', { Authorization: `Bearer ${'x'.repeat(8000)}` }))).toBe(EXPIRED)
})

test('[MM-1.2-6] [MM-G1] a token that is not accepted takes the cookie back, no token does not', async () => {
  const wrong = await nobody.get('/users/me/status', { Authorization: 'Bearer wrong' })
  expect(errorOf(wrong)).toBe(EXPIRED)
  expect(wrong.headers.getSetCookie()).toEqual(['MMAUTHTOKEN=; Path=/; Max-Age=0; HttpOnly'])
  const none = await nobody.get('/users/me/status')
  expect(errorOf(none)).toBe(EXPIRED)
  expect(none.body.message).toBe('Invalid or expired session, please login again.')
  expect(none.headers.getSetCookie()).toEqual([])
})

test('[MM-1.2-7] a cookie’s token needs the page’s word for everything but GET', async () => {
  const login = await nobody.post(
    '/users/login',
    { login_id: 'ada', password: 'a password for tests' },
    { 'X-Requested-With': 'XMLHttpRequest' },
  )
  const cookies = login.headers.getSetCookie().map((set) => set.split(';')[0] ?? '')
  const csrf = cookies.find((cookie) => cookie.startsWith('MMCSRF='))?.slice('MMCSRF='.length) ?? ''
  const cookie = cookies.join('; ')
  const ids = [ada.id]
  expect((await nobody.get('/users/me/status', { cookie })).status).toBe(200)
  const refused = await nobody.post('/users/status/ids', ids, { cookie })
  expect(errorOf(refused)).toBe(EXPIRED)
  expect(refused.headers.getSetCookie()).toEqual([])
  expect(errorOf(await nobody.post('/users/status/ids', ids, { cookie, 'X-CSRF-Token': 'wrong' }))).toBe(EXPIRED)
  expect((await nobody.post('/users/status/ids', ids, { cookie, 'X-CSRF-Token': csrf })).status).toBe(200)
  expect((await nobody.post('/users/status/ids', ids, { cookie, 'X-Requested-With': 'XMLHttpRequest' })).status).toBe(200)
  expect((await ada.post('/users/status/ids', ids)).status).toBe(200)
  expect(errorOf(await nobody.post('/users/logout', undefined, { cookie }))).toBe(EXPIRED)
})

test.each([
  ['GET', '/users/junk/status'],
  ['PUT', '/users/junk/status'],
  ['POST', '/users/status/ids'],
  ['PUT', '/users/junk/status/custom'],
  ['DELETE', '/users/junk/status/custom'],
  ['DELETE', '/users/junk/status/custom/recent'],
  ['POST', '/users/junk/status/custom/recent/delete'],
])('[MM-1.2-8] %s %s is 401 before anything is looked at', async (method, path) => {
  expect(errorOf(await nobody.call(method, path, ...(method === 'GET' ? [] : ['no JSON'])))).toBe(EXPIRED)
})

test('[MM-1.3-1] [MM-1.3-2] [MM-1.4-2] an error’s keys, language and request id', async () => {
  const answer = await ada.get('/users/junk/status', { 'Accept-Language': 'de' })
  expect(answer.text).toBe(
    `{"id":"api.context.invalid_url_param.app_error","message":"Invalid or missing user_id parameter in request URL.","detailed_error":"","request_id":"${answer.headers.get('x-request-id')}","status_code":400}`,
  )
})

test('[MM-1.4-1] [MM-1.4-2] [MM-1.4-4] [MM-1.4-5] [MM-1.7-3] headers of an answer', async () => {
  const answer = await ada.get('/users/me/status')
  const other = await ada.post('/users/status/ids', [ada.id], { 'Accept-Encoding': 'gzip' })
  for (const { headers, text } of [answer, other]) {
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('x-request-id')).toMatch(/^[a-z0-9]{26}$/)
    expect(headers.get('permissions-policy')).toBe('')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    for (const name of ['etag', 'content-encoding', 'vary']) expect(headers.has(name), name).toBe(false)
    expect(text.endsWith('\n')).toBe(false)
  }
  expect(answer.headers.get('x-request-id')).not.toBe(other.headers.get('x-request-id'))
  expect(answer.headers.get('expires')).toBe('0')
  expect(other.headers.has('expires')).toBe(false)
  expect((await ada.get('/users/junk/status')).headers.get('content-type')).toBe('application/json')
})

test('[MM-1.4-3] [MM-1.12-1] X-Version-Id and config/client change with a setting that clients are told', async () => {
  const before = (await ada.get('/users/me/status')).headers.get('x-version-id')
  expect(before).toMatch(/^11\.7\.0\.11\.7\.0\.[0-9a-f]{64}\.false$/)
  await settings({ notesAllowed: false })
  try {
    expect((await ada.get('/users/me/status')).headers.get('x-version-id')).not.toBe(before)
    expect((await ada.get('/config/client')).body.EnableCustomUserStatuses).toBe('false')
  } finally {
    await settings({ notesAllowed: true })
  }
  const after = await ada.get('/config/client')
  expect(after.headers.get('x-version-id')).toBe(before)
  expect(after.body.EnableCustomUserStatuses).toBe('true')
})

test('[MM-1.8-1] [MM-1.8-2] [MM-1.8-3] [MM-1.8-5] a body is read as Go reads it, whatever its content type says', async () => {
  const body = `{"USER_ID":"${ada.id}","Status":"x","status":"dnd","status":null,"dnd_end_time":null,"more":[1]} trailing`
  for (const type of ['text/plain', 'json', 'application/xml; charset=x', ';', 'application/json'])
    expect((await ada.put('/users/me/status', body, { 'Content-Type': type })).body?.status, type).toBe('dnd')
})

test('[MM-1.8-4] what is no UTF-8 is U+FFFD', async () => {
  const body = Buffer.concat([Buffer.from('{"text":"a'), Buffer.from([0xff]), Buffer.from('b\\ud800"}')])
  expect((await ada.put('/users/me/status/custom', body)).text).toBe(OK)
  expect((await ada.custom()).text).toBe('a\ufffdb\ufffd')
  const half = await ada.post('/users/status/ids', `["\\ud800${'a'.repeat(23)}"]`)
  expect(half.body[0].user_id).toBe(`\ufffd${'a'.repeat(23)}`)
})

test('a client that goes away in the middle of its body is no bug of ours', async () => {
  const { hostname, port } = new URL(server.url)
  const headers = { Authorization: `Bearer ${ada.token}`, 'Content-Length': 500 }
  const request = httpRequest({ hostname, port, path: '/api/v4/users/me/status', method: 'PUT', headers })
  request.on('error', () => {})
  request.write('{"user_id":')
  await new Promise((resolve) => setTimeout(resolve, 100))
  request.destroy()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(server.logs.stderr + server.logs.stdout).not.toContain('a bug of ours')
})

test('bad input of every kind is answered in the product’s form', async () => {
  const deep = '['.repeat(150_000)
  expect(errorOf(await ada.put('/users/me/status', deep))).toBe(bad('status'))
  expect(errorOf(await ada.put('/users/me/status', `{"x":${deep}`))).toBe(bad('status'))
  expect(errorOf(await ada.put('/users/me/preferences', `[{"x":${deep}`))).toBe(bad('preferences'))
  const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  expect((await ada.put('/users/me/preferences', `[{"user_id":"${ada.id}","category":"c","name":"n","x":${nested}}]`)).text).toBe(
    OK,
  )
  expect(errorOf(await ada.post('/users/status/ids', deep))).toBe('400 api.payload.parse.error')
  expect(errorOf(await ada.post('/users/status/ids', Buffer.from([0, 255, 254, 1])))).toBe('400 api.payload.parse.error')
  expect(
    errorOf(
      await ada.post(
        '/users/status/ids',
        Array.from({ length: 10_000 }, (_, at) => `${at}`.padStart(26, 'a')),
      ),
    ),
  ).toBe('200 undefined')
  expect(errorOf(await ada.get(`/users/${'x'.repeat(1000)}/status`))).toMatch(/^40[04] api\./)
  expect(errorOf(await rawAnswer('/api/v4/users/%zz/status'))).toBe(NO_ROUTE)
  expect((await server.request('/healthz')).status).toBe(200)
})

test.each(['/system/ping?get_server_status=true&get_server_status=x', '/config/client?format=old&format=new'])(
  '[MM-3.1-16] [MM-3.1-18] of a parameter said twice the first counts: %s',
  async (path) => {
    expect((await nobody.get(path)).status).toBe(200)
  },
)

test('[MM-3.1-16] ping', async () => {
  const answer = await nobody.get('/system/ping?use_rest_semantics=true')
  expect(answer.text).toBe(
    '{"ActiveSearchBackend":"database","AndroidLatestVersion":"","AndroidMinVersion":"","IosLatestVersion":"","IosMinVersion":"","status":"OK"}',
  )
  expect((await nobody.get('/system/ping?get_server_status=true')).text).toContain(
    '"database_status":"OK","filestore_status":"OK","status":"OK"',
  )
})

test('[MM-3.1-18] the client configuration, a little of it and more', async () => {
  const limited = (await nobody.get('/config/client?format=old')).body
  const full = (await ada.get('/config/client')).body
  expect(limited).toMatchObject({ Version: '11.7.0', EnableUserStatuses: 'true' })
  expect(limited).not.toHaveProperty('EnableCustomUserStatuses')
  expect(full).toMatchObject({
    ...limited,
    BuildNumber: '11.7.0',
    EnableCustomUserStatuses: 'true',
    EnableLastActiveTime: 'true',
    EnableCustomEmoji: 'false',
    UsersStatusAndProfileFetchingPollIntervalMilliseconds: '3000',
    TeammateNameDisplay: 'username',
  })
  for (const value of Object.values(full)) expect(typeof value).toBe('string')
})

test('[MM-3.1-19] the licence', async () => {
  expect((await nobody.get('/license/client?format=old')).text).toBe('{"IsLicensed":"false"}')
})

test('[MM-1.4-6] request limits', async () => {
  await using limited = await startServer({ env: { ROLLCALL_RATE_LIMIT: 'on' } })
  const eve = await newSpeaker(limited, 'eve')
  await limited.call('PATCH', '/v1/settings', limited.adminToken, { rateCallsMax: 10, rateWindowMs: 60_000 })
  const answers: Answer[] = []
  for (let calls = 0; calls < 11; calls++) answers.push(await eve.get('/users/me/status'))
  expect(answers[0]?.headers.get('x-ratelimit-limit')).toBe('10')
  expect(answers[0]?.headers.get('x-ratelimit-remaining')).toBe('9')
  expect(Number(answers[0]?.headers.get('x-ratelimit-reset'))).toBeLessThanOrEqual(60)
  const last = answers[10]
  expect(last?.status).toBe(429)
  expect(last?.text).toBe('limit exceeded\n')
  expect(last?.headers.get('content-type')).toContain('text/plain')
  expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0)
})

const settings = (change: object) => server.call('PATCH', '/v1/settings', server.adminToken, change)

interface Raw {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: string
}

/** A GET whose path goes as it is written. */
function rawGet(path: string): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url)
    const request = httpRequest({ hostname, port, path, headers: { Authorization: `Bearer ${ada.token}` } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    request.on('error', reject).end()
  })
}

async function rawAnswer(path: string): Promise<Answer> {
  const { status, text } = await rawGet(path)
  return { status, text, body: JSON.parse(text), headers: new Headers() }
}
