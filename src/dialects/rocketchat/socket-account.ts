import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import { dateOf } from './ddp.ts'
import { type Entered, endOfToken } from './entering.ts'
import { NAME } from './ids.ts'
import { fullProfileOf } from './profiles.ts'
import { claimOf, STATUS_OUT } from './translate.ts'

/** What a login answers; clients need the token's end. */
export async function loginResult(services: Services, { principal, token, type }: Entered) {
  const until = await endOfToken(services, principal)
  return { id: services.people.idIn(NAME, principal.userId), token, tokenExpires: dateOf(until), type }
}

/** One's own document among the users, as a client gets it after its login. Null: the user is no more. */
export function ownDocument({ people, presence }: Services, principal: Principal) {
  const user = people.get(principal.userId)
  if (user === null) return null
  const { username, name, roles } = user
  const id = user.ids[NAME] ?? user.id
  const shown = principal.scopes.has('presence:read') ? presence.as(principal, NAME).view.get(user.id) : null
  if (shown === null) return { id, fields: { username, name, roles } }
  const { until } = claimOf(shown)
  const fields = {
    ...fullProfileOf(user, shown, principal),
    _id: undefined,
    statusDefault: STATUS_OUT[shown.standing ?? 'online'],
    statusExpiresAt: until === null ? undefined : dateOf(until),
    createdAt: dateOf(user.createdAt),
    _updatedAt: dateOf(user.updatedAt),
  }
  return { id, fields }
}
