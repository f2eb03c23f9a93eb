import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { RateCounter } from '../../http/rate.ts'
import { rateLimitOf } from '../../http/route.ts'
import { NAME } from './ids.ts'
import { eventsOf, STATUSES, type Status, statusTextOf } from './translate.ts'

/** Setting a status is for people: once a second for each user. */
const SET_LIMIT = { callsMax: 1, windowMs: 1_000 }

/** The session of the connection that a call came over. Each answers whether something changed. */
export interface CallingSession {
  active(): boolean
  idle(): boolean
}

export interface MethodCall {
  readonly method: string
  readonly params: readonly unknown[]
  readonly principal: Principal | null
  /** Null: the call came over HTTP, or its token opens no sessions. */
  readonly session: CallingSession | null
}

export interface Methods {
  /** Throws Failure; `not_found` no_such_route when there is no such method. */
  call(call: MethodCall): Promise<unknown>
}

export interface MethodsParts {
  readonly services: Services
  /** Null: request limits are off. */
  readonly rates: RateCounter | null
}

/** What clients call beside logging in and out. */
export function createMethods({ services, rates }: MethodsParts): Methods {
  const { presence, people, settings, now } = services

  const methods: Readonly<Record<string, (call: MethodCall) => unknown>> = {
    'UserPresence:online': ({ session }) => session?.active(),
    'UserPresence:away': ({ session }) => session?.idle(),
    'UserPresence:setDefaultStatus': ({ principal, params: [status] }) =>
      isStatus(status) ? setStatus(loggedIn(principal), status, null) : unmatched(),
    setUserStatus({ principal, params: [status = null, text = null] }) {
      const caller = loggedIn(principal)
      if (!isStatus(status) && status !== null) return unmatched()
      if ((typeof text !== 'string' && text !== null) || (status === null && text === null)) return unmatched()
      return setStatus(caller, status, text)
    },
    getUserStatusText({ principal, params: [id] }) {
      const { view } = presence.as(loggedIn(principal), NAME)
      const userId = typeof id === 'string' ? people.find(NAME, id) : null
      const shown = userId === null ? null : view.get(userId)
      if (shown === null) throw new Failure('not_found', 'Invalid user', { reason: 'no_such_user' })
      return statusTextOf(shown.note) ?? ''
    },
  }

  async function setStatus(principal: Principal, status: Status | null, message: string | null): Promise<void> {
    const { view, commands } = presence.as(principal, NAME)
    const { userId } = principal
    if (!settings.current.invisibleAllowed && (status ?? view.get(userId)?.standing) === 'offline')
      throw new Failure('invalid', 'Invisible is not allowed.', { reason: 'invisible_not_allowed' })
    await commands.change(userId, eventsOf({ status, message, until: null }))
  }

  function count({ method, principal }: MethodCall): void {
    if (rates === null || principal === null || principal.permissions.has('bypass-rate-limit')) return
    const sets = SETTING.has(method)
    const limit = sets ? SET_LIMIT : rateLimitOf('read', settings.current)
    const { allowed, resetAt } = rates.take(`${principal.userId} method ${sets ? 'set' : method}`, limit)
    if (allowed) return
    const retryAfterMs = Math.max(0, resetAt - now())
    throw new Failure('too_many', 'Too many requests.', { reason: 'too_many_requests', retryAfterMs })
  }

  return {
    async call(call) {
      const run = Object.hasOwn(methods, call.method) ? methods[call.method] : undefined
      if (run === undefined) throw new Failure('not_found', `Method '${call.method}' not found`, { reason: 'no_such_route' })
      count(call)
      return run(call)
    },
  }
}

const SETTING: ReadonlySet<string> = new Set(['setUserStatus', 'UserPresence:setDefaultStatus'])

const isStatus = (value: unknown): value is Status => STATUSES.some((status) => status === value)

function loggedIn(principal: Principal | null): Principal {
  if (principal !== null) return principal
  throw new Failure('unauthenticated', 'Invalid user', { reason: 'not_logged_in' })
}

function unmatched(): never {
  throw new Failure('invalid', 'Match failed', { reason: 'malformed' })
}
