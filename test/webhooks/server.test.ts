import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask } from '../native/ask.ts'
import { type Server, startServer } from '../server.ts'
import { CERTIFICATE, KEY } from './certificate.ts'
import { isSignedBy, startReceiver } from './receiver.ts'

let server: Server

beforeAll(async () => {
  server = await startServer()
  await server.call('PATCH', '/v1/settings', server.adminToken, { webhookHosts: ['127.0.0.1', 'localhost'] })
})
afterAll(() => server.stop())

const setPresence = (of: Server, user: string, availability: string) =>
  of.call('PUT', `/v1/presence/${user}/availability`, of.adminToken, { availability })

test('[WH1] what is kept beside a webhook is none, and a name is text', async () => {
  const { body } = await ask(server, 'POST /v1/webhooks', { body: { url: 'https://hooks.example/' } })
  for (const call of ['GET ID', 'PATCH ID', 'DELETE ID', 'POST ID/rotate', 'POST ID/test', 'GET ID/deliveries']) {
    const asked = call.replace('ID', `/v1/webhooks/${body.id}%2Fprogress`)
    const refused = await ask(server, asked, { ...(/^(PATCH|POST)/.test(call) && { body: {} }) })
    expect([call, refused.body.type]).toEqual([call, 'urn:rollcall:problem:no-such-webhook'])
  }
  const raw = '{"name":"\\ud800"}'
  expect(await ask(server, `PATCH /v1/webhooks/${body.id}`, { raw })).toMatchObject({ status: 400, body: { field: 'name' } })
  expect(await ask(server, `PATCH /v1/webhooks/${body.id}`, { body: { users: ['nobody'] } })).toMatchObject({
    status: 404,
    body: { field: 'users' },
  })
  await ask(server, `DELETE /v1/webhooks/${body.id}`)
})

test('[WH1] a webhook is made with a secret that is shown once, read, listed, changed and deleted', async () => {
  const anna = await server.createUser({ username: 'anna', password: null })
  const url = 'https://hooks.example/'
  const made = await ask(server, 'POST /v1/webhooks', { body: { url, name: 'wall', users: ['anna'], availabilities: ['dnd'] } })
  const { secret, ...webhook } = made.body
  expect([made.status, made.headers.get('cache-control'), made.headers.get('location')]).toEqual([
    201,
    'no-store',
    `/v1/webhooks/${webhook.id}`,
  ])
  expect(secret).toMatch(/^whsec_/)
  expect(webhook).toEqual({
    id: expect.stringMatching(/^[a-z0-9]{26}$/),
    url,
    name: 'wall',
    users: [anna.user.id],
    groups: null,
    availabilities: ['dnd'],
    active: true,
    disabled: null,
    secrets: [{ tail: secret.slice(-5), until: null }],
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: webhook.createdAt,
  })
  const read = await ask(server, `GET /v1/webhooks/${webhook.id}`)
  expect([read.status, read.body]).toEqual([200, webhook])
  const known = { 'If-None-Match': read.headers.get('etag') ?? '' }
  expect((await ask(server, `GET /v1/webhooks/${webhook.id}`, { headers: known })).status).toBe(304)
  expect((await ask(server, 'GET /v1/webhooks')).body).toEqual({ webhooks: [webhook] })
  const changed = await ask(server, `PATCH /v1/webhooks/${webhook.id}`, { body: { users: null, active: false } })
  expect([changed.status, changed.body]).toEqual([200, { ...webhook, users: null, active: false, updatedAt: expect.any(String) }])
  const rotated = await ask(server, `POST /v1/webhooks/${webhook.id}/rotate`, { body: {} })
  expect([rotated.status, rotated.body.secrets.length, rotated.body.secret === secret]).toEqual([200, 2, false])
  expect((await ask(server, `GET /v1/webhooks/${webhook.id}/deliveries`)).body).toEqual({
    waiting: 0,
    failingSince: null,
    recent: [],
    dead: [],
  })
  expect((await ask(server, `POST /v1/webhooks/${webhook.id}/redeliver`, { body: {} })).body).toEqual({ wanted: 0 })
  expect((await ask(server, `DELETE /v1/webhooks/${webhook.id}`)).status).toBe(204)
  expect((await ask(server, `GET /v1/webhooks/${webhook.id}`)).body).toMatchObject({
    status: 404,
    type: 'urn:rollcall:problem:no-such-webhook',
  })
})

test('[WH1] what is wrong is refused by the name of its field', async () => {
  const refusals: [object, number, string][] = [
    [{}, 400, 'url'],
    [{ url: 'nowhere' }, 400, 'url'],
    [{ url: 'http://hooks.example/' }, 201, ''],
    [{ url: 'http://10.0.0.1/' }, 400, 'url'],
    [{ url: 'https://[::1]/' }, 400, 'url'],
    [{ url: 'file:///etc/passwd' }, 400, 'url'],
    [{ url: 'https://hooks.example/', users: [] }, 400, 'users'],
    [{ url: 'https://hooks.example/', users: ['nobody'] }, 404, 'users'],
    [{ url: 'https://hooks.example/', groups: ['nobody'] }, 404, 'groups'],
    [{ url: 'https://hooks.example/', availabilities: ['asleep'] }, 400, 'availabilities.0'],
    [{ url: 'https://hooks.example/', name: 'x'.repeat(201) }, 400, 'name'],
    [{ url: 'https://hooks.example/', secret: 'mine' }, 400, 'secret'],
  ]
  for (const [body, status, field] of refusals) {
    const answer = await ask(server, 'POST /v1/webhooks', { body })
    expect([body, answer.status, answer.body.field ?? '']).toEqual([body, status, field])
    if (status === 201) await ask(server, `DELETE /v1/webhooks/${answer.body.id}`)
  }
  const none = await ask(server, 'POST /v1/webhooks/none/rotate', { body: { keepOldMs: 86_400_000 * 8 } })
  expect([none.status, none.body.field]).toEqual([400, 'keepOldMs'])
})

