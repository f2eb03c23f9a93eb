import { ADMIN } from '../server.ts'
import type { World } from './walker.ts'

const SOON = new Date(Date.now() + 3_600_000).toISOString()
const PAST = '2020-01-01T00:00:00.000Z'

/** Every operation of the native API, each as it succeeds and as it is refused by its own reasons. */
export async function walkNative(world: World): Promise<void> {
  await walkAccess(world)
  await walkPeople(world)
  await walkPresence(world)
  await walkBadges(world)
  await walkSessions(world)
  await walkServer(world)
}

async function walkAccess({ walk, ann }: World): Promise<void> {
  await walk('POST /v1/login', 200, { as: null, body: { ...ADMIN, cookie: true } })
  await walk('POST /v1/login', 401, { as: null, body: { username: 'nobody', password: 'x' } })
  await walk('POST /v1/login', 400, { as: null, body: { username: 'nobody' } })
  const made = await walk('POST /v1/tokens', 201, {
    body: { name: 'page', kind: 'publishable', users: [ann.user.id], origins: ['https://a.example'], until: SOON },
  })
  await walk('POST /v1/tokens', 400, { body: { name: 'late', until: 'soon' } })
  await walk('POST /v1/tokens', 403, { as: ann, body: { name: 'mine', user: 'admin' } })
  await walk('GET /v1/tokens', 200)
  await walk('GET /v1/tokens?user=nobody', 404)
  await walk(`DELETE /v1/tokens/${made.id}`, 204)
  await walk('DELETE /v1/tokens/none', 404)
  const leaving = await walk('POST /v1/login', 200, { as: null, body: ADMIN })
  await walk('POST /v1/logout', 204, { as: leaving })
}

async function walkPeople({ walk, ann }: World): Promise<void> {
  const body = { username: 'walker', email: 'walker@a.example', timezone: 'Europe/Oslo', bot: true, ids: { superoffice: 77 } }
  const user = await walk('POST /v1/users', 201, { body })
  await walk('POST /v1/users', 409, { body })
  await walk('POST /v1/users', 400, { body: { username: 7 } })
  await walk('POST /v1/users', 403, { as: ann, body: { username: 'other' } })
  await walk('GET /v1/users?limit=1', 200)
  await walk('GET /v1/users?limit=0', 400)
  await walk('GET /v1/users?cursor=none', 400)
  await walk('GET /v1/users/ann', 200)
  await walk('GET /v1/users/ann', 304, { headers: { 'If-None-Match': '*' } })
  await walk('GET /v1/users/nobody', 404)
  await walk(`PATCH /v1/users/${user.id}`, 200, { body: { name: 'Walker', active: false } })
  await walk(`PATCH /v1/users/${user.id}`, 409, { body: { username: 'ann' } })
  await walk(`PATCH /v1/users/${user.id}`, 403, { as: ann, body: { name: 'x' } })
  await walk(`DELETE /v1/users/${user.id}`, 204)
  await walk(`DELETE /v1/users/${user.id}`, 404)
  await walk('DELETE /v1/users/admin', 409)
  const lines = { headers: { 'Content-Type': 'application/x-ndjson' }, raw: '{"username":"ann","name":"Ann"}\n{"odd":1}\n' }
  await walk('POST /v1/users:import', 200, lines)
  await walk('POST /v1/users:import', 403, { ...lines, as: ann })
  const { url } = await walk('POST /v1/users/ann/password-link', 201)
  await walk('POST /v1/users/nobody/password-link', 404)
  await walk('POST /v1/users/admin/password-link', 403, { as: ann })
  await walk('POST /v1/password', 404, { as: null, body: { secret: 'no such secret', password: 'x' } })
  await walk('POST /v1/password', 400, { as: null, body: { secret: url.split('#')[1], password: '' } })
  const linked = await walk('POST /v1/users', 201, { body: { username: 'linked' } })
  const link = await walk(`POST /v1/users/${linked.id}/password-link`, 201)
  await walk('POST /v1/password', 200, { as: null, body: { secret: link.url.split('#')[1], password: 'a first one' } })
  await walk('GET /set-password', 200, { as: null })
  for (const file of ['page.js', 'page.css']) await walk(`GET /set-password/${file}`, 200, { as: null })
  await walk('GET /set-password/other', 404, { as: null })
  await walk('POST /v1/users:import', 415, { raw: '{}' })
  await walk('GET /v1/users:export', 200)
  await walk('GET /v1/users:export', 403, { as: ann })
}

