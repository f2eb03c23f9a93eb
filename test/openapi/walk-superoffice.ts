import { ADMIN } from '../server.ts'
import { basic } from '../superoffice/asking.ts'
import type { World } from './walker.ts'

const API = '/api/v1'

/** Every operation of SuperOffice's dialect, each as it succeeds and as it is refused by its own reasons. */
export async function walkSuperOffice(world: World): Promise<void> {
  const { walk, ann, admin } = world
  const id: number = ann.user.ids.superoffice
  const status = { Status: 'StatusNotAvailable', Message: 'out' }
  await walk(`PUT ${API}/User/${id}/UserPresenceStatus`, 200, { as: ann, body: status })
  await walk(`PUT ${API}/User/${id}/UserPresenceStatus`, 400, { as: ann, body: { Status: 'odd' } })
  await walk(`PUT ${API}/User/${admin.user.ids.superoffice}/UserPresenceStatus`, 403, { as: ann, body: status })
  await walk(`GET ${API}/User/${id}/UserPresenceStatus`, 200)
  await walk(`GET ${API}/User/${id}/UserPresenceStatus?$select=Status`, 200, {
    as: null,
    headers: basic(ADMIN.username, ADMIN.password),
  })
  await walk(`GET ${API}/User/${id}/UserPresenceStatus`, 200, { headers: { Accept: 'application/xml' } })
  await walk(`GET ${API}/User/99999/UserPresenceStatus`, 404)
  await walk(`GET ${API}/User/none/UserPresenceStatus`, 404)
  await walk(`POST ${API}/Agents/User/GetUserPresenceStatus`, 200, { body: { AssociateId: id } })
  await walk(`POST ${API}/Agents/User/GetUserPresenceStatus`, 200, { body: { AssociateId: 99_999 } })
  await walk(`POST ${API}/Agents/User/GetUserPresenceStatus`, 400, { body: {} })
  await walk(`POST ${API}/Agents/User/SetUserPresenceStatus`, 200, { body: { AssociateId: id, UserPresenceStatus: status } })
  await walk(`POST ${API}/Agents/User/SetUserPresenceStatus`, 400, { body: { AssociateId: id } })
  await walk(`GET ${API}/User/currentPrincipal`, 200)
  await walk(`GET ${API}/User/currentAssociate`, 200)
  await walk(`GET ${API}/User/${id}`, 200)
  await walk(`GET ${API}/User/ann?$select=Name`, 200)
  await walk(`GET ${API}/User/nobody`, 404)
  await walk(`POST ${API}/Agents/User/GetUser?userId=${id}`, 200)
  await walk(`POST ${API}/Agents/User/GetUser`, 400)
  await walk(`POST ${API}/Agents/Associate/GetAssociate?associateId=${id}`, 200)
  await walk(`POST ${API}/Agents/Associate/GetAssociate`, 400)
  await walk('GET /api', 200, { as: null, headers: { Accept: 'application/json' } })
  await walk('GET /api', 200, { as: null, headers: { Accept: 'text/html' } })
  await walk(`GET ${API}`, 200, { as: null })
  await walk('GET /api/state/Cust12345', 200, { as: null })
  for (const agent of ['User/GetUserPresenceStatus', 'User/SetUserPresenceStatus', 'User/GetUser', 'Associate/GetAssociate'])
    await walk(`GET ${API}/Agents/${agent}`, 200, { as: null })
}
