import { ADMIN } from '../server.ts'
import type { World } from './walker.ts'

const SOON = new Date(Date.now() + 3_600_000).toISOString()

/** Every operation of Rocket.Chat's dialect, each as it succeeds and as it is refused by its own reasons. */
export async function walkRocketChat(world: World): Promise<void> {
  await walkAccess(world)
  await walkStatuses(world)
  await walkAccounts(world)
  await walkAdministration(world)
}

const API = '/api/v1'

async function walkAccess({ walk, admin, ann }: World): Promise<void> {
  const { data } = await walk(`POST ${API}/login`, 200, { as: null, body: { user: ADMIN.username, password: ADMIN.password } })
  await walk(`POST ${API}/login`, 401, { as: null, body: { user: 'nobody', password: 'x' } })
  await walk(`POST ${API}/login`, 401, { as: null, body: { resume: 'gone' } })
  await walk(`POST ${API}/logout`, 200, { as: { user: admin.user, token: data.authToken } })
  const again = await walk(`POST ${API}/login`, 200, { as: null, body: { user: ADMIN.username, password: ADMIN.password } })
  await walk(`GET ${API}/logout`, 200, { as: { user: admin.user, token: again.data.authToken } })
  await walk(`GET ${API}/me`, 200)
  await walk('GET /api/info', 200, { as: null })
  await walk(`POST ${API}/users.generatePersonalAccessToken`, 200, { as: ann, body: { tokenName: 'walk' } })
  await walk(`POST ${API}/users.generatePersonalAccessToken`, 400, { as: ann, body: { tokenName: 'walk' } })
  await walk(`POST ${API}/users.regeneratePersonalAccessToken`, 200, { as: ann, body: { tokenName: 'walk' } })
  await walk(`GET ${API}/users.getPersonalAccessTokens`, 200, { as: ann })
  await walk(`POST ${API}/users.removePersonalAccessToken`, 200, { as: ann, body: { tokenName: 'walk' } })
  await walk(`POST ${API}/users.removePersonalAccessToken`, 400, { as: ann, body: { tokenName: 'walk' } })
  const message = JSON.stringify({ msg: 'method', method: 'UserPresence:away', id: '1', params: [] })
  await walk(`POST ${API}/method.call/UserPresence:away`, 200, { body: { message } })
  await walk(`POST ${API}/method.call/UserPresence:away`, 400, { body: { message: 'none' } })
  await walk(`POST ${API}/method.callAnon/UserPresence:away`, 200, { as: null, body: { message } })
  await walk('GET /sockjs/info', 200, { as: null })
}

async function walkStatuses({ walk, ann }: World): Promise<void> {
  await walk(`POST ${API}/users.setStatus`, 200, { as: ann, body: { status: 'busy', message: ':tea: here', expiresAt: SOON } })
  await walk(`POST ${API}/users.setStatus`, 400, { as: ann, body: { status: 'gone' } })
  await walk(`POST ${API}/users.setStatus`, 403, { as: ann, body: { status: 'away', username: 'admin' } })
  await walk(`GET ${API}/users.getStatus?username=ann`, 200)
  await walk(`GET ${API}/users.getStatus?username=nobody`, 400)
  await walk(`GET ${API}/users.getPresence`, 200)
  await walk(`GET ${API}/users.getPresence?username=nobody`, 400)
  await walk(`GET ${API}/users.presence`, 200)
  await walk(`GET ${API}/users.presence?ids=${ann.user.ids.rocketchat}`, 200)
  await walk(`GET ${API}/users.presence?odd=1`, 400)
  await walk(`POST ${API}/users.updateOwnBasicInfo`, 200, {
    as: ann,
    body: { data: { statusType: 'away', statusText: 'out', name: 'Ann' } },
  })
  await walk(`POST ${API}/users.updateOwnBasicInfo`, 400, { as: ann, body: { data: { statusType: 'gone' } } })
}

