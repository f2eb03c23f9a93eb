import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { type Asked, ask, associateId, basic, bearer, PASSWORD, presencePath, statusBody } from './asking.ts'

let server: Server
let anna: Person

const PRINCIPAL = [
  'UserType Associate AssociateId IsPerson PersonId CountryId HomeCountryId ContactId GroupId BusinessId CategoryId ContactOwner',
  'RoleId RoleName RoleDescription RoleType Licenses FullName EMailAddress FunctionRights EjUserId EjAccessLevel EjUserStatus',
  'ProvidedCredentials SecondaryGroups DatabaseContextIdentifier UserName',
].flatMap((names) => names.split(' '))
const ASSOCIATE = [
  'AssociateId Name PersonId Rank Tooltip Type GroupIdx FullName FormalName Deleted EjUserId UserName TableRight FieldProperties',
].flatMap((names) => names.split(' '))
const NOBODY = { Error: true, ErrorType: 'SoNotFoundException', ErrorSource: 'SuperOffice.Services.Implementation' }

beforeAll(async () => {
  server = await startServer({ store: 'memory:', env: { ROLLCALL_RATE_LIMIT: 'on' } })
  anna = await server.createUser({ username: 'anna', password: PASSWORD, name: 'Anna A', email: 'anna@example.test' })
})
afterAll(() => server.stop())

const get = (path: string, asked: Asked = { headers: bearer(anna.token) }) => ask(server, path, asked)
const post = (path: string, body = 'null') => ask(server, path, { method: 'POST', headers: bearer(anna.token), body })

test('[SO-3.2-1] the current principal is told with every property', async () => {
  await ask(server, presencePath(anna), { method: 'PUT', headers: bearer(anna.token), body: statusBody('StatusNotAvailable') })
  const { status, json } = await get('/Cust12345/api/v1/user/currentprincipal')
  expect([status, Object.keys(json)]).toEqual([200, PRINCIPAL])
  expect(json).toMatchObject({
    UserType: 'InternalAssociate',
    Associate: 'anna',
    AssociateId: associateId(anna),
    IsPerson: true,
    RoleName: 'user',
    RoleType: 'Employee',
    FullName: 'Anna A',
    EMailAddress: 'anna@example.test',
    EjUserId: associateId(anna),
    EjUserStatus: 'StatusNotAvailable',
    DatabaseContextIdentifier: 'Cust12345',
    UserName: 'anna',
  })
  expect((await get('/api/v1/User/currentPrincipal', { headers: basic('anna') })).json.DatabaseContextIdentifier).toBe('')
})

test('[SO-3.2-2] the current associate is told with every property', async () => {
  const { status, json } = await get('/api/v1/User/currentAssociate')
  expect([status, Object.keys(json)]).toEqual([200, ASSOCIATE])
  expect(json).toMatchObject({
    AssociateId: associateId(anna),
    Name: 'anna',
    FullName: 'Anna A',
    Deleted: false,
    UserName: 'anna',
  })
})

test('[SO-3.2-1] [SO-3.2-2] nobody is current without a login', async () => {
  expect((await get('/api/v1/User/currentPrincipal', {})).status).toBe(401)
  expect((await get('/api/v1/User/currentAssociate', {})).status).toBe(401)
})

test('[SO-3.2-3] a user is told by id, with links under the address that was asked', async () => {
  const { status, json } = await get(`/Cust1/api/v1/User/${associateId(anna)}`)
  expect(status).toBe(200)
  expect(json).toMatchObject({
    AssociateId: associateId(anna),
    Name: 'anna',
    UserName: 'anna',
    Type: 'InternalAssociate',
    Deleted: false,
  })
  expect(json._Links).toEqual({
    Self: `${server.url}/Cust1/api/v1/User/${associateId(anna)}`,
    Archive: `${server.url}/Cust1/api/v1/User`,
  })
  expect(json).toMatchObject({ TableRight: null, FieldProperties: {} })
  for (const id of ['99999', '0', '-1']) {
    const unknown = await get(`/api/v1/User/${id}`)
    expect([unknown.status, unknown.json]).toEqual([404, { ...NOBODY, ErrorMessage: `User id ${id} not found` }])
  }
})

