import { ADMIN, type Person } from '../server.ts'
import type { World } from './walker.ts'

const API = '/api/v4'
const NOBODY = 'a'.repeat(26)
const SOON = new Date(Date.now() + 3_600_000).toISOString()

/** Every operation of Mattermost's dialect, each as it succeeds and as it is refused by its own reasons. */
export async function walkMattermost(world: World): Promise<void> {
  await walkAccess(world)
  await walkUsers(world)
  await walkStatuses(world)
  await walkPreferences(world)
  await world.walk(`GET ${API}/system/ping?get_server_status=true`, 200, { as: null })
  await world.walk(`GET ${API}/config/client`, 200)
  await world.walk(`GET ${API}/license/client`, 200, { as: null })
}

const idOf = ({ user }: Person): string => user.ids.mattermost

async function walkAccess({ walk, ann }: World): Promise<void> {
  const headers = { 'X-Requested-With': 'XMLHttpRequest' }
  await walk(`POST ${API}/users/login`, 200, { as: null, headers, body: { login_id: ADMIN.username, password: ADMIN.password } })
  await walk(`POST ${API}/users/login`, 401, { as: null, body: { login_id: 'nobody', password: 'x' } })
  await walk(`POST ${API}/users/login`, 400, { as: null, body: {} })
  await walk(`POST ${API}/users/logout`, 200, { as: null })
  const made = await walk(`POST ${API}/users/me/tokens`, 200, { as: ann, body: { description: 'walk' } })
  await walk(`POST ${API}/users/me/tokens`, 400, { as: ann, body: [] })
  await walk(`POST ${API}/users/${NOBODY}/tokens`, 403, { as: ann, body: { description: 'walk' } })
  await walk(`GET ${API}/users/me/tokens`, 200, { as: ann })
  await walk(`GET ${API}/users/x/tokens`, 400, { as: ann })
  await walk(`POST ${API}/users/tokens/revoke`, 200, { as: ann, body: { token_id: made.id } })
  await walk(`POST ${API}/users/tokens/revoke`, 404, { as: ann, body: { token_id: made.id } })
  await walk(`POST ${API}/users/tokens/revoke`, 400, { as: ann, body: {} })
}

async function walkUsers({ walk, ann }: World): Promise<void> {
  const body = { username: 'matter', email: 'matter@a.example', password: 'a password for tests' }
  await walk(`POST ${API}/users`, 201, { body })
  await walk(`POST ${API}/users`, 400, { body })
  await walk(`GET ${API}/users/me`, 200, { as: ann })
  const { 'If-None-Match': _, ...none } = { 'If-None-Match': '' }
  await walk(`GET ${API}/users/${NOBODY}`, 404, { headers: none })
  await walk(`GET ${API}/users/username/ann`, 200)
  await walk(`GET ${API}/users/username/nobody`, 404)
  await walk(`POST ${API}/users/ids?since=1`, 200, { body: [idOf(ann)] })
  await walk(`POST ${API}/users/ids`, 400, { body: [] })
  await walk(`GET ${API}/users?per_page=2`, 200)
  await walk(`POST ${API}/users/usernames`, 200, { body: ['ann', 'nobody'] })
  await walk(`POST ${API}/users/usernames`, 400, { body: {} })
}

async function walkStatuses({ walk, ann }: World): Promise<void> {
  const own = idOf(ann)
  await walk(`PUT ${API}/users/me/status`, 200, { as: ann, body: { user_id: own, status: 'dnd', dnd_end_time: 4102444800 } })
  await walk(`PUT ${API}/users/me/status`, 400, { as: ann, body: { user_id: own, status: 'odd' } })
  await walk(`PUT ${API}/users/${NOBODY}/status`, 403, { as: ann, body: { user_id: NOBODY, status: 'away' } })
  await walk(`PUT ${API}/users/${NOBODY}/status`, 404, { body: { user_id: NOBODY, status: 'away' } })
  await walk(`GET ${API}/users/${own}/status`, 200)
  await walk(`GET ${API}/users/x/status`, 400)
  await walk(`POST ${API}/users/status/ids`, 200, { body: [own, NOBODY] })
  await walk(`POST ${API}/users/status/ids`, 400, { body: ['x'] })
  const custom = { emoji: 'tea', text: 'here', duration: 'date_and_time', expires_at: SOON }
  await walk(`PUT ${API}/users/me/status/custom`, 200, { as: ann, body: custom })
  await walk(`PUT ${API}/users/me/status/custom`, 400, { as: ann, body: {} })
  await walk(`POST ${API}/users/me/status/custom/recent/delete`, 200, { as: ann, body: custom })
  await walk(`PUT ${API}/users/me/status/custom`, 200, { as: ann, body: custom })
  await walk(`DELETE ${API}/users/me/status/custom/recent`, 200, { as: ann, body: custom })
  await walk(`DELETE ${API}/users/me/status/custom/recent`, 400, { as: ann, body: custom })
  await walk(`DELETE ${API}/users/me/status/custom`, 200, { as: ann })
  await walk('PATCH /v1/settings', 200, { body: { notesAllowed: false } })
  await walk(`PUT ${API}/users/me/status/custom`, 501, { as: ann, body: custom })
  await walk('PATCH /v1/settings', 200, { body: { notesAllowed: true } })
}

async function walkPreferences({ walk, ann }: World): Promise<void> {
  const preferences = [{ user_id: idOf(ann), category: 'walk', name: 'one', value: '1' }]
  await walk(`PUT ${API}/users/me/preferences`, 200, { as: ann, body: preferences })
  await walk(`PUT ${API}/users/me/preferences`, 400, { as: ann, body: {} })
  await walk(`GET ${API}/users/me/preferences`, 200, { as: ann })
  await walk(`GET ${API}/users/${NOBODY}/preferences`, 403, { as: ann })
  await walk(`GET ${API}/users/me/preferences/walk`, 200, { as: ann })
  await walk(`GET ${API}/users/me/preferences/walk/name/one`, 200, { as: ann })
  await walk(`GET ${API}/users/me/preferences/walk/name/two`, 400, { as: ann })
  await walk(`POST ${API}/users/me/preferences/delete`, 200, { as: ann, body: preferences })
}