async function walkAccounts({ walk, ann }: World): Promise<void> {
  const body = { username: 'rocker', email: 'rocker@a.example', name: 'Rocker', password: 'a password for tests' }
  const { user } = await walk(`POST ${API}/users.create`, 200, { body })
  await walk(`POST ${API}/users.create`, 400, { body })
  await walk(`GET ${API}/users.info?username=ann`, 200)
  await walk(`GET ${API}/users.info?username=ann`, 200, { as: ann })
  await walk(`GET ${API}/users.info?username=admin`, 200, { as: ann })
  await walk(`GET ${API}/users.info?username=nobody`, 400)
  await walk(`GET ${API}/users.list`, 200)
  await walk(`GET ${API}/users.list?fields=${encodeURIComponent('{"status":1}')}`, 200)
  await walk(`GET ${API}/users.list?query=odd`, 400)
  await walk(`GET ${API}/users.listByStatus?status=active&count=1`, 200)
  await walk(`GET ${API}/users.listByStatus?status=odd`, 400)
  await walk(`POST ${API}/users.setPreferences`, 200, { as: ann, body: { data: { idleTimeLimit: 60 } } })
  await walk(`POST ${API}/users.setPreferences`, 400, { as: ann, body: { data: { odd: 1 } } })
  await walk(`POST ${API}/users.setActiveStatus`, 200, { body: { userId: user._id, activeStatus: false } })
  await walk(`POST ${API}/users.setActiveStatus`, 403, { as: ann, body: { userId: user._id, activeStatus: true } })
  await walk(`POST ${API}/users.delete`, 200, { body: { userId: user._id } })
  await walk(`POST ${API}/users.delete`, 400, { body: { userId: user._id } })
}

async function walkAdministration({ walk, ann }: World): Promise<void> {
  const { customUserStatus } = await walk(`POST ${API}/custom-user-status.create`, 200, {
    body: { name: 'Lunch', statusType: 'away' },
  })
  await walk(`POST ${API}/custom-user-status.create`, 400, { body: { name: 'Lunch' } })
  await walk(`POST ${API}/custom-user-status.update`, 200, { body: { _id: customUserStatus._id, name: 'Dinner' } })
  await walk(`POST ${API}/custom-user-status.update`, 400, { body: { _id: 'none', name: 'Dinner' } })
  await walk(`GET ${API}/custom-user-status.list`, 200)
  await walk(`GET ${API}/custom-user-status.list?sort=odd`, 400)
  await walk(`POST ${API}/custom-user-status.delete`, 200, { body: { customUserStatusId: customUserStatus._id } })
  await walk(`POST ${API}/custom-user-status.delete`, 400, { body: { customUserStatusId: 'none' } })
  await walk(`GET ${API}/settings/Accounts_AllowUserStatusMessageChange`, 200)
  await walk(`GET ${API}/settings/API_Enable_Rate_Limiter_Limit_Calls_Default`, 200)
  await walk(`GET ${API}/settings/none`, 400)
  await walk(`POST ${API}/settings/Accounts_AllowUserStatusMessageChange`, 200, { body: { value: true } })
  await walk(`POST ${API}/settings/Accounts_AllowUserStatusMessageChange`, 400, { body: { value: 7 } })
  await walk(`POST ${API}/settings/Accounts_AllowUserStatusMessageChange`, 403, { as: ann, body: { value: true } })
  await walk(`POST ${API}/permissions.update`, 200, { body: { permissions: [{ _id: 'view-d-room', roles: ['admin'] }] } })
  await walk(`POST ${API}/permissions.update`, 400, { body: { permissions: [{ _id: 'odd', roles: [] }] } })
  await walk(`GET ${API}/presence.getConnections`, 200)
  await walk(`POST ${API}/presence.enableBroadcast`, 200)
  await walk(`POST ${API}/presence.enableBroadcast`, 403, { as: ann })
}
