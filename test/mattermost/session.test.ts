import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Server, startServer } from '../server.ts'
import { adminSpeaker, BAD_ID, bad, DENIED, EXPIRED, errorOf, NOBODY, newSpeaker, OK, type Speaker, speaker } from './speaker.ts'

const PASSWORD = 'a password for tests'
const WRONG = '401 api.user.login.invalid_credentials_email_username'
const MISSING = '404 app.user.missing_account.const'
const PARSE = '400 api.payload.parse.error'

let server: Server
let ada: Speaker
let ben: Speaker
let admin: Speaker
let nobody: Speaker
beforeAll(async () => {
  server = await startServer()
  admin = await adminSpeaker(server)
  ada = await newSpeaker(server, 'ada', { name: 'Ada King Lovelace', email: 'ada@example.org', timezone: 'Europe/London' })
  ben = await newSpeaker(server, 'ben')
  nobody = speaker(server, { id: '', token: null })
})
afterAll(() => server.stop())

const login = (body: unknown, headers?: Record<string, string>) => nobody.post('/users/login', body, headers)
const as = (token: string | null) => speaker(server, { id: ada.id, token })

test('[MM-3.1-1] a login by username, e-mail and id', async () => {
  for (const who of [{ login_id: 'ada' }, { login_id: 'ADA' }, { login_id: 'ada@example.org' }, { id: ada.id }]) {
    const answer = await login({ ...who, password: PASSWORD, token: '', deviceId: '' })
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ id: ada.id, username: 'ada' })
    expect(answer.headers.get('token')).toMatch(/^[a-z0-9]{26}$/)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect((await as(answer.headers.get('token')).get('/users/me')).body.id).toBe(ada.id)
  }
})

test('[MM-3.1-2] a page’s login gives three cookies', async () => {
  const answer = await login({ login_id: 'ada', password: PASSWORD }, { 'X-Requested-With': 'XMLHttpRequest' })
  const cookies = answer.headers.getSetCookie()
  expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual(['MMAUTHTOKEN', 'MMUSERID', 'MMCSRF'])
  expect(cookies[0]).toContain(`MMAUTHTOKEN=${answer.headers.get('token')};`)
  expect(cookies[1]).toContain(`MMUSERID=${ada.id};`)
  expect(cookies[2]).toMatch(/MMCSRF=[a-z0-9]{26};/)
  for (const cookie of cookies) {
    expect(cookie).toMatch(/Max-Age=\d{5,}/)
    expect(cookie).toMatch(/Path=\/(;|$)/)
    expect(cookie).toContain('Expires=')
  }
  expect(cookies.map((cookie) => cookie.includes('HttpOnly'))).toEqual([true, false, false])
})

test('[MM-3.1-3] wrong, unknown and undecodable look alike', async () => {
  for (const body of [
    { login_id: 'ada', password: 'wrong' },
    { login_id: 'no one', password: PASSWORD },
    { login_id: '', password: PASSWORD },
    { login_id: 5, password: PASSWORD },
    { id: NOBODY, password: PASSWORD },
    { login_id: 'ada', password: 'x'.repeat(2000) },
  ]) {
    const answer = await login(body)
    expect(errorOf(answer), JSON.stringify(body)).toBe(WRONG)
    expect(answer.body.message).toBe('Enter a valid email or username and/or password.')
  }
})

test('[MM-3.1-4] no password', async () => {
  for (const body of ['', 'null', '[]', 'no JSON', '{}', { login_id: 'ada' }, { login_id: 'ada', password: '' }])
    expect(errorOf(await login(body))).toBe('400 api.user.login.blank_pwd.app_error')
})

test('[MM-3.1-5] a deactivated user', async () => {
  const eve = await server.createUser({ username: 'eve' })
  await server.call('PATCH', `/v1/users/${eve.user.id}`, server.adminToken, { active: false })
  const answer = await login({ login_id: 'eve', password: PASSWORD })
  expect(answer.status).toBe(401)
  expect([WRONG, '401 api.user.login.inactive.app_error']).toContain(errorOf(answer))
  expect(errorOf(await as(eve.token).get('/users/me'))).toBe(EXPIRED)
  const shown = (await ada.get(`/users/${eve.user.ids.mattermost}`)).body
  expect(shown.delete_at).toBeGreaterThan(0)
})

