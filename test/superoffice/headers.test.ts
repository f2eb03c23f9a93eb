import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { ask, basic, bearer, PASSWORD, presencePath, statusBody } from './asking.ts'

let server: Server
let anna: Person

const TEXT = 'NO:"Leverandør";US:"Supplier"'

beforeAll(async () => {
  server = await startServer({ store: 'memory:' })
  anna = await server.createUser({ username: 'anna', password: PASSWORD, email: 'anna@example.test' })
  await ask(server, presencePath(anna), {
    method: 'PUT',
    headers: bearer(anna.token),
    body: statusBody('StatusNotAvailable', TEXT),
  })
})
afterAll(() => server.stop())

const read = (headers: Record<string, string>) => ask(server, presencePath(anna), { headers })
const readAs = (headers: Record<string, string>) => read({ ...bearer(anna.token), ...headers })
const messageFor = async (headers: Record<string, string>) => (await readAs(headers)).json.Message

test.each(['application/json', 'text/json', 'application/json-patch+json', 'application/merge-patch+json'])(
  'seed 002 · Accept · %s · [SO-2.2-1] is answered in JSON under that name',
  async (type) => {
    for (const accept of [type, `${type}; charset=utf-8`]) {
      const { status, headers, json } = await readAs({ Accept: accept })
      expect([status, headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`])
      expect(json).toEqual({ Status: 'StatusNotAvailable', Message: TEXT })
    }
  },
)

test.each(['application/xml', 'text/xml'])('seed 002 · Accept · %s · [SO-2.2-1] [SO-2.2-2] is answered in XML', async (type) => {
  for (const accept of [type, `${type}; charset=utf-8`]) {
    const { status, headers, text } = await readAs({ Accept: accept, 'Accept-Language': 'en' })
    expect([status, headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`])
    expect(text).toBe('<UserPresenceStatus><Status>StatusNotAvailable</Status><Message>Supplier</Message></UserPresenceStatus>')
  }
})

test.each([
  ['*/*', 'application/json'],
  ['application/*', 'application/json'],
  ['text/*', 'text/json'],
  ['application/json;q=0.5, application/xml', 'application/xml'],
  ['text/html, text/xml;q=0.9', 'text/xml'],
  ['', 'application/json'],
])('seed 002 · Accept · [SO-2.2-1] %j chooses %s', async (accept, type) => {
  expect((await readAs({ Accept: accept })).headers.get('content-type')).toBe(`${type}; charset=utf-8`)
})

test.each(['image/png', 'text/html', 'rubbish', 'application/json;q=0', ';;;,,'])(
  'seed 002 · Accept · unacceptable · [SO-1.4-10] %j is answered in JSON',
  async (accept) => {
    const { status, headers, json } = await readAs({ Accept: accept })
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
    expect(json.Status).toBe('StatusNotAvailable')
  },
)

test('[SO-2.2-1] errors are answered in the type that is asked', async () => {
  const { status, headers, text } = await ask(server, '/api/v1/User/99999/UserPresenceStatus', {
    headers: { ...bearer(anna.token), Accept: 'text/xml' },
  })
  expect([status, headers.get('content-type')]).toEqual([404, 'text/xml; charset=utf-8'])
  expect(text).toMatch(/^<Error><Error>true<\/Error><ErrorType>SoNotFoundException<\/ErrorType>/)
})

test('seed 002 · Accept-Language · [SO-2.3-1] [SO-2.3-4] a multi-language Message is translated', async () => {
  expect(await messageFor({ 'Accept-Language': 'en' })).toBe('Supplier')
  expect(await messageFor({ 'Accept-Language': 'nb-no' })).toBe('Leverandør')
  expect(await messageFor({ 'Accept-Language': 'fr,de,nb' })).toBe('Leverandør')
  expect(await messageFor({ 'Accept-Language': 'fr' })).toBe('Supplier')
})

test('seed 002 · Accept-Language · none, * and x · [SO-2.3-3] the Message is told as it is stored', async () => {
  for (const language of ['*', 'x', '']) expect(await messageFor({ 'Accept-Language': language })).toBe(TEXT)
  expect(await messageFor({})).toBe(TEXT)
})

test('seed 002 · SO-Language · [SO-2.3-2] beats Accept-Language', async () => {
  expect(await messageFor({ 'SO-Language': 'nb', 'Accept-Language': 'en' })).toBe('Leverandør')
  expect(await messageFor({ 'SO-Language': 'en' })).toBe('Supplier')
  expect(await messageFor({ 'SO-Language': '*', 'Accept-Language': 'en' })).toBe(TEXT)
})

test('seed 002 · SO-Culture · [SO-2.3-5] changes nothing, with a language and without', async () => {
  expect(await messageFor({ 'SO-Culture': 'sv', 'SO-Language': 'en' })).toBe('Supplier')
  expect(await messageFor({ 'SO-Culture': 'sv' })).toBe(TEXT)
})

