import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { type Asked, ask, associateId, basic, bearer, PASSWORD, presencePath, statusBody } from './asking.ts'

let server: Server
let anna: Person
let bert: Person

beforeAll(async () => {
  server = await startServer({ store: 'memory:' })
  anna = await server.createUser({ username: 'anna', password: PASSWORD, name: 'Anna A', email: 'anna@example.test' })
  bert = await server.createUser({ username: 'bert' })
})
afterAll(() => server.stop())

const read = (who: Person, headers: Record<string, string> = bearer(anna.token)) => ask(server, presencePath(who), { headers })
const set = (who: Person, body: string, headers: Record<string, string> = bearer(who.token)) =>
  ask(server, presencePath(who), { method: 'PUT', headers, body })
const agent = (call: string, body: unknown, { headers = bearer(anna.token) }: Asked = {}) =>
  ask(server, `/api/v1/Agents/User/${call}`, { method: 'POST', headers, body: JSON.stringify(body) })
/** Through Rollcall's own API. */
const native = (method: string, who: Person, part: string, body?: unknown) =>
  server.call(method, `/v1/presence/${who.user.id}/${part}`, who.token, body)
const reset = async (who: Person) => {
  await native('DELETE', who, 'availability')
  await native('DELETE', who, 'note')
}

test('seed 002 · associateId · [SO-1.1-1] [SO-1.2-1] somebody of whom nothing was said is StatusNormal without a Message', async () => {
  const { status, text } = await read(bert)
  expect([status, text]).toEqual([200, '{"Status":"StatusNormal","Message":""}'])
})

test('seed 002 · 200 · [SO-1.2-2] [SO-1.5-1] the answer has the headers of the product', async () => {
  const { status, headers } = await read(bert)
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect([headers.get('cache-control'), headers.get('pragma'), headers.get('expires')]).toEqual(['no-cache', 'no-cache', '-1'])
})

test('seed 002 · Status · [SO-1.1-2] [SO-4.2-2] not available is set, answered and read back', async () => {
  const answered = await set(bert, statusBody('StatusNotAvailable', 'On holiday'))
  expect([answered.status, answered.text]).toEqual([200, '{"Status":"StatusNotAvailable","Message":"On holiday"}'])
  expect((await read(bert)).text).toBe(answered.text)
  const shown = await server.call('GET', `/v1/presence/${bert.user.id}`, anna.token)
  expect(shown).toMatchObject({ availability: 'away', source: 'manual', manual: true, note: { text: 'On holiday' } })
})

test('seed 002 · Status · [SO-4.2-1] normal withdraws what was said, and declares nothing', async () => {
  await set(bert, statusBody('StatusNotAvailable', 'On holiday'))
  expect((await set(bert, statusBody('StatusNormal', ''))).json).toEqual({ Status: 'StatusNormal', Message: '' })
  expect(await server.call('GET', `/v1/presence/${bert.user.id}`, anna.token)).toMatchObject({
    availability: 'offline',
    source: 'none',
  })
})

test.each([
  ['online', 'StatusNormal'],
  ['away', 'StatusNotAvailable'],
  ['busy', 'StatusNotAvailable'],
  ['dnd', 'StatusNotAvailable'],
  ['offline', 'StatusNormal'],
])('seed 002 · Status · %s · [SO-1.3-1] [SO-4.1-1] said elsewhere, reads %s', async (availability, expected) => {
  await native('PUT', bert, 'availability', { availability })
  expect((await read(bert)).json.Status).toBe(expected)
  expect((await read(bert, bearer(bert.token))).json.Status).toBe(expected)
  await reset(bert)
})

test('seed 002 · Message · [SO-4.1-2] a note from elsewhere is told whole, without its emoji', async () => {
  const text = `${'long '.repeat(60)}end`
  await native('PUT', bert, 'note', { text, emoji: 'palm_tree' })
  expect((await read(bert)).json.Message).toBe(text)
  await native('PUT', bert, 'note', { emoji: 'palm_tree' })
  expect((await read(bert)).json.Message).toBe('')
  await reset(bert)
})

