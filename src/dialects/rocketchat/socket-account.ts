import type { Principal } from '../../core/principal.ts'
import type { Services, Watch } from '../../core/service.ts'
import { added, changed, dateOf } from './ddp.ts'
import { type Entered, endOfToken } from './entering.ts'
import { NAME } from './ids.ts'
import { fullProfileOf } from './profiles.ts'
import { claimOf, STATUS_OUT } from './translate.ts'

/** What a login answers; clients need the token's end. */
export async function loginResult(services: Services, { principal, token, type }: Entered) {
  const until = await endOfToken(services, principal)
  return { id: services.people.idIn(NAME, principal.userId), token, tokenExpires: dateOf(until), type }
}

/**
 * Tells one's own document among the users, as a client gets it after its login. When it says that nobody is connected, the session
 * of this login is still being written: what is shown then follows. Answers what waits for that; null: nothing does.
 */
export function tellOwnDocument(services: Services, principal: Principal, send: (message: string) => void): Waiting | null {
  const document = ownDocument(services, principal)
  if (document === null) return null
  const { id, fields } = document
  send(added('users', id, fields))
  return 'statusConnection' in fields && fields.statusConnection === 'offline'
    ? awaitConnected(services, principal, (status) => send(changed('users', id, status)))
    : null
}

export interface Waiting {
  stop(): void
}

function awaitConnected({ presence }: Services, principal: Principal, tell: (status: object) => void): Waiting {
  let waiting: Watch | null = presence.as(principal, NAME).view.watch({
    told({ availability, connected }) {
      if (connected === 'offline') return
      stop()
      setImmediate(() => tell({ status: STATUS_OUT[availability], statusConnection: STATUS_OUT[connected] }))
    },
    gone: stop,
  })
  waiting.add([principal.userId])
  function stop(): void {
    waiting?.stop()
    waiting = null
  }
  return { stop }
}

/** Null: the user is no more. */
function ownDocument({ people, presence }: Services, principal: Principal) {
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
