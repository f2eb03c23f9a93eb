import type { FastifyRequest } from 'fastify'
import type { User } from '../../core/accounts.ts'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { Presence } from '../../core/vocabulary.ts'
import { NAME } from './ids.ts'
import { preferencesOf } from './preferences.ts'
import { STATUS_OUT, statusFieldsOf, timeText } from './translate.ts'

/** A user as everybody may see them. */
export function profileOf(user: User, presence: Presence) {
  const { username, name, utcOffset, active, avatarETag } = user
  return { _id: user.ids[NAME], username, name, type: typeOf(user), ...statusFieldsOf(presence), active, utcOffset, avatarETag }
}

/** A user as they themselves and administrators see them. */
export function fullProfileOf(user: User, presence: Presence, viewer: Principal) {
  return {
    _id: user.ids[NAME],
    username: user.username,
    emails: emailsOf(user, viewer),
    name: user.name,
    type: typeOf(user),
    ...statusFieldsOf(presence),
    statusConnection: STATUS_OUT[presence.connected],
    active: user.active,
    roles: user.roles,
    utcOffset: user.utcOffset,
    avatarETag: user.avatarETag,
    createdAt: timeText(user.createdAt),
    _updatedAt: timeText(user.updatedAt),
  }
}

/** A user in a list of accounts. */
export function listedProfileOf(user: User, presence: Presence, viewer: Principal) {
  const { username, name, roles, active, avatarETag } = user
  const status = STATUS_OUT[presence.availability]
  const emails = emailsOf(user, viewer)
  return { _id: user.ids[NAME], username, emails, type: typeOf(user), status, active, roles, name, avatarETag }
}

/** What `me` and a login tell of one's own account. */
export async function ownAccountWithPreferences(services: Services, principal: Principal, request: FastifyRequest) {
  const { userId, reach } = principal
  const stored = reach === null ? await services.administration.as(principal).preferences(userId) : []
  return ownAccountOf(services, principal, request, { preferences: preferencesOf(stored) })
}

/** One's own account. Throws Failure `unauthenticated` when it went meanwhile. */
export function ownAccountOf(
  { people, presence }: Services,
  principal: Principal,
  { protocol, host }: FastifyRequest,
  settings: object = {},
) {
  const user = people.get(principal.userId)
  const shown = presence.as(principal, NAME).view.get(principal.userId)
  if (user === null || shown === null) throw new Failure('unauthenticated', 'The user is no more.', { reason: 'no_such_user' })
  const { status, ...claimed } = statusFieldsOf(shown)
  return {
    _id: user.ids[NAME],
    name: user.name,
    username: user.username,
    emails: emailsOf(user, principal),
    email: emailsOf(user, principal)[0]?.address,
    status,
    statusDefault: STATUS_OUT[shown.standing ?? 'online'],
    ...claimed,
    statusConnection: STATUS_OUT[shown.connected],
    utcOffset: user.utcOffset,
    roles: user.roles,
    active: user.active,
    avatarETag: user.avatarETag,
    avatarUrl: `${protocol}://${host}/avatar/${encodeURIComponent(user.username)}`,
    settings,
    services: { password: { exists: user.hasPassword } },
    isOAuthUser: false,
  }
}

const typeOf = ({ bot }: User): 'bot' | 'user' => (bot ? 'bot' : 'user')

/** Tokens that are limited to users may stand in pages: they are told no e-mail address. */
const emailsOf = ({ email }: User, { reach }: Principal) =>
  email === null || reach !== null ? [] : [{ address: email, verified: true }]