test('[SO-4.2-1] without a Message, normal takes only a note that was written here', async () => {
  await set(bert, statusBody('StatusNotAvailable', 'Mine'))
  expect((await set(bert, statusBody('StatusNormal'))).json.Message).toBe('')
  await native('PUT', bert, 'note', { text: 'Theirs' })
  expect((await set(bert, statusBody('StatusNormal', null))).json.Message).toBe('Theirs')
  await reset(bert)
})

test('[SO-4.2-2] without a Message, not available leaves the note; an empty one withdraws it', async () => {
  await native('PUT', bert, 'note', { text: 'Theirs' })
  expect((await set(bert, statusBody('StatusNotAvailable'))).json).toEqual({ Status: 'StatusNotAvailable', Message: 'Theirs' })
  expect((await set(bert, statusBody('StatusNotAvailable', ''))).json).toEqual({ Status: 'StatusNotAvailable', Message: '' })
  await reset(bert)
})

test('[SO-4.3-1] writing back what is shown ruins nothing that was said elsewhere', async () => {
  const until = new Date(Date.now() + 3_600_000).toISOString()
  await native('PUT', bert, 'availability', { availability: 'dnd', activity: 'presenting', until })
  await native('PUT', bert, 'note', { text: 'On stage', emoji: 'microphone', until })
  const shown = (await read(bert)).json
  expect((await set(bert, JSON.stringify(shown))).json).toEqual(shown)
  expect(await server.call('GET', `/v1/presence/${bert.user.id}`, bert.token)).toMatchObject({
    availability: 'dnd',
    activity: 'presenting',
    until,
    note: { text: 'On stage', emoji: 'microphone', until },
  })
  await set(bert, statusBody('StatusNotAvailable', 'Later'))
  expect(await server.call('GET', `/v1/presence/${bert.user.id}`, bert.token)).toMatchObject({
    availability: 'dnd',
    note: { text: 'Later', emoji: '' },
  })
  await reset(bert)
})

test('[SO-4.3-1] the empty Message that stands for an emoji leaves it', async () => {
  await native('PUT', bert, 'note', { text: '', emoji: 'palm_tree' })
  expect((await set(bert, statusBody('StatusNotAvailable', ''))).json.Message).toBe('')
  expect((await server.call('GET', `/v1/presence/${bert.user.id}`, bert.token)).note).toMatchObject({ emoji: 'palm_tree' })
  await reset(bert)
})

test('[SO-4.2-4] a Message may have 255 characters, and more only when it is the one that is shown', async () => {
  expect((await set(bert, statusBody('StatusNotAvailable', 'x'.repeat(255)))).status).toBe(200)
  const refused = await set(bert, statusBody('StatusNotAvailable', 'x'.repeat(256)))
  expect([refused.status, refused.json.Message]).toEqual([400, 'The request is invalid.'])
  expect(refused.json.MessageDetail).toContain('255')
  expect((await set(bert, statusBody('StatusNotAvailable', '🌴'.repeat(128)))).status).toBe(400)
  await native('PUT', bert, 'note', { text: 'y'.repeat(256) })
  expect((await set(bert, statusBody('StatusNotAvailable', 'y'.repeat(256)))).json.Message).toBe('y'.repeat(256))
  await reset(bert)
})

test.each([
  ['"StatusDeleted"'],
  ['"StatusNone"'],
  ['"StatusReadOnly"'],
  ['"Bogus"'],
  ['""'],
  ['1'],
  ['null'],
  ['["StatusNormal"]'],
  ['{}'],
])('[SO-4.2-3] the status %s is 400', async (status) => {
  const { status: code, json } = await set(bert, `{"Status":${status},"Message":"x"}`)
  expect([code, json.Message]).toEqual([400, 'The request is invalid.'])
  expect(json.MessageDetail).toContain('Status')
})

test('[SO-4.2-3] [SO-1.4-3] the name of a status is taken in any case; a Message must be a text', async () => {
  expect((await set(bert, '{"status":"statusnormal","MESSAGE":"hi"}')).json).toEqual({ Status: 'StatusNormal', Message: 'hi' })
  for (const body of ['{"Message":"x"}', '{"Status":"StatusNormal","Message":5}', '[]', '"StatusNormal"', '7', 'null', ''])
    expect([body, (await set(bert, body)).status]).toEqual([body, 400])
  await reset(bert)
})

