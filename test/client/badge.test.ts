import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask } from '../native/ask.ts'
import { type Person, type Server, startServer } from '../server.ts'

let server: Server
let anna: Person
let names = 0
beforeAll(async () => {
  server = await startServer()
  anna = await person()
})
afterAll(() => server.stop())

const person = (): Promise<Person> => server.createUser({ username: `person${++names}`, password: null })
const make = async (token: string, user = 'me'): Promise<string> =>
  (await ask(server, `POST /v1/presence/${user}/badge`, { token })).body.url
const look = (url: string, headers: Record<string, string> = {}) => fetch(url, { headers })
const set = (token: string, availability: string, more: object = {}) =>
  ask(server, 'PUT /v1/presence/me/availability', { token, body: { availability, ...more } })

test('[X11] a badge shows the status to whoever knows its address, as an image that can do nothing', async () => {
  const url = await make(anna.token)
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/badge\/[\w-]{43}\.svg$/)
  await set(anna.token, 'dnd', { activity: 'in_a_meeting' })
  const response = await look(url)
  expect(response.status).toBe(200)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'image/svg+xml',
    'content-security-policy': "default-src 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': expect.stringContaining('no-cache'),
  })
  const image = await response.text()
  expect(image).toContain('aria-label="do not disturb · in a meeting"')
  expect(image).not.toContain(anna.user.id)
  const etag = response.headers.get('ETag') ?? ''
  expect((await look(url, { 'If-None-Match': etag })).status).toBe(304)
  await set(anna.token, 'busy')
  expect((await look(url, { 'If-None-Match': etag })).status).toBe(200)
})

test('[X11, R7] a badge of somebody hidden is that of somebody offline', async () => {
  const bob = await person()
  const url = await make(bob.token)
  const offline = await (await look(url)).text()
  await set(bob.token, 'busy')
  await set(bob.token, 'offline')
  expect(await (await look(url)).text()).toBe(offline)
})

test('[X11] nobody has a badge until one is made; a new one, taking it away or deleting the user ends it', async () => {
  const bob = await person()
  const first = await make(bob.token)
  const second = await make(server.adminToken, bob.user.username)
  expect([(await look(first)).status, (await look(second)).status]).toEqual([404, 200])
  await server.restart()
  expect((await look(second)).status).toBe(200)
  expect((await ask(server, 'DELETE /v1/presence/me/badge', { token: bob.token })).status).toBe(204)
  expect((await ask(server, 'DELETE /v1/presence/me/badge', { token: bob.token })).status).toBe(204)
  expect((await look(second)).status).toBe(404)
  const third = await make(bob.token)
  await server.call('DELETE', `/v1/users/${bob.user.id}`, server.adminToken)
  expect((await look(third)).status).toBe(404)
  await server.createUser({ username: 'another', id: bob.user.id, password: null })
  expect((await look(third)).status).toBe(404)
  const lines = await (await server.request('/v1/export', { headers: { Authorization: `Bearer ${server.adminToken}` } })).text()
  expect(lines).not.toContain(`badge/${bob.user.id}`)
})

test('[X11] nobody makes a badge of another, and a secret is no token', async () => {
  const bob = await person()
  const refused = await ask(server, `POST /v1/presence/${anna.user.id}/badge`, { token: bob.token })
  expect(refused.body).toMatchObject({ status: 403, type: 'urn:rollcall:problem:permission-missing' })
  expect((await ask(server, 'POST /v1/presence/nobody-at-all/badge', { token: bob.token })).status).toBe(404)
  const url = await make(bob.token)
  const secret = /\/([\w-]{43})\.svg$/.exec(url)?.[1] ?? ''
  expect((await ask(server, 'GET /v1/presence/me', { token: secret })).status).toBe(401)
  expect((await look(url.replace('.svg', ''))).status).toBe(404)
  expect((await look(`${server.url}/badge/guess.svg`)).status).toBe(404)
  const { token } = await server.call('POST', '/v1/tokens', bob.token, { name: 'reads', scopes: ['presence:read'] })
  expect((await ask(server, 'POST /v1/presence/me/badge', { token })).body).toMatchObject({ status: 403 })
})

test.each(['/client.js', '/element.js'])('[X12] %s is a script for pages of every origin', async (path) => {
  const response = await server.request(path, { headers: { Origin: 'https://elsewhere.example.org' } })
  expect(response.status).toBe(200)
  expect(response.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8')
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*')
  expect((await server.request(path, { headers: { 'If-None-Match': response.headers.get('ETag') ?? '' } })).status).toBe(304)
  const text = await response.text()
  expect(text).not.toMatch(/\bfrom\s*["']|\bimport\s*\(/)
})
