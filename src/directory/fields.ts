import type { IdSpace, NewUser } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import { ROLES } from '../core/principal.ts'
import { AVATAR_ETAG_LENGTH_MAX, EMAIL_LENGTH_MAX, NAME_LENGTH_MAX, USERNAME_LENGTH_MAX } from './limits.ts'

const ID = /^[A-Za-z0-9._-]{1,64}$/
const USERNAME = /^[\p{L}\p{M}\p{N}._@+'-]+$/u
const EMAIL = /^[^\s@"\\{}\p{C}]+@[^\s@"\\{}\p{C}]+$/u
/** One word that can stand in any address and text without being escaped there. */
const ID_ELSEWHERE = /^[^\s"\\{}\p{C}]{1,128}$/u

type Checked = Omit<NewUser, 'password' | 'passwordHash' | 'ids'>
type Checks = { readonly [Field in keyof Required<Checked>]: (value: NonNullable<Checked[Field]>) => string | null }

/** For each field: what would be right; null when it is. */
const CHECKS: Checks = {
  id: (id) => (ID.test(id) && !isDots(id) ? null : 'must be 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-", not "." or ".."'),
  username: (name) =>
    USERNAME.test(name) && name.length <= USERNAME_LENGTH_MAX && !isDots(name)
      ? null
      : `must be 1 to ${USERNAME_LENGTH_MAX} letters, digits or any of . _ @ + ' -, and not "." or ".."`,
  name: (name) => (isLine(name, NAME_LENGTH_MAX) ? null : `must be one line of at most ${NAME_LENGTH_MAX} characters`),
  email: (email) =>
    email === '' || (EMAIL.test(email) && email.length <= EMAIL_LENGTH_MAX) ? null : 'must be an e-mail address, or null',
  roles: (roles) =>
    roles.length > 0 && roles.every((role) => ROLES.includes(role)) ? null : `must list at least one of ${ROLES.join(', ')}`,
  bot: () => null,
  active: () => null,
  utcOffset: (hours) =>
    Number.isFinite(hours) && hours >= -14 && hours <= 14 ? null : 'must be a number of hours from -14 to 14',
  timezone: (zone) =>
    zone === '' || isTimezone(zone) ? null : 'must be the IANA name of a time zone, such as Europe/Berlin, or null',
  avatarETag: (tag) =>
    isLine(tag, AVATAR_ETAG_LENGTH_MAX) ? null : `must be one line of at most ${AVATAR_ETAG_LENGTH_MAX} characters`,
}

/** Throws Failure `invalid` naming the first field that is wrong and what would be right. */
export function assertFields(user: Partial<NewUser>, idSpaces: readonly IdSpace[]): void {
  for (const field of Object.keys(CHECKS).filter(isField)) {
    const wanted = wantedOf(field, user)
    if (wanted !== null) throw new Failure('invalid', `${field} ${wanted}.`, { field })
  }
  for (const [name, id] of Object.entries(user.ids ?? {})) {
    const space = idSpaces.find((known) => known.name === name)
    const field = `ids.${name}`
    if (space === undefined)
      throw new Failure('invalid', `${field} is not known; there are ${idSpaces.map((known) => known.name).join(', ')}.`, {
        field,
      })
    if (!ID_ELSEWHERE.test(id) || !space.accepts(id))
      throw new Failure('invalid', `${field} must be an id as ${name} has them.`, { field })
  }
}

const isField = (name: string): name is keyof Checks => name in CHECKS

function wantedOf<Field extends keyof Checks>(field: Field, user: Partial<Checked>): string | null {
  const value = user[field]
  return value === undefined || value === null ? null : CHECKS[field](value)
}

/** What an address takes away: nobody of that name could be named in one. */
const isDots = (word: string): boolean => word === '.' || word === '..'

/** Well-formed and without control characters. */
export function isLine(text: string, lengthMax: number): boolean {
  return text.length <= lengthMax && text.isWellFormed() && !/\p{Cc}/u.test(text)
}

const timezones = new Set<string>()

function isTimezone(name: string): boolean {
  if (timezones.has(name)) return true
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
  } catch {
    return false
  }
  timezones.add(name)
  return true
}
