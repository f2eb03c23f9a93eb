import { createRequire } from 'node:module'
import type { Client4 as Client } from '@mattermost/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Server, startServer } from '../server.ts'
import { NOBODY } from './speaker.ts'

const { Client4 } = createRequire(import.meta.url)('@mattermost/client') as { Client4: new () => Client }
const PASSWORD = 'a password for tests'

let server: Server
let client: Client
let id: string
beforeAll(async () => {
  server = await startServer()
  await server.createUser({ username: 'ada', password: PASSWORD, email: 'ada@example.org' })
  client = new Client4()
  client.setUrl(server.url)
  id = (await client.login('ada', PASSWORD)).id
})
afterAll(() => server.stop())

type Status = Parameters<Client['updateStatus']>[0]
type CustomStatus = Parameters<Client['updateCustomStatus']>[0]
const status = (given: object): Status => ({ user_id: id, status: 'away', ...given }) as Status
const custom = (given: object): CustomStatus => given as CustomStatus

test('it logs in and knows who it is', async () => {
  expect(client.getToken()).toMatch(/^[a-z0-9]{26}$/)
  expect(await client.getMe()).toMatchObject({ id, username: 'ada', roles: 'system_user' })
  expect(await client.getUser(id)).toMatchObject({ username: 'ada' })
  expect(client.getServerVersion()).toMatch(/^11\.7\.0/)
})

test('it sets a status and reads it back, alone and among others', async () => {
  expect(await client.updateStatus(status({ status: 'dnd' }))).toMatchObject({ user_id: id, status: 'dnd', manual: true })
  expect(await client.getStatus(id)).toMatchObject({ status: 'dnd' })
  expect(await client.getStatusesByIds([id, NOBODY])).toMatchObject([
    { user_id: id, status: 'dnd' },
    { user_id: NOBODY, status: 'offline' },
  ])
  expect(await client.updateStatus(status({ status: 'online' }))).toMatchObject({
    status: 'online',
    manual: false,
    dnd_end_time: 0,
  })
})

test('it sets a custom status, takes it away and forgets it', async () => {
  const lunch = {
    emoji: 'hamburger',
    text: 'Out for lunch',
    duration: 'thirty_minutes',
    expires_at: new Date(Date.now() + 1_800_000).toISOString(),
  }
  expect(await client.updateCustomStatus(custom(lunch))).toEqual({ status: 'OK' })
  const { props } = await client.getMe()
  expect(JSON.parse(props?.['customStatus'] ?? '')).toMatchObject({
    emoji: 'hamburger',
    text: 'Out for lunch',
    duration: 'thirty_minutes',
  })
  const [recent] = JSON.parse(props?.['recentCustomStatuses'] ?? '[]')
  expect(recent).toMatchObject({ text: 'Out for lunch', duration: 'thirty_minutes' })
  expect(await client.unsetCustomStatus()).toEqual({ status: 'OK' })
  expect((await client.getMe()).props?.['customStatus']).toBe('')
  expect(await client.removeRecentCustomStatus(custom(recent))).toEqual({ status: 'OK' })
  expect((await client.getMe()).props?.['recentCustomStatuses']).toBe('[]')
})

test('it knows errors by their id', async () => {
  await expect(client.getStatus('junk')).rejects.toMatchObject({
    server_error_id: 'api.context.invalid_url_param.app_error',
    status_code: 400,
    message: 'Invalid or missing user_id parameter in request URL.',
  })
  await expect(client.updateStatus(status({ status: 'nonsense' }))).rejects.toMatchObject({
    server_error_id: 'api.context.invalid_body_param.app_error',
  })
  await expect(client.updateCustomStatus(custom({ emoji: 'no_such_emoji', text: '' }))).rejects.toMatchObject({
    server_error_id: 'api.custom_status.set_custom_statuses.emoji_not_found',
  })
  const stranger = new Client4()
  stranger.setUrl(server.url)
  await expect(stranger.login('ada', 'wrong')).rejects.toMatchObject({
    server_error_id: 'api.user.login.invalid_credentials_email_username',
    status_code: 401,
  })
  await expect(stranger.getStatus(id)).rejects.toMatchObject({ server_error_id: 'api.context.session_expired.app_error' })
})

test('it finds users, keeps preferences and tokens, and asks of the server', async () => {
  expect(await client.getProfilesByIds([id])).toMatchObject([{ username: 'ada' }])
  expect(await client.getProfilesByUsernames(['ada', 'no.one'])).toHaveLength(1)
  expect(await client.getUserByUsername('ada')).toMatchObject({ id })
  const theme = { user_id: id, category: 'display', name: 'theme', value: 'dark' }
  await client.savePreferences(id, [theme])
  expect(await client.getMyPreferences()).toContainEqual(theme)
  await client.deletePreferences(id, [theme])
  expect(await client.getMyPreferences()).not.toContainEqual(theme)
  const token = await client.createUserAccessToken(id, 'a bot')
  expect(await client.getUserAccessTokensForUser(id)).toHaveLength(1)
  const bot = new Client4()
  bot.setUrl(server.url)
  bot.setToken(token.token ?? '')
  expect(await bot.getMe()).toMatchObject({ id })
  await client.revokeUserAccessToken(token.id)
  await expect(bot.getMe()).rejects.toMatchObject({ status_code: 401 })
  expect(await client.ping(false)).toMatchObject({ status: 'OK' })
  expect(await client.getClientConfig()).toMatchObject({ EnableCustomUserStatuses: 'true' })
  expect(await client.getClientLicenseOld()).toMatchObject({ IsLicensed: 'false' })
})

test('it logs out', async () => {
  await client.logout()
  await expect(client.getMe()).rejects.toMatchObject({ status_code: 401 })
})
