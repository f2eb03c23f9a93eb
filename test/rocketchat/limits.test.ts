import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { createTalk } from './talk.ts'

let server: Server
let talk: ReturnType<typeof createTalk>
let ann: Person
let bob: Person
let admin: Person

beforeAll(async () => {
  server = await startServer({ env: { ROLLCALL_RATE_LIMIT: 'on' } })
  talk = createTalk(server)
  admin = await server.login('admin', 'correct horse battery staple')
  ann = await server.createUser({ username: 'ann' })
  bob = await server.createUser({ username: 'bob' })
  await talk.setting(admin, 'API_Enable_Rate_Limiter_Limit_Calls_Default', 20)
})
afterAll(() => server.stop())

const TOO_MANY =
  /^{"success":false,"error":"Error, too many requests\. Please slow down\. You must wait \d+ seconds before trying this endpoint again\. \[error-too-many-requests\]"}$/

test('[RC-1.0-13] [RC-1.0-14] [RC-1.0-19] each call tells what is left; the one beyond is refused', async () => {
  for (let left = 19; left >= 0; left--) {
    const { status, headers } = await talk.get('users.getStatus', ann)
    expect([status, headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')]).toEqual([200, '20', String(left)])
  }
  const beyond = await talk.get('users.getStatus', ann)
  expect(beyond.status).toBe(429)
  expect(beyond.text).toMatch(TOO_MANY)
  expect(beyond.headers.get('x-ratelimit-remaining')).toBe('0')
  const reset = Number(beyond.headers.get('x-ratelimit-reset'))
  expect(reset - Date.now()).toBeGreaterThan(0)
  expect(reset - Date.now()).toBeLessThanOrEqual(60_000)
  expect(Number(beyond.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await talk.get('users.getPresence', ann)).status).toBe(200)
  expect((await talk.get('users.getStatus', bob)).status).toBe(200)
})

test('[RC-1.0-15] setting a status is counted apart, 5 in a window at least', async () => {
  const statuses: number[] = []
  for (let call = 0; call < 6; call++) statuses.push((await talk.post('users.setStatus', ann, { status: 'away' })).status)
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429])
})

test('[RC-1.0-7] what its schema refuses is not counted', async () => {
  for (let call = 0; call < 8; call++) await talk.post('users.setStatus', bob, { status: 'nonsense' })
  const { status, headers } = await talk.post('users.setStatus', bob, { status: 'away' })
  expect([status, headers.get('x-ratelimit-remaining')]).toEqual([200, '4'])
})

test('[RC-1.0-15] administrators are not counted', async () => {
  for (let call = 0; call < 25; call++) {
    const { status, headers } = await talk.get('users.getStatus', admin)
    expect([status, headers.get('x-ratelimit-limit')]).toEqual([200, null])
  }
})

test('[RC-1.0-19] [RC-1.7-6] a longer window and more calls hold at once', async () => {
  await talk.setting(admin, 'API_Enable_Rate_Limiter_Limit_Calls_Default', 1_000)
  await talk.setting(admin, 'API_Enable_Rate_Limiter_Limit_Time_Default', 120_000)
  const { status, headers } = await talk.get('users.getStatus', ann)
  expect([status, headers.get('x-ratelimit-limit')]).toEqual([200, '1000'])
  expect((await talk.get('settings/API_Enable_Rate_Limiter_Limit_Time_Default', admin)).body.value).toBe(120_000)
})
