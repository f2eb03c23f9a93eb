import { hash } from 'node:crypto'
import type { User } from '../../core/accounts.ts'
import type { Role } from '../../core/principal.ts'
import type { Instant, Presence } from '../../core/vocabulary.ts'
import { VERSION } from './config.ts'
import { timingIn } from './custom-status.ts'
import { encode } from './go-json.ts'
import { SPACE } from './ids.ts'
import { customStatusProp } from './translate.ts'

/** The product's names of a role. */
const ROLES_OUT: Readonly<Record<Role, string>> = {
  admin: 'system_admin system_user',
  user: 'system_user',
  bot: 'system_user',
  guest: 'system_guest',
}

/** A user as the product writes one, keys in its order. `recents`: the recent custom statuses, on one's own only. */
export function userBody(user: User, presence: Presence | null, recents?: string): string {
  const [firstName, lastName] = namesOf(user.name)
  const note = presence?.note ?? null
  const props = {
    customStatus: customStatusProp(note, timingIn(recents, note)),
    ...(recents !== undefined && { recentCustomStatuses: recents }),
  }
  return encode({
    id: user.ids[SPACE] ?? user.id,
    create_at: user.createdAt,
    update_at: updatedAt(user, presence),
    delete_at: user.active ? 0 : user.updatedAt,
    username: user.username,
    auth_data: '',
    auth_service: '',
    email: user.email ?? '',
    ...(user.email !== null && { email_verified: true }),
    nickname: '',
    first_name: firstName,
    last_name: lastName,
    position: '',
    roles: rolesOut(user.roles),
    props,
    locale: 'en',
    timezone: timezoneOut(user.timezone),
    ...(user.bot && { is_bot: true }),
    disable_welcome_email: false,
  })
}

/** When what the product shows of a user last changed. */
export function updatedAt(user: User, presence: Presence | null): Instant {
  return Math.max(user.updatedAt, presence?.changedAt ?? 0)
}

/** A user's ETag; one's own also tells the recent custom statuses. */
export function userTag(user: User, presence: Presence | null, recents?: string): string {
  const shown = [
    user.ids[SPACE] ?? user.id,
    updatedAt(user, presence),
    '',
    0,
    true,
    true,
    0,
    ...(recents === undefined ? [] : [hash('sha256', recents).slice(0, 16)]),
  ]
  return [VERSION, ...shown].join('.')
}

/** A name as given, split at its first space, into what the product calls first and last. */
function namesOf(name: string): [first: string, last: string] {
  const space = name.indexOf(' ')
  return space < 0 ? [name, ''] : [name.slice(0, space), name.slice(space + 1)]
}

function rolesOut(roles: readonly Role[]): string {
  return [...new Set(roles.flatMap((role) => ROLES_OUT[role].split(' ')))].join(' ')
}

function timezoneOut(timezone: string | null): Readonly<Record<string, string>> {
  return { automaticTimezone: '', manualTimezone: timezone ?? '', useAutomaticTimezone: String(timezone === null) }
}