test('[WH1] only those who may look after webhooks do, and no token that is limited', async () => {
  const { token } = await server.createUser({ username: 'berta', password: null })
  for (const call of ['GET /v1/webhooks', 'DELETE /v1/webhooks/none', 'POST /v1/webhooks/none/test'])
    expect((await ask(server, call, { token })).status).toBe(403)
  const limits = [{ scopes: ['presence:read'] }, { users: ['berta'] }]
  for (const limit of limits) {
    const made = await server.call('POST', '/v1/tokens', server.adminToken, { name: 'limited', ...limit })
    const { status, body } = await ask(server, 'GET /v1/webhooks', { token: made.token })
    expect([status, body.type]).toEqual([403, 'urn:rollcall:problem:scope-missing'])
  }
})

test('[WH1] the audit log tells who made, changed and deleted a webhook, and no secret', async () => {
  const { id } = await server.call('POST', '/v1/webhooks', server.adminToken, { url: 'https://audit.example/secret-path' })
  await server.call('PATCH', `/v1/webhooks/${id}`, server.adminToken, { name: 'audited' })
  const { secret } = await server.call('POST', `/v1/webhooks/${id}/rotate`, server.adminToken, {})
  await server.call('DELETE', `/v1/webhooks/${id}`, server.adminToken)
  const { entries } = await server.call('GET', '/v1/audit', server.adminToken)
  const ours = entries.filter((entry: { target?: string }) => entry.target === id)
  expect(ours.map((entry: { kind: string }) => entry.kind)).toEqual([
    'webhook.deleted',
    'webhook.changed',
    'webhook.changed',
    'webhook.created',
  ])
  const told = JSON.stringify(ours)
  expect(told).toContain('https://audit.example')
  expect([secret, 'secret-path'].filter((word) => told.includes(word))).toEqual([])
})

test('[WH3] a webhook of a group hears of its members', async () => {
  await using receiver = await startReceiver()
  await Promise.all(['carl', 'dora'].map((username) => server.createUser({ username, password: null })))
  const group = await server.call('POST', '/v1/groups', server.adminToken, { name: 'Support', members: ['carl'] })
  const made = await server.call('POST', '/v1/webhooks', server.adminToken, { url: receiver.url, groups: ['Support'] })
  expect(made.groups).toEqual([group.id])
  await setPresence(server, 'dora', 'busy')
  await setPresence(server, 'carl', 'busy')
  const [first] = await receiver.until(1)
  expect(first?.message.presences).toHaveLength(1)
  expect(first?.message.presences[0]).toMatchObject(await server.call('GET', '/v1/presence/carl', server.adminToken))
  expect(first && isSignedBy(made.secret, first)).toBe(true)
  await server.call('DELETE', `/v1/webhooks/${made.id}`, server.adminToken)
})

test('[WH5, WH6] what the receiver did not answer before kill -9 is told again under the same id, and nobody is left out', async () => {
  await using receiver = await startReceiver()
  const users = await Promise.all(['emil', 'fine', 'gerd'].map((username) => server.createUser({ username, password: null })))
  const ids = users.map(({ user }) => user.id)
  await server.call('POST', '/v1/webhooks', server.adminToken, { url: receiver.url, users: ids })
  receiver.answerWith(() => 'hang')
  await setPresence(server, 'emil', 'busy')
  const [unanswered] = await receiver.until(1)
  await server.kill()
  receiver.answerWith(() => 204)
  await server.restart()
  const [, again] = await receiver.until(2, ({ text }) => text.includes(ids[0]))
  expect(again?.text).toBe(unanswered?.text)
  for (const availability of ['away', 'busy']) {
    const changes = ['fine', 'gerd'].map((username) => setPresence(server, username, availability))
    await Promise.all(changes)
    await server.kill()
    await server.restart()
  }
  await setPresence(server, 'emil', 'dnd')
  const isLast = () => {
    const { [ids[0]]: emil, [ids[1]]: fine, [ids[2]]: gerd } = receiver.mirror()
    return emil === 'dnd' && fine === 'busy' && gerd === 'busy'
  }
  await receiver.until(1, isLast)
})

test('[WH17] a certificate that nobody trusts is refused, one of an authority of one’s own is not', async () => {
  await using receiver = await startReceiver('127.0.0.1', { key: KEY, cert: CERTIFICATE })
  const url = `https://localhost:${receiver.port}/hooks`
  const { id } = await server.call('POST', '/v1/webhooks', server.adminToken, { url })
  const refused = await server.call('POST', `/v1/webhooks/${id}/test`, server.adminToken)
  expect(refused).toMatchObject({ status: null, why: expect.stringContaining('self-signed certificate') })
  expect(receiver.received).toEqual([])
  await server.call('DELETE', `/v1/webhooks/${id}`, server.adminToken)

  const authority = join(server.folder, 'authority.pem')
  await writeFile(authority, CERTIFICATE)
  await using trusting = await startServer({ env: { NODE_EXTRA_CA_CERTS: authority } })
  await trusting.call('PATCH', '/v1/settings', trusting.adminToken, { webhookHosts: ['localhost'] })
  const made = await trusting.call('POST', '/v1/webhooks', trusting.adminToken, { url })
  const taken = await trusting.call('POST', `/v1/webhooks/${made.id}/test`, trusting.adminToken)
  expect(taken).toMatchObject({ status: 204, why: null })
})