test('[SO-3.2-4] a user is told by name in any case; kept words are no names', async () => {
  expect((await get('/api/v1/User/ANNA')).json.AssociateId).toBe(associateId(anna))
  const unknown = await get('/api/v1/User/nobody')
  expect([unknown.status, unknown.json]).toEqual([404, { ...NOBODY, ErrorMessage: 'User id nobody not found' }])
  for (const word of ['current', 'currentToken', 'Default', 'CredentialTypes', 'CustomField', 'Validate']) {
    const { status, json } = await get(`/api/v1/User/${word}`)
    expect([status, json]).toEqual([
      404,
      { Message: `No HTTP resource was found that matches the request URI '${server.url}/api/v1/User/${word}'.` },
    ])
  }
})

test('[SO-3.2-5] [SO-3.2-6] [SO-2.2-6] the agents tell users and associates; nobody is null', async () => {
  const user = await post(`/api/v1/Agents/User/GetUser?userId=${associateId(anna)}`)
  expect([user.status, user.json.AssociateId, user.json._Links]).toEqual([200, associateId(anna), undefined])
  const associate = await post(`/api/v1/Agents/Associate/GetAssociate?ASSOCIATEID=${associateId(anna)}`, '')
  expect([associate.status, Object.keys(associate.json)]).toEqual([200, ASSOCIATE])
  for (const path of ['User/GetUser?userId=99999', 'Associate/GetAssociate?associateId=99999']) {
    const nobody = await post(`/api/v1/Agents/${path}`)
    expect([nobody.status, nobody.text]).toEqual([200, 'null'])
  }
})

test('[SO-1.4-5] the agents refuse what is no id', async () => {
  for (const path of [
    'User/GetUser?userId=glops',
    'User/GetUser',
    'Associate/GetAssociate?associateId=',
    'User/GetUser?userId=1&userId=2',
  ]) {
    const { status, json } = await post(`/api/v1/Agents/${path}`)
    expect([path, status, json.Message]).toEqual([path, 400, 'The request is invalid.'])
  }
})

test('[SO-2.4-1] $select nulls the others of a user', async () => {
  const { json } = await get(`/api/v1/User/${associateId(anna)}?$select=name,associateid,person/id`)
  expect(Object.entries(json).filter(([, value]) => value !== null)).toEqual([
    ['AssociateId', associateId(anna)],
    ['Name', 'anna'],
  ])
  expect(Object.keys(json)).toContain('_Links')
})

test('[SO-2.2-2] users are told in XML too', async () => {
  const { text } = await get('/api/v1/User/currentAssociate', { headers: { ...bearer(anna.token), Accept: 'text/xml' } })
  expect(text).toMatch(/^<Associate><AssociateId>\d+<\/AssociateId><Name>anna<\/Name>/)
})

test('[SO-2.5-2] the version is told without a login, as a page unless asked for otherwise', async () => {
  const json = await get('/Cust1/api', { headers: { Accept: 'application/json' } })
  expect([json.status, Object.keys(json.json)]).toEqual([
    200,
    [
      'v1',
      'NetServerVersion',
      'NetServerAssembly',
      'NetServerDate',
      'NetServerLabel',
      'NetServer',
      'Services',
      'ServicesCurrent',
      'Version',
    ],
  ])
  expect(json.json).toMatchObject({ v1: `${server.url}/Cust1/api/v1/`, Version: 'v1' })
  for (const headers of [{}, { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }]) {
    const page = await get('/api', { headers })
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.text).toContain('NetServerVersion')
  }
  expect((await get('/api', { headers: { Accept: 'text/xml' } })).text).toMatch(/^<ApiVersion><v1>/)
})

test('[SO-2.5-2] the page shows an address as text, whatever is in it', async () => {
  const { text } = await get('/<script>alert(1)</script>/api', { headers: { Accept: 'text/html' } })
  expect(text).not.toContain('<script>')
})

test('[SO-2.5-3] every address is told with its methods', async () => {
  const { status, json } = await get('/Cust1/api/v1', {})
  expect(status).toBe(200)
  expect(json[`${server.url}/Cust1/api/v1/User/{associateId}/UserPresenceStatus`]).toEqual({
    GET: 'Get user presence status',
    PUT: 'Set user presence status',
  })
  expect(Object.keys(json[`${server.url}/Cust1/api/v1/Agents/User/SetUserPresenceStatus`])).toEqual(['POST'])
  expect(Object.keys(json)).toHaveLength(9)
})

