import { Failure } from '../core/errors.ts'
import type { UserId } from '../core/vocabulary.ts'
import { digestOfNew, type Passwords } from './passwords.ts'
import type { PeopleChanges } from './people.ts'
import { type Random, zBase32 } from './random.ts'
import type { Users } from './users.ts'

/** 100 bits. */
const PASSWORD_LENGTH = 20
const USERNAME = 'admin'

export interface Administrators {
  /** Null: somebody is here already. */
  first(wanted: Wanted): Promise<{ readonly username: string; readonly password: string; readonly generated: boolean } | null>
  /** A new password for a user who is an active administrator from then on. Throws Failure `not_found`. */
  reset(username?: string): Promise<{ readonly username: string; readonly password: string }>
}

export interface Wanted {
  readonly username?: string
  readonly password?: string
}

export interface AdministratorsParts {
  readonly users: Users
  readonly people: PeopleChanges
  readonly passwords: Passwords
  readonly random: Random
}

/** The way in for whoever runs the machine. */
export function createAdministrators({ users, people, passwords, random }: AdministratorsParts): Administrators {
  const isInhabited = (): boolean => users.people.count > 0
  const newPassword = (): string => zBase32(random(PASSWORD_LENGTH))

  async function first({ username = USERNAME, password }: Wanted) {
    if (isInhabited()) return null
    const chosen = password ?? newPassword()
    const passwordHash = await passwords.hash(digestOfNew(chosen))
    const wanted = { username, roles: ['admin'] as const }
    const user = await people.create(wanted, { by: null, passwordHash, unless: isInhabited })
    return user === null ? null : { username: user.username, password: chosen, generated: password === undefined }
  }

  async function reset(username?: string) {
    if (!isInhabited()) {
      const made = await first(username === undefined ? {} : { username })
      if (made !== null) return made
    }
    const userId = username === undefined ? anyAdministrator() : users.people.find('username', username)
    const user = userId === null ? null : users.people.get(userId)
    if (user === null)
      throw new Failure(
        'not_found',
        username === undefined ? 'There is no administrator; name a user.' : `There is no user "${username}".`,
        {
          reason: 'no_such_user',
          field: 'username',
        },
      )
    const password = newPassword()
    const roles = user.roles.includes('admin') ? user.roles : ([...user.roles, 'admin'] as const)
    const passwordHash = await passwords.hash(digestOfNew(password))
    await people.update(user.id, { roles, active: true }, { by: null, passwordHash })
    return { username: user.username, password }
  }

  /** The one named admin, else the eldest. */
  function anyAdministrator(): UserId | null {
    const all = users.administrators()
    const named = users.people.find('username', USERNAME)
    if (named !== null && all.includes(named)) return named
    const bySlot = (userId: UserId): number => users.subjects.createdAt(users.subjects.slotOf(userId))
    return [...all].sort((one, other) => bySlot(one) - bySlot(other))[0] ?? null
  }

  return { first, reset }
}
