import { expect, test } from 'vitest'
import { owns, respell } from '../../src/dialects/superoffice/address.ts'

const READ = '/api/v1/User/5/UserPresenceStatus'

test.each([
  ['/Cust12345/api/v1/User/5/UserPresenceStatus', READ],
  ['/SuperOffice/api/v1/user/5/userpresencestatus', READ],
  ['/API/V1/USER/5/USERPRESENCESTATUS', READ],
  ['/a/b/api/v1/User/5/UserPresenceStatus/', READ],
  ['/my-api/v1/Agents/User/GetUserPresenceStatus', '/api/v1/Agents/User/GetUserPresenceStatus'],
  ['/api/v1/user/5/userpresencestatus?$SELECT=Status', `${READ}?$SELECT=Status`],
  ['/api/', '/api'],
  ['/Cust1/API', '/api'],
  ['/Cust1/api/v1/', '/api/v1'],
  ['/api/State/User', '/api/state/User'],
  ['/api/v1/user/constructor', '/api/v1/User/constructor'],
])('[SO-2.5-1] %s is spelt %s', (url, expected) => {
  expect(respell(url)).toBe(expected)
})

test.each([
  '/api/v4/users/me/status',
  '/API/v4/users',
  '/v1/presence/me',
  '/v1/presence/api/v1/User',
  '/v1/users/api',
  '/api/v1/users.getStatus?userId=1',
  '/api/v1/Users.getStatus',
  '/api/v1/me',
  '/api/v1/login',
  '/api/v1/logout',
  '/api/v1/settings/Presence_broadcast_disabled',
  '/api/v1/method.call/x',
  '/api/info',
  '/healthz',
  '/openapi.json',
  '/docs',
  '/',
])('[SO-2.5-1] %s is left to others', (url) => {
  expect([respell(url), owns(url.split('?')[0] ?? '')]).toEqual([null, false])
})

test.each(['/api', '/api/v1', '/api/v1/Presence/GetAll', '/Cust1/api/v1/x.y', '/api/state/Cust1', '/api/v2/User', '/crm/api'])(
  '[SO-2.5-1] %s is answered in this form',
  (path) => {
    expect(owns(path)).toBe(true)
  },
)

test.each([
  '/Cust1/api/v1/login',
  '/Cust1/api/v1/users.create',
  '/Cust1/api/v1//me',
  '/my-api/v1/settings/x',
  '/a/API/v1/l%6Fgin',
])('[SO-2.5-1] %s, behind a prefix, leads to no other product', (path) => {
  expect([respell(path), owns(path)]).toEqual([null, true])
})

test('[SO-2.5-1] a hostile address is read in no time', () => {
  const startedAt = performance.now()
  for (const part of ['/a', '/', 'api', '/api', '/apiapix']) respell(`/x${part.repeat(8000)}!`)
  expect(performance.now() - startedAt).toBeLessThan(500)
})
