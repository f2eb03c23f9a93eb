import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'

const ORIGIN = 'https://www.example.org'

let server: Server
/** Who is shown on a page, and owns the token that stands in it; who is not; and whoever may write but not read. */
let shown: Person
let unshown: Person
let page: Person

beforeAll(async () => {
  server = await startServer()
  shown = await server.createUser({ username: 'shown', email: 'shown@example.org', password: null })
  unshown = await server.createUser({ username: 'unshown', email: 'unshown@example.org', password: null })
  const wanted = { kind: 'publishable', name: 'page', users: ['shown'], origins: [ORIGIN] }
  page = { user: shown.user, token: (await server.call('POST', '/v1/tokens', shown.token, wanted)).token }
})
afterAll(() => server.stop())

/** By the token of `person`, in whichever dialect the path is. */
async function ask(call: string, { user, token }: Person, body?: unknown): Promise<{ status: number; text: string }> {
  const [method = '', path = ''] = call.split(' ')
  const headers = {
    Authorization: `Bearer ${token}`,
    'X-Auth-Token': token,
    'X-User-Id': user.ids.rocketchat,
    Accept: 'application/json',
    Origin: ORIGIN,
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
  }
  const response = await server.request(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  return { status: response.status, text: await response.text() }
}

/** Every address that tells who a user is. */
const describing = ({ user: { username, ids } }: Person): readonly [call: string, body?: unknown][] => [
  [`GET /v1/users/${username}`],
  ['GET /v1/users'],
  [`GET /api/v1/users.info?username=${username}`],
  ['GET /api/v1/users.listByStatus'],
  ['GET /api/v1/users.presence'],
  [`GET /api/v4/users/${ids.mattermost}`],
  [`GET /api/v4/users/username/${username}`],
  ['POST /api/v4/users/ids', [ids.mattermost]],
  ['POST /api/v4/users/usernames', [username]],
  [`GET /api/v1/User/${ids.superoffice}`],
  [`GET /api/v1/User/${username}`],
  [`POST /api/v1/Agents/User/GetUser?userId=${ids.superoffice}`],
  [`POST /api/v1/Agents/Associate/GetAssociate?associateId=${ids.superoffice}`],
]

const OWN: readonly [call: string][] = [
  ['GET /v1/users/me'],
  ['GET /api/v1/me'],
  ['GET /api/v4/users/me'],
  ['GET /api/v1/User/currentPrincipal'],
  ['GET /api/v1/User/currentAssociate'],
]

test('[N18] [RC-1.0-20] a token that stands in pages tells no e-mail address, in no dialect', async () => {
  for (const [call, body] of [...describing(shown), ...OWN]) {
    const { status, text } = await ask(call, page, body)
    expect([call, status, text.includes('@example.org')]).toEqual([call, 200, false])
  }
})

test('[N18] [RC-1.0-20] a token that is limited to users tells of nobody else, in no dialect', async () => {
  for (const [call, body] of describing(unshown)) {
    const { text } = await ask(call, page, body)
    expect([call, text.includes('"unshown"') && !/not found|no user/i.test(text)]).toEqual([call, false])
    expect([call, text.includes('unshown@')]).toEqual([call, false])
  }
})

test('[N18] [N17] a token that stands in pages has nobody’s own view, not even its owner’s', async () => {
  const { id, ids } = shown.user
  const reads: readonly [call: string, body?: unknown][] = [
    ['GET /v1/presence/me'],
    [`GET /v1/presence/${id}`],
    ['GET /api/v1/users.getStatus'],
    [`GET /api/v1/users.presence?ids=${ids.rocketchat}`],
    ['GET /api/v4/users/me/status'],
    ['POST /api/v4/users/status/ids', [ids.mattermost]],
  ]
  const seen = async () => Promise.all(reads.map(async ([call, body]) => [call, (await ask(call, page, body)).text]))
  await server.call('PUT', '/v1/presence/me/availability', shown.token, { availability: 'away' })
  await server.call('PUT', '/v1/presence/me/availability', shown.token, { availability: 'offline' })
  const hidden = await seen()
  await server.call('PUT', '/v1/presence/me/claims/call:1', shown.token, { availability: 'dnd', activity: 'in_a_call' })
  expect(await seen()).toEqual(hidden)
  expect(JSON.stringify(hidden)).not.toMatch(/manual\W+true|:\W*"manual/)
  expect((await ask('GET /v1/presence/me/explain', page)).status).toBe(403)
  const wanted = { kind: 'publishable', name: 'of an administrator', users: ['shown'], origins: [ORIGIN] }
  const { token } = await server.call('POST', '/v1/tokens', server.adminToken, wanted)
  expect((await ask(`GET /v1/presence/${id}/explain`, { user: page.user, token })).status).toBe(403)
})

test('[N18] [A27] a token that stands in pages does not tell what its owner prefers', async () => {
  const { mattermost } = shown.user.ids
  const recent = { user_id: mattermost, category: 'custom_status', name: 'recent_custom_statuses', value: '[{"text":"dentist"}]' }
  expect((await ask('PUT /api/v4/users/me/preferences', shown, [recent])).status).toBe(200)
  expect((await ask('POST /api/v1/users.setPreferences', shown, { data: { highlights: ['dentist'] } })).status).toBe(200)
  expect((await ask('GET /api/v4/users/me', shown)).text).toContain('dentist')
  for (const [call, expected] of [
    ['GET /api/v4/users/me/preferences', 403],
    ['GET /api/v4/users/me', 200],
    ['GET /api/v1/me', 200],
  ] as const) {
    const { status, text } = await ask(call, page)
    expect([call, status, text.includes('dentist')]).toEqual([call, expected, false])
  }
})

test('[N3] [A21] whoever reads a page cannot end the token that stands in it', async () => {
  for (const call of ['POST /v1/logout', 'POST /api/v1/logout', 'POST /api/v4/users/logout'])
    expect([call, (await ask(call, page)).status]).toEqual([call, 403])
  expect((await ask('GET /v1/presence/shown', page)).status).toBe(200)
})

test('[N18] [RC-1.0-20] a token that may only write one’s own status writes it, in every dialect', async () => {
  const wanted = { name: 'writer', scopes: ['presence:write-own'] }
  const writer = { ...unshown, token: (await server.call('POST', '/v1/tokens', unshown.token, wanted)).token }
  const { superoffice, mattermost } = writer.user.ids
  const writes: readonly [string, unknown, string][] = [
    ['POST /api/v1/users.setStatus', { status: 'busy' }, 'busy'],
    ['PUT /api/v4/users/me/status', { user_id: mattermost, status: 'away' }, 'away'],
    ['PUT /v1/presence/me/availability', { availability: 'dnd' }, 'dnd'],
    [`PUT /api/v1/User/${superoffice}/UserPresenceStatus`, { Status: 'StatusNormal' }, 'offline'],
  ]
  for (const [call, body, availability] of writes) {
    expect([call, (await ask(call, writer, body)).status]).toEqual([call, 200])
    expect((await server.call('GET', '/v1/presence/unshown', server.adminToken)).availability).toBe(availability)
  }
  expect((await ask('GET /v1/presence/me', writer)).status).toBe(403)
})