test('seed 002 · SO-TimeZone · [SO-2.3-5] is accepted in every form', async () => {
  for (const zone of ['261', 'NO', 'US-NY', 'UTC', 'NO,includeTZOffset', 'rubbish'])
    expect((await readAs({ 'SO-TimeZone': zone })).status).toBe(200)
})

test('seed 002 · SO-AppToken · [SO-2.1-4] is accepted and not checked', async () => {
  const headers = { Authorization: `SOTicket ${anna.token}`, 'SO-AppToken': 'any application secret' }
  expect((await read(headers)).status).toBe(200)
  expect((await readAs({ 'SO-AppToken': '' })).status).toBe(200)
})

test('seed 002 · Authorization · Basic · [SO-2.1-1] [SO-2.1-3] a username or e-mail address and the password', async () => {
  for (const headers of [basic('anna'), basic('ANNA'), basic('anna@example.test')]) expect((await read(headers)).status).toBe(200)
  const { Authorization } = basic('anna')
  expect((await read({ Authorization: Authorization.replace('Basic', 'BASIC') })).status).toBe(200)
  await server.createUser({ username: 'colon', password: 'with:colon:ø in it' })
  expect((await read(basic('colon', 'with:colon:ø in it'))).status).toBe(200)
})

test.each(['SoTicket', 'SOTicket', 'SOTICKET', 'soticket'])(
  'seed 002 · Authorization · %s · [SO-2.1-2] [SO-2.1-3] takes a token',
  async (scheme) => {
    expect((await read({ Authorization: `${scheme} ${anna.token}` })).status).toBe(200)
  },
)

test.each(['Bearer', 'bearer', 'BEARER'])(
  'seed 002 · Authorization · %s · [SO-2.1-2] [SO-2.1-3] takes a token',
  async (scheme) => {
    expect((await read({ Authorization: `${scheme} ${anna.token}` })).status).toBe(200)
  },
)

test('seed 002 · Authorization · refused · [SO-1.4-6] [SO-1.4-7] [SO-1.5-1] 401 without a challenge', async () => {
  const wrong = [
    basic('anna', 'wrong'),
    basic('nobody'),
    { Authorization: `Basic ${Buffer.from('no colon').toString('base64')}` },
    { Authorization: 'Basic %%%' },
    { Authorization: 'Basic' },
    bearer('wrong'),
    { Authorization: 'SOTicket 7T:abc==' },
    { Authorization: `Negotiate ${anna.token}` },
    { Authorization: anna.token },
  ]
  for (const headers of wrong) {
    const { status, headers: answered, json } = await read(headers)
    expect([status, json]).toEqual([401, { Message: 'Authorization has been denied for this request.' }])
    expect([answered.get('www-authenticate'), answered.get('cache-control')]).toEqual([null, 'no-cache'])
  }
})

test('seed 002 · Authorization · absent · [SO-1.4-6] [SO-1.4-7] 401 with a challenge', async () => {
  const { status, headers, json } = await read({})
  expect([status, json]).toEqual([401, { Message: 'Authorization has been denied for this request.' }])
  expect(headers.get('www-authenticate')).toMatch(/^Basic realm=/)
})

test('seed 002 · X-XSRF-TOKEN · [SO-2.1-5] [SO-2.1-6] [SO-1.4-7] a session cookie counts only together with its token', async () => {
  const { session, xsrf, cookie } = await sessionOf('anna')
  expect((await read({ cookie, 'X-XSRF-TOKEN': xsrf })).status).toBe(200)
  const put = await ask(server, presencePath(anna), {
    method: 'PUT',
    headers: { cookie, 'X-XSRF-TOKEN': xsrf },
    body: statusBody('StatusNotAvailable', TEXT),
  })
  expect(put.status).toBe(200)
  const refused: Record<string, string>[] = [
    { cookie },
    { cookie, 'X-XSRF-TOKEN': 'other' },
    { cookie, 'X-XSRF-TOKEN': '' },
    { cookie: `rollcall_session=${session}`, 'X-XSRF-TOKEN': xsrf },
    { cookie: `rollcall_session=${session}; XSRF-TOKEN=`, 'X-XSRF-TOKEN': '' },
    { cookie: `rollcall_session=wrong; XSRF-TOKEN=${xsrf}`, 'X-XSRF-TOKEN': xsrf },
  ]
  for (const headers of refused) {
    const answered = await read(headers)
    expect([answered.status, answered.headers.get('www-authenticate')]).toEqual([401, null])
  }
  expect((await read({ 'X-XSRF-TOKEN': xsrf })).headers.get('www-authenticate')).toMatch(/^Basic/)
  expect((await read({ cookie, ...bearer(anna.token) })).status).toBe(200)
})

async function sessionOf(username: string) {
  const response = await server.request('/v1/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username, password: PASSWORD, cookie: true }),
  })
  const pairs = response.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]?.split('=') ?? [])
  const jar = Object.fromEntries(pairs) as Record<string, string>
  const cookie = pairs.map(([name, value]) => `${name}=${value}`).join('; ')
  return { session: jar['rollcall_session'] ?? '', xsrf: jar['XSRF-TOKEN'] ?? '', cookie }
}