test('[SO-3.3-1] any tenant is running here', async () => {
  const { status, json } = await get('/api/state/Cust12345', {})
  expect([status, json]).toEqual([
    200,
    {
      ContextIdentifier: 'Cust12345',
      Endpoint: `${server.url}/Cust12345`,
      State: 'Running',
      IsRunning: true,
      ValidUntil: json.ValidUntil,
      Api: `${server.url}/Cust12345/api`,
    },
  ])
  expect(Date.parse(json.ValidUntil)).toBeGreaterThan(Date.now())
  expect((await get(`${new URL(json.Api).pathname}/v1/User/currentAssociate`)).status).toBe(200)
})

test.each(['/api/v1/Nothing', '/api/v1/Presence/GetAll', '/api/v2/User', '/Cust1/api/v1/User/1/2/3', '/api/state'])(
  '[SO-1.4-11] [SO-3.1-3] nothing is at %s',
  async (path) => {
    const { status, json, headers } = await get(path)
    expect([status, json]).toEqual([
      404,
      { Message: `No HTTP resource was found that matches the request URI '${server.url}${path}'.` },
    ])
    expect(headers.get('expires')).toBe('-1')
  },
)

test('[SO-3.1-3] chat presence is not served', async () => {
  expect((await post('/api/v1/Agents/Chat/GetChatPresence')).status).toBe(404)
  expect((await post('/api/v1/Presence/SaveAll')).status).toBe(404)
})

test('[SO-1.4-11] other methods are 405 and told which are taken', async () => {
  const asked = { headers: bearer(anna.token) }
  const removed = await get(presencePath(anna), { ...asked, method: 'DELETE' })
  expect([removed.status, removed.headers.get('allow')]).toEqual([405, 'GET, PUT'])
  expect(removed.json).toEqual({ Message: "The requested resource does not support http method 'DELETE'." })
  const headed = await server.request(presencePath(anna), { method: 'HEAD', ...asked })
  expect([headed.status, headed.headers.get('allow')]).toEqual([405, 'GET, PUT'])
  const patched = await get('/Cust1/api/v1/agents/user/getuserpresencestatus', { ...asked, method: 'PATCH' })
  expect([patched.status, patched.headers.get('allow')]).toEqual([405, 'GET, POST'])
})

test('[SO-1.4-11] an address that cannot be decoded is 400', async () => {
  const { status, json } = await get('/api/v1/User/%zz')
  expect([status, json.Message]).toEqual([400, 'The request is invalid.'])
})

test('[SO-1.4-13] too many calls are 429', async () => {
  await server.call('PATCH', '/v1/settings', server.adminToken, { rateCallsMax: 50, rateWindowMs: 60_000 })
  const limited = await server.createUser({ username: 'limited' })
  const put = () =>
    ask(server, presencePath(limited), { method: 'PUT', headers: bearer(limited.token), body: statusBody('StatusNormal') })
  const statuses = []
  for (let call = 0; call < 5; call++) statuses.push((await put()).status)
  expect(statuses).toEqual([200, 200, 200, 200, 200])
  const refused = await put()
  expect([refused.status, Object.keys(refused.json)]).toEqual([429, ['Message']])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('[SO-1.4-8] a token that may not read learns nothing about others, over REST or from an agent', async () => {
  const other = await server.createUser({ username: 'other', password: null })
  const wanted = { name: 'only sessions', scopes: ['sessions'] }
  const { token } = await server.call('POST', '/v1/tokens', anna.token, wanted)
  const id = associateId(other)
  for (const path of [`/api/v1/User/${id}`, '/api/v1/User/other', '/api/v1/User/nobody'])
    expect([path, (await get(path, { headers: bearer(token) })).status]).toEqual([path, 403])
  for (const call of [`User/GetUser?userId=${id}`, `Associate/GetAssociate?associateId=${id}`]) {
    const { status, json } = await ask(server, `/api/v1/Agents/${call}`, { method: 'POST', headers: bearer(token) })
    expect([call, status, json.ErrorType]).toEqual([call, 403, 'SoSecurityException'])
  }
  expect((await get('/api/v1/User/currentAssociate', { headers: bearer(token) })).status).toBe(200)
})