test('[SO-4.2-5] where notes are not allowed, only a Message is refused', async () => {
  await server.call('PATCH', '/v1/settings', server.adminToken, { notesAllowed: false })
  const refused = await set(bert, statusBody('StatusNotAvailable', 'x'))
  expect([refused.status, refused.json]).toEqual([
    403,
    {
      Error: true,
      ErrorType: 'SoSecurityException',
      ErrorMessage: refused.json.ErrorMessage,
      ErrorSource: 'SuperOffice.Services.Implementation',
    },
  ])
  for (const message of ['', null, undefined])
    expect((await set(bert, statusBody('StatusNotAvailable', message))).json).toEqual({
      Status: 'StatusNotAvailable',
      Message: '',
    })
  await server.call('PATCH', '/v1/settings', server.adminToken, { notesAllowed: true })
  await reset(bert)
})

test('[SO-1.4-8] only who may set others sets another; administrators may', async () => {
  const refused = await set(bert, statusBody('StatusNotAvailable'), bearer(anna.token))
  expect([refused.status, refused.json.Error, refused.json.ErrorType]).toEqual([403, true, 'SoSecurityException'])
  expect((await set(bert, statusBody('StatusNotAvailable', 'Ill'), bearer(server.adminToken))).json.Message).toBe('Ill')
  await reset(bert)
})

test('seed 002 · associateId · unknown · [SO-1.4-1] REST answers 404 in the shape of the services', async () => {
  for (const id of ['99999', '0', '-5']) {
    const asked = await ask(server, `/api/v1/User/${id}/UserPresenceStatus`, { headers: bearer(anna.token) })
    expect([asked.status, asked.text]).toEqual([
      404,
      `{"Error":true,"ErrorType":"SoNotFoundException","ErrorMessage":"User id ${id} not found","ErrorSource":"SuperOffice.Services.Implementation"}`,
    ])
  }
  const put = await ask(server, '/api/v1/User/99999/UserPresenceStatus', {
    method: 'PUT',
    headers: bearer(anna.token),
    body: statusBody('StatusNormal'),
  })
  expect([put.status, put.json.ErrorType]).toEqual([404, 'SoNotFoundException'])
})

test('seed 002 · associateId · no int32 · [SO-1.4-2] there is no such resource', async () => {
  for (const id of ['abc', '1.5', '2147483648', '99999999999999999999', '5a']) {
    const path = `/api/v1/User/${id}/UserPresenceStatus`
    for (const method of ['GET', 'PUT']) {
      const body = method === 'PUT' ? { body: statusBody('StatusNormal') } : {}
      const { status, json } = await ask(server, path, { method, headers: bearer(anna.token), ...body })
      expect([status, json]).toEqual([
        404,
        { Message: `No HTTP resource was found that matches the request URI '${server.url}${path}'.` },
      ])
    }
  }
})

test('[SO-3.1-1] [SO-3.1-2] the calls of the agent do the same, with keys in any case', async () => {
  const id = associateId(anna)
  const UserPresenceStatus = { Status: 'StatusNotAvailable', Message: 'Lunch' }
  expect((await agent('SetUserPresenceStatus', { AssociateId: id, UserPresenceStatus })).json).toEqual(UserPresenceStatus)
  expect((await agent('GetUserPresenceStatus', { associateId: id })).text).toBe(JSON.stringify(UserPresenceStatus))
  const camel = { associateId: id, userPresenceStatus: { status: 'StatusNormal', message: '' } }
  expect((await agent('SetUserPresenceStatus', camel)).json).toEqual({ Status: 'StatusNormal', Message: '' })
})

test('[SO-1.4-4] for the agent, nobody is null', async () => {
  for (const AssociateId of [99999, 0, -1, '99999']) {
    const got = await agent('GetUserPresenceStatus', { AssociateId })
    expect([got.status, got.text]).toEqual([200, 'null'])
  }
  const set = await agent('SetUserPresenceStatus', { AssociateId: 99999, UserPresenceStatus: { Status: 'StatusNormal' } })
  expect([set.status, set.text, set.headers.get('content-type')]).toEqual([200, 'null', 'application/json; charset=utf-8'])
})

