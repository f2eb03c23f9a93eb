import { createHash } from 'node:crypto'
import { DDPSDK } from '@rocket.chat/ddp-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PASSWORD, type Person, type Server, startServer } from '../server.ts'
import { createTalk } from './talk.ts'

const DIGEST = createHash('sha256').update(PASSWORD).digest('hex')
let server: Server
let talk: ReturnType<typeof createTalk>
let ann: Person
let bob: Person

beforeAll(async () => {
  server = await startServer()
  talk = createTalk(server)
  for (const username of ['ann', 'bob']) await server.createUser({ username })
  ;[ann, bob] = [await server.login('ann', PASSWORD), await server.login('bob', PASSWORD)]
})
afterAll(() => server.stop())

/** The client's published types know only the product's own methods and streams. */
interface Client {
  readonly account: {
    readonly uid: string
    readonly user: { readonly id: string; readonly username: string; readonly token: string; readonly tokenExpires: Date }
    loginWithPassword(username: string, digest: string): Promise<void>
    loginWithToken(token: string): Promise<unknown>
    logout(): Promise<void>
  }
  readonly connection: { readonly status: string; close(): void; connect(): Promise<boolean> }
  readonly client: {
    onCollection(name: string, listener: (event: Event) => void): () => void
    subscribe(name: string, ...params: unknown[]): Subscription
  }
  call(method: string, ...params: unknown[]): Promise<unknown>
  stream(name: string, event: unknown, listener: (...args: unknown[]) => void): Subscription
}

interface Subscription {
  ready(): Promise<void>
  stop(): void
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the event has
type Event = any

async function clientOf(): Promise<Client> {
  return (await DDPSDK.createAndConnect(server.url)) as unknown as Client
}

/** What the client is told of users that it watches, as the product's own programs do it. */
function presencesOf({ client }: Client) {
  const told: unknown[][] = []
  client.onCollection('stream-user-presence', ({ fields }) => told.push([fields.uid, ...fields.args[0]]))
  return {
    told,
    watch: (...added: string[]) => client.subscribe('stream-user-presence', '', { added }).ready(),
  }
}

test('[RC-2.2-6] the product’s own client logs in with a digest, and has a token and its end', async () => {
  const sdk = await clientOf()
  await sdk.account.loginWithPassword('ann', DIGEST)
  await expect.poll(() => sdk.account.user.username).toBe('ann')
  expect(sdk.account.uid).toBe(ann.user.id)
  expect(sdk.account.user.tokenExpires.getTime()).toBeGreaterThan(Date.now())
  const again = await clientOf()
  expect(await again.account.loginWithToken(sdk.account.user.token)).toMatchObject({ type: 'resume' })
  for (const { connection } of [sdk, again]) connection.close()
})

test('[RC-2.2-7] it is refused with errors that it can read', async () => {
  const sdk = await clientOf()
  await expect(sdk.account.loginWithPassword('ann', createHash('sha256').update('wrong').digest('hex'))).rejects.toMatchObject({
    error: 403,
  })
  await expect(sdk.account.loginWithToken('wrong')).rejects.toMatchObject({ error: 403 })
  await expect(sdk.call('setUserStatus', 'busy', '')).rejects.toMatchObject({ error: 'error-invalid-user' })
  await expect(sdk.client.subscribe('stream-notify-logged', 'user-status').ready()).rejects.toMatchObject({
    error: 'not-allowed',
  })
  sdk.connection.close()
})

test('[RC-2.4-3] [RC-2.4-14] two clients see each other’s statuses as they change, from whatever dialect', async () => {
  const [sdk, other] = [await clientOf(), await clientOf()]
  await sdk.account.loginWithToken(ann.token)
  const seen = presencesOf(sdk)
  await seen.watch(bob.user.id)
  await seen.watch(ann.user.id)
  await other.account.loginWithToken(bob.token)
  await expect.poll(() => seen.told.at(-1)).toEqual([bob.user.id, 'bob', 1, ''])
  await other.call('UserPresence:away')
  await expect.poll(() => seen.told.at(-1)).toEqual([bob.user.id, 'bob', 2, ''])
  await other.call('UserPresence:online')
  await expect.poll(() => seen.told.at(-1)).toEqual([bob.user.id, 'bob', 1, ''])
  await other.call('setUserStatus', 'busy', 'not now')
  await expect.poll(() => seen.told.at(-1)).toEqual([bob.user.id, 'bob', 3, 'not now', 'manual'])
  const id = bob.user.ids.mattermost
  await server.call('PUT', `/api/v4/users/${id}/status`, bob.token, { user_id: id, status: 'away' })
  await expect.poll(() => seen.told.at(-1)).toEqual([bob.user.id, 'bob', 2, 'not now', 'manual'])
  other.connection.close()
  await expect.poll(() => seen.told.at(-1)).toEqual([bob.user.id, 'bob', 2, 'not now', 'manual'])
  await talk.post('users.setStatus', bob, { status: 'online', message: '' })
  sdk.connection.close()
})

test('[RC-2.4-1] [RC-2.4-7] its streams hear everybody’s changes, and one’s own', async () => {
  const sdk = await clientOf()
  await sdk.account.loginWithToken(ann.token)
  const [everybody, own]: unknown[][] = [[], []]
  const streams = [
    sdk.stream('notify-logged', 'user-status', (status) => everybody?.push(status)),
    sdk.stream('notify-user', `${ann.user.id}/userData`, (change) => own?.push(change)),
  ]
  await Promise.all(streams.map((stream) => stream.ready()))
  await talk.post('users.setStatus', ann, { status: 'busy', message: 'writing' })
  await expect.poll(() => everybody?.at(-1)).toEqual([ann.user.id, 'ann', 3, 'writing', 'ann', ['user'], 'manual'])
  await expect
    .poll(() => own?.at(-1))
    .toEqual({ type: 'updated', id: ann.user.id, diff: { status: 'busy', statusText: 'writing' }, unset: {} })
  for (const stream of streams) stream.stop()
  sdk.connection.close()
})

test('[RC-2.2-8] it logs out, and is told that it did', async () => {
  const sdk = await clientOf()
  const { token } = await server.login('bob', PASSWORD)
  await sdk.account.loginWithToken(token)
  await sdk.account.logout()
  expect(sdk.account.uid).toBeUndefined()
  sdk.connection.close()
})