async function walkPresence({ walk, ann }: World): Promise<void> {
  await walk('PUT /v1/presence/me/availability', 200, {
    as: ann,
    body: { availability: 'busy', activity: 'presenting', until: SOON },
  })
  await walk('PUT /v1/presence/me/availability', 400, { as: ann, body: { availability: 'busy', until: PAST } })
  await walk('PUT /v1/presence/admin/availability', 403, { as: ann, body: { availability: 'busy' } })
  await walk('PUT /v1/presence/me/note', 200, { as: ann, body: { text: 'here', emoji: 'tea', until: SOON } })
  await walk('PUT /v1/presence/nobody/note', 404, { body: { text: 'here' } })
  await walk('PUT /v1/presence/ann/claims/call:1', 200, { body: { availability: 'dnd', activity: 'in_a_call', leaseMs: 60_000 } })
  await walk('PUT /v1/presence/ann/claims/none', 400, { body: { availability: 'dnd' } })
  await walk('GET /v1/presence/ann', 200)
  await walk('GET /v1/presence/ann', 304, { headers: { 'If-None-Match': '*' } })
  await walk('GET /v1/presence/nobody', 404)
  await walk('POST /v1/presence:batch', 200, { body: { users: ['ann', 'nobody'] } })
  await walk('POST /v1/presence:batch', 400, { body: { users: 'ann' } })
  const { cursor } = await walk('GET /v1/presence', 200)
  await walk(`GET /v1/presence?since=${cursor}`, 200)
  await walk('GET /v1/presence?since=none', 400)
  await walk('GET /v1/presence/ann/explain', 200)
  await walk('GET /v1/presence/admin/explain', 403, { as: ann })
  await walk('GET /v1/presence/ann/claims', 200)
  await walk('POST /v1/presence/ann/claims/call:1/heartbeat', 200)
  await walk('DELETE /v1/presence/ann/claims/call:1', 200)
  await walk('DELETE /v1/presence/me/note', 200, { as: ann })
  await walk('DELETE /v1/presence/me/availability', 200, { as: ann })
  await walk('GET /v1/stream?users=ann', 200)
  await walk('GET /v1/stream?users=', 400)
}

async function walkBadges({ walk, ann }: World): Promise<void> {
  const { url } = await walk('POST /v1/presence/me/badge', 201, { as: ann })
  await walk('POST /v1/presence/admin/badge', 403, { as: ann })
  await walk(`GET ${new URL(url).pathname}`, 200, { as: null })
  await walk('GET /badge/none.svg', 404, { as: null })
  await walk('DELETE /v1/presence/me/badge', 204, { as: ann })
}

async function walkSessions({ walk, ann }: World): Promise<void> {
  const { sessionId } = await walk('POST /v1/sessions', 201, { as: ann, body: { app: 'walk', platform: 'test' } })
  await walk('POST /v1/sessions', 400, { as: ann, body: { app: '' } })
  await walk(`POST /v1/sessions/${sessionId}/heartbeat`, 200, { as: ann, body: { idle: true } })
  await walk(`DELETE /v1/sessions/${sessionId}`, 204, { as: ann })
  await walk(`POST /v1/sessions/${sessionId}/heartbeat`, 404, { as: ann, body: {} })
}

async function walkServer({ walk, ann }: World): Promise<void> {
  await walk('GET /v1/settings', 200)
  await walk('GET /v1/settings', 304, { headers: { 'If-None-Match': '*' } })
  await walk('PATCH /v1/settings', 200, { body: { awayAfterMs: 300_000 } })
  await walk('PATCH /v1/settings', 400, { body: { awayAfterMs: 'long' } })
  await walk('PATCH /v1/settings', 403, { as: ann, body: {} })
  await walk('POST /v1/backup', 201, { body: { name: 'walked' } })
  await walk('POST /v1/backup', 400, { body: { name: '..' } })
  await walk('GET /v1/export', 200)
  await walk('GET /v1/export', 403, { as: ann })
  await walk('GET /healthz', 200, { as: null })
  await walk('GET /readyz?writable', 200, { as: null })
  await walk('GET /metrics', 200, { as: null })
  await walk('GET /openapi.json', 200, { as: null })
  await walk('GET /openapi.json', 304, { as: null, headers: { 'If-None-Match': '*' } })
  await walk('GET /openapi.json?dialect=klingon', 400, { as: null })
  await walk('GET /client.js', 200, { as: null })
  await walk('GET /element.js', 200, { as: null })
  await walk('GET /docs', 200, { as: null })
  await walk('GET /docs/page.js', 200, { as: null })
  await walk('GET /docs/page.css', 200, { as: null })
  await walk('GET /docs/none', 404, { as: null })
}