test('[SO-1.4-5] for the agent, an argument that is missing or none is 400', async () => {
  for (const body of [
    null,
    {},
    [],
    { AssociateId: 'glops' },
    { AssociateId: 1.5 },
    { AssociateId: 2147483648 },
    { AssociateId: {} },
  ]) {
    const { status, json } = await agent('GetUserPresenceStatus', body)
    expect([body, status, json.Message]).toEqual([body, 400, 'The request is invalid.'])
    expect(json.MessageDetail).toContain("'AssociateId'")
  }
  expect((await agent('SetUserPresenceStatus', { AssociateId: 1, UserPresenceStatus: null })).status).toBe(400)
  expect((await agent('SetUserPresenceStatus', { AssociateId: 1 })).status).toBe(400)
})

test('[SO-1.4-9] GET describes a call of the agent', async () => {
  for (const call of ['GetUserPresenceStatus', 'SetUserPresenceStatus', 'GetUser']) {
    const { status, json } = await ask(server, `/api/v1/Agents/User/${call}`)
    expect([status, Object.keys(json)]).toEqual([200, [`${server.url}/api/v1/Agents/User/${call}`]])
    expect(Object.values(json)[0]).toHaveProperty('POST')
  }
})

test('[SO-2.4-1] $select nulls the others', async () => {
  const headers = bearer(anna.token)
  await set(anna, statusBody('StatusNotAvailable', 'Lunch'))
  const select = async (query: string) => (await ask(server, `${presencePath(anna)}?${query}`, { headers })).text
  expect(await select('$select=status')).toBe('{"Status":"StatusNotAvailable","Message":null}')
  expect(await select('$Select=Message')).toBe('{"Status":null,"Message":"Lunch"}')
  expect(await select('$select=status,%20MESSAGE')).toBe('{"Status":"StatusNotAvailable","Message":"Lunch"}')
  expect(await select('$select=')).toBe('{"Status":"StatusNotAvailable","Message":"Lunch"}')
  expect(await select('other=1')).toBe('{"Status":"StatusNotAvailable","Message":"Lunch"}')
  const body = JSON.stringify({ AssociateId: associateId(anna) })
  const agents = await ask(server, '/api/v1/Agents/User/GetUserPresenceStatus?$select=Status', { method: 'POST', headers, body })
  expect(agents.json).toEqual({ Status: 'StatusNotAvailable', Message: null })
  await reset(anna)
})

test('[SO-2.5-1] another product’s address behind a prefix is no address', async () => {
  for (const path of ['/Cust1/api/v1/users.getStatus', '/Cust1/api/v1/me', '/my-api/v1/settings/x']) {
    const { status, json } = await ask(server, path, { headers: bearer(anna.token) })
    expect([path, status, json.Message]).toEqual([path, 404, expect.stringContaining(path)])
  }
})

test('[SO-2.5-1] any case and any tenant prefix reach the same presence', async () => {
  await set(anna, statusBody('StatusNotAvailable', 'Here'))
  const id = associateId(anna)
  for (const path of [
    `/Cust12345/api/v1/User/${id}/UserPresenceStatus`,
    `/SuperOffice/API/v1/user/${id}/userpresencestatus`,
    `/api/v1/USER/${id}/userPresenceStatus/`,
    `/my-api/v1/User/${id}/UserPresenceStatus`,
  ])
    expect((await ask(server, path, { headers: basic('anna') })).json).toEqual({ Status: 'StatusNotAvailable', Message: 'Here' })
  await reset(anna)
})

test('[SO-4.1-1] a deactivated user is shown as deleted, a deleted one is unknown', async () => {
  const gone = await server.createUser({ username: 'gone' })
  await set(gone, statusBody('StatusNotAvailable', 'Bye'))
  expect((await read(gone)).json.Status).toBe('StatusNotAvailable')
  await server.call('PATCH', `/v1/users/${gone.user.id}`, server.adminToken, { active: false })
  expect((await read(gone)).json.Status).toBe('StatusDeleted')
  expect((await read(gone, bearer(gone.token))).status).toBe(401)
  await server.call('DELETE', `/v1/users/${gone.user.id}`, server.adminToken)
  expect((await read(gone)).status).toBe(404)
})
