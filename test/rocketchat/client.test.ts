import { RestClient } from '@rocket.chat/api-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Server, startServer } from '../server.ts'

const PASSWORD = 'a password for tests'
let server: Server

beforeAll(async () => {
  server = await startServer()
  for (const username of ['ann', 'bob']) await server.createUser({ username })
})
afterAll(() => server.stop())

/** The client's published types know only a part of the routes. */
interface Client {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has
  get(endpoint: string, params?: object): Promise<any>
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has
  post(endpoint: string, params: object): Promise<any>
  setCredentials(credentials: object): void
}

/** Logs in as the product's own programs do: the answer's user id and token become the client's credentials. */
async function clientOf(user: string): Promise<Client> {
  const client = new RestClient({ baseUrl: server.url }) as unknown as Client
  const { data } = await client.post('/v1/login', { user, password: PASSWORD })
  client.setCredentials({ 'X-User-Id': data.userId, 'X-Auth-Token': data.authToken })
  return client
}

test('[RC-2.1-1] [RC-1.3-1] [RC-1.2-1] the product’s own client logs in, sets a status and reads it back', async () => {
  const [ann, bob] = [await clientOf('ann'), await clientOf('bob')]
  expect(await ann.post('/v1/users.setStatus', { status: 'busy', message: 'in the zone' })).toEqual({ success: true })
  expect(await ann.get('/v1/me')).toMatchObject({ username: 'ann', status: 'busy', statusText: 'in the zone' })
  expect(await bob.get('/v1/users.getStatus', { username: 'ann' })).toMatchObject({ status: 'busy', message: 'in the zone' })
})

test('[RC-1.4-3] its lists come in brackets', async () => {
  const bob = await clientOf('bob')
  await bob.post('/v1/users.setStatus', { status: 'away' })
  const { user } = await bob.get('/v1/users.info', { username: 'ann' })
  const ids = [user._id, (await bob.get('/v1/me'))._id]
  const { users, full } = await bob.get('/v1/users.presence', { ids })
  expect(users.map(({ status }: { status: string }) => status).sort()).toEqual(['away', 'busy'])
  expect(full).toBe(false)
})

test('[RC-1.0-5] [RC-1.0-4] it is refused with answers that it can read', async () => {
  const ann = await clientOf('ann')
  const refused = await ann.get('/v1/users.getStatus', { userId: 'nobody' }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(Response)
  expect(await (refused as Response).json()).toMatchObject({ success: false, errorType: 'error-invalid-user' })
  ann.setCredentials({ 'X-User-Id': 'ann', 'X-Auth-Token': 'wrong' })
  const out = await ann.get('/v1/me').catch((error: unknown) => error)
  expect((out as Response).status).toBe(401)
  const login = await ann.post('/v1/login', { user: 'ann', password: 'wrong' }).catch((error: unknown) => error)
  expect(await (login as Response).json()).toMatchObject({ status: 'error', message: 'Unauthorized' })
})