test('[MM-3.1-6] logout ends the token, and needs none', async () => {
  const token = (await login({ login_id: 'ada', password: PASSWORD })).headers.get('token')
  const answer = await as(token).post('/users/logout')
  expect(answer.text).toBe(OK)
  expect(answer.headers.getSetCookie()).toEqual(['MMAUTHTOKEN=; Path=/; Max-Age=0; HttpOnly'])
  expect(errorOf(await as(token).get('/users/me'))).toBe(EXPIRED)
  expect((await as(token).post('/users/logout')).text).toBe(OK)
  expect((await nobody.post('/users/logout')).text).toBe(OK)
})

test('[MM-3.1-7] [MM-3.1-8] [MM-3.1-9] personal access tokens', async () => {
  const made = await ada.post('/users/me/tokens', { description: 'a bot' })
  expect(made.status).toBe(200)
  expect(Object.keys(made.body)).toEqual(['id', 'token', 'user_id', 'description', 'is_active'])
  expect(made.body).toMatchObject({ user_id: ada.id, description: 'a bot', is_active: true })
  expect(made.body.token).toMatch(/^[a-z0-9]{26}$/)
  expect((await as(made.body.token).get('/users/me/status')).status).toBe(200)
  const listed = { id: made.body.id, user_id: ada.id, description: 'a bot', is_active: true }
  expect((await ada.get('/users/me/tokens')).body).toEqual([listed])
  expect((await admin.get(`/users/${ada.id}/tokens`)).body).toEqual([listed])
  expect(errorOf(await ben.get(`/users/${ada.id}/tokens`))).toBe(DENIED)
  expect(errorOf(await ben.post(`/users/${ada.id}/tokens`, { description: 'x' }))).toBe(DENIED)
  expect(errorOf(await ada.post('/users/me/tokens', 'no JSON'))).toBe(bad('user_access_token'))
  expect(errorOf(await ada.post('/users/junk/tokens', {}))).toBe(BAD_ID)
  expect(errorOf(await ada.post('/users/tokens/revoke', {}))).toBe(bad('token_id'))
  expect(errorOf(await ada.post('/users/tokens/revoke', { token_id: NOBODY }))).toMatch(/^404 /)
  expect((await ada.post('/users/tokens/revoke', { token_id: made.body.id })).text).toBe(OK)
  expect(errorOf(await as(made.body.token).get('/users/me'))).toBe(EXPIRED)
  expect((await ada.get('/users/me/tokens')).body).toEqual([])
})

test('[MM-3.1-10] a user, oneself and another', async () => {
  const { body } = await ada.get('/users/me')
  expect(Object.keys(body)).toEqual([
    'id',
    'create_at',
    'update_at',
    'delete_at',
    'username',
    'auth_data',
    'auth_service',
    'email',
    'email_verified',
    'nickname',
    'first_name',
    'last_name',
    'position',
    'roles',
    'props',
    'locale',
    'timezone',
    'disable_welcome_email',
  ])
  expect(body).toMatchObject({
    id: ada.id,
    delete_at: 0,
    username: 'ada',
    email: 'ada@example.org',
    first_name: 'Ada',
    last_name: 'King Lovelace',
    roles: 'system_user',
    timezone: { automaticTimezone: '', manualTimezone: 'Europe/London', useAutomaticTimezone: 'false' },
  })
  expect((await ben.get(`/users/${ada.id}`)).body).toEqual(body)
  expect((await ben.get('/users/me')).body).toMatchObject({ email: '', timezone: { useAutomaticTimezone: 'true' } })
  expect((await admin.get('/users/me')).body.roles).toBe('system_admin system_user')
  const bot = await newSpeaker(server, 'robot', { bot: true, roles: ['bot'] })
  expect((await ada.get(`/users/${bot.id}`)).body).toMatchObject({ is_bot: true, roles: 'system_user' })
  expect(errorOf(await ada.get('/users/junk'))).toBe(BAD_ID)
  expect(errorOf(await ada.get(`/users/${NOBODY}`))).toBe(MISSING)
})

