import { createRequire } from 'node:module'
import type * as SuperOffice from '@superoffice/webapi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { associateId, PASSWORD } from './asking.ts'

const { WebApi }: typeof SuperOffice = createRequire(import.meta.url)('@superoffice/webapi')

let server: Server
let anna: Person

beforeAll(async () => {
  server = await startServer({ store: 'memory:' })
  anna = await server.createUser({ username: 'anna', password: PASSWORD, name: 'Anna A' })
})
afterAll(() => server.stop())

const LOGINS: [string, (api: SuperOffice.WebApi) => void][] = [
  ['a password', (api) => api.authenticateWithPassword('anna', PASSWORD)],
  ['a ticket', (api) => api.authenticateWithTicket(anna.token)],
  ['a bearer token', (api) => api.authenticateWithToken(anna.token)],
]

/** A client logged in as Anna, at any of the addresses it may be given. */
function clientAt(path: string): SuperOffice.WebApi {
  const api = new WebApi(`${server.url}${path}`)
  api.authenticateWithToken(anna.token)
  return api
}

test.each(LOGINS)('[SO-3.1-1] [SO-3.1-2] the client sets and reads a presence with %s', async (_name, login) => {
  const api = new WebApi(`${server.url}/Cust12345/api/`)
  login(api)
  const agent = api.getUserAgent()
  const id = associateId(anna)
  expect(await agent.setUserPresenceStatusAsync(id, { status: 'StatusNotAvailable' as never, message: 'Lunch' })).toEqual({
    status: 'StatusNotAvailable',
    message: 'Lunch',
  })
  expect(await agent.getUserPresenceStatusAsync(id)).toEqual({ status: 'StatusNotAvailable', message: 'Lunch' })
  expect(await agent.setUserPresenceStatusAsync(id, { status: 'StatusNormal' as never, message: '' })).toEqual({
    status: 'StatusNormal',
    message: '',
  })
})

test.each(['', '/', '/api', '/Cust1', '/Cust1/api/', '/my-api/'])('[SO-2.5-1] the client finds its way from %j', async (path) => {
  expect(await clientAt(path).getUserAgent().getUserPresenceStatusAsync(associateId(anna))).toEqual({
    status: 'StatusNormal',
    message: '',
  })
})

test('[SO-2.3-1] [SO-2.3-2] [SO-2.3-5] the options of the client reach the Message', async () => {
  const id = associateId(anna)
  const agent = clientAt('').getUserAgent()
  const message = 'NO:"Leverandør";US:"Supplier"'
  await agent.setUserPresenceStatusAsync(id, { status: 'StatusNotAvailable' as never, message })
  expect((await agent.getUserPresenceStatusAsync(id)).message).toBe(message)
  const options = { languageCode: 'nb-no', cultureCode: 'sv', timezone: 'NO', timezoneInclude: true }
  expect(
    (
      await clientAt('')
        .getUserAgent()
        .getUserPresenceStatusAsync(id, options as never)
    ).message,
  ).toBe('Leverandør')
  const english = new WebApi(server.url, 'en')
  english.authenticateWithToken(anna.token)
  expect((await english.getUserAgent().getUserPresenceStatusAsync(id)).message).toBe('Supplier')
  await agent.setUserPresenceStatusAsync(id, { status: 'StatusNormal' as never, message: '' })
})

test('[SO-1.4-4] the client gets null for nobody', async () => {
  expect(await clientAt('').getUserAgent().getUserPresenceStatusAsync(99_999)).toBe(null)
  expect(await clientAt('').getUserAgent().getUserAsync(99_999)).toBe(null)
})

test('[SO-3.2-5] [SO-3.2-6] [SO-2.2-6] the client reads users and associates', async () => {
  const id = associateId(anna)
  expect(await clientAt('').getUserAgent().getUserAsync(id)).toMatchObject({
    associateId: id,
    name: 'anna',
    type: 'InternalAssociate',
  })
  expect(await clientAt('').getAssociateAgent().getAssociateAsync(id)).toMatchObject({ associateId: id, fullName: 'Anna A' })
})

test('[SO-1.4-6] [SO-1.4-8] the client throws what it is refused', async () => {
  const stranger = new WebApi(server.url)
  stranger.authenticateWithPassword('anna', 'wrong')
  await expect(stranger.getUserAgent().getUserPresenceStatusAsync(1)).rejects.toMatchObject({ response: { status: 401 } })
  const admin = await server.call('GET', '/v1/users/me', server.adminToken)
  const set = clientAt('')
    .getUserAgent()
    .setUserPresenceStatusAsync(Number(admin.ids.superoffice), { status: 'StatusNormal' as never })
  await expect(set).rejects.toMatchObject({ response: { status: 403, data: { ErrorType: 'SoSecurityException' } } })
})