test('[MM-3.1-11] an ETag holds until user, status or note change', async () => {
  for (const path of ['/users/me', `/users/${ben.id}`]) {
    const tag = (await ada.get(path)).headers.get('etag') ?? ''
    expect(tag).toMatch(/^11\.7\.0\.[a-z0-9]{26}\.\d+\./)
    const same = await ada.get(path, { 'If-None-Match': tag })
    expect([same.status, same.text]).toEqual([304, ''])
    const changing = path === '/users/me' ? ada : ben
    await new Promise((resolve) => setTimeout(resolve, 5))
    await changing.put('/users/me/status/custom', { text: 'news', emoji: 'house' })
    const changed = await ada.get(path, { 'If-None-Match': tag })
    expect(changed.status).toBe(200)
    expect(changed.body.props.customStatus).toContain('news')
  }
  const tag = (await ada.get('/users/me')).headers.get('etag') ?? ''
  await ada.delete('/users/me/status/custom/recent', { text: 'news', emoji: 'house' })
  expect((await ada.get('/users/me', { 'If-None-Match': tag })).body.props.recentCustomStatuses).toBe('[]')
})

test('[MM-3.1-11] an ETag tells recent custom statuses apart, however long they are', async () => {
  const keep = (value: string) =>
    ada.put('/users/me/preferences', [{ user_id: ada.id, category: 'custom_status', name: 'recent_custom_statuses', value }])
  await keep('[{"text":"one"}]')
  const tag = (await ada.get('/users/me')).headers.get('etag') ?? ''
  await keep('[{"text":"two"}]')
  expect((await ada.get('/users/me', { 'If-None-Match': tag })).body?.props.recentCustomStatuses).toContain('two')
})

test('[MM-3.1-12] by username, in any case', async () => {
  for (const name of ['ben', 'BEN']) expect((await ada.get(`/users/username/${name}`)).body.id).toBe(ben.id)
  expect(errorOf(await ada.get('/users/username/no.one'))).toBe(MISSING)
})

test.each(['ids', 'usernames'])('[MM-3.1-13] [MM-3.1-14] several by %s', async (by) => {
  const parameter = by === 'ids' ? 'user_ids' : 'usernames'
  const asked = by === 'ids' ? [ben.id, NOBODY, ada.id, ben.id] : ['ben', 'no.one', 'ada', 'BEN']
  const { body } = await ada.post(`/users/${by}`, asked)
  expect(body.map(({ username }: { username: string }) => username)).toEqual(['ada', 'ben'])
  expect(body[1]).toEqual((await ada.get(`/users/${ben.id}`)).body)
  expect(errorOf(await ada.post(`/users/${by}`, '[]'))).toBe(bad(parameter))
  expect(errorOf(await ada.post(`/users/${by}`, '{}'))).toBe(PARSE)
  expect(errorOf(await ada.post(`/users/${by}`))).toBe(PARSE)
})

test('[MM-3.1-13] those that changed since', async () => {
  const since = (await ada.get(`/users/${ben.id}`)).body.update_at
  expect((await ada.post(`/users/ids?since=${since - 1}`, [ben.id])).body).toHaveLength(1)
  expect((await ada.post(`/users/ids?since=${since}`, [ben.id])).body).toEqual([])
  expect(errorOf(await ada.post('/users/ids?since=x', [ben.id]))).toBe(bad('since'))
})

test('[MM-3.1-24] everybody, page by page', async () => {
  const names = async (query: string) =>
    (await ada.get(`/users${query}`)).body.map(({ username }: { username: string }) => username)
  const everybody: string[] = await names('')
  expect(everybody).toEqual(expect.arrayContaining(['ada', 'admin', 'ben']))
  const pages = await Promise.all(everybody.map((_, page) => names(`?page=${page}&per_page=1`)))
  expect(new Set(pages.flat())).toEqual(new Set(everybody))
  expect(await names(`?page=${everybody.length}&per_page=1`)).toEqual([])
  expect(await names('?per_page=1000&page=-1')).toEqual(everybody)
  const inactive = await names('?inactive=true')
  const active = await names('?active=true')
  expect(active).toEqual(expect.arrayContaining(['ada', 'admin', 'ben']))
  expect(new Set([...active, ...inactive])).toEqual(new Set(everybody))
  const { user } = await server.createUser({ username: `cleo${Date.now()}`, password: null })
  await server.call('PATCH', `/v1/users/${user.id}`, server.adminToken, { active: false })
  expect(new Set(await names('?inactive=true'))).toEqual(new Set([...inactive, user.username]))
  expect(errorOf(await nobody.get('/users'))).toBe(EXPIRED)
  const shown = (await ada.get('/users')).body.find(({ id }: { id: string }) => id === ben.id)
  expect(shown).toEqual((await ada.get(`/users/${ben.id}`)).body)
})

test('[MM-3.1-15] making a user', async () => {
  const finn = { username: 'finn', email: 'finn@example.org', password: PASSWORD, first_name: 'Finn', last_name: 'Fisher' }
  const made = await admin.post('/users', finn)
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({ username: 'finn', email: 'finn@example.org', first_name: 'Finn', last_name: 'Fisher' })
  expect((await login({ login_id: 'finn', password: PASSWORD })).body.id).toBe(made.body.id)
  expect(errorOf(await admin.post('/users', { ...finn, email: 'other@example.org' }))).toBe(
    '400 app.user.save.username_exists.app_error',
  )
  expect(errorOf(await admin.post('/users', { ...finn, username: 'finn2' }))).toBe('400 app.user.save.email_exists.app_error')
  expect(errorOf(await admin.post('/users', { password: PASSWORD }))).toBe('400 model.user.is_valid.username.app_error')
  expect(errorOf(await admin.post('/users', '[]'))).toBe(bad('user'))
  expect(errorOf(await ada.post('/users', { ...finn, username: 'gina' }))).toBe(DENIED)
  expect(errorOf(await nobody.post('/users', finn))).toBe(EXPIRED)
})

test('[MM-3.1-20] [MM-3.1-21] [MM-3.1-22] [MM-3.1-23] preferences', async () => {
  const one = { user_id: ben.id, category: 'display', name: 'theme', value: 'dark' }
  const two = { ...one, name: 'size', value: '12' }
  expect((await ben.put('/users/me/preferences', [one, two])).text).toBe(OK)
  expect((await ben.get('/users/me/preferences')).body).toEqual(expect.arrayContaining([one, two]))
  expect((await admin.get(`/users/${ben.id}/preferences/display`)).body).toHaveLength(2)
  expect((await ben.get('/users/me/preferences/display/name/size')).body).toEqual(two)
  expect((await ben.put('/users/me/preferences', [{ ...two, value: '14' }])).text).toBe(OK)
  expect((await ben.get('/users/me/preferences/display/name/size')).body.value).toBe('14')
  expect((await ben.post('/users/me/preferences/delete', [two])).text).toBe(OK)
  expect(errorOf(await ben.get('/users/me/preferences/display/name/size'))).toBe('400 app.preference.get.app_error')
  expect((await ben.get('/users/me/preferences/display')).body).toEqual([one])

  expect(errorOf(await ada.get(`/users/${ben.id}/preferences`))).toBe(DENIED)
  expect(errorOf(await ada.put(`/users/${ben.id}/preferences`, [one]))).toBe(DENIED)
  expect(errorOf(await ada.put('/users/me/preferences', [one]))).toBe(DENIED)
  expect(errorOf(await ben.get('/users/junk/preferences'))).toBe(BAD_ID)
  for (const body of ['', '{}', '[]', '[1]', '[{"value":1}]', Array.from({ length: 101 }, () => one)])
    expect(errorOf(await ben.put('/users/me/preferences', body))).toBe(bad('preferences'))
})
