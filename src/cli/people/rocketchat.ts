import { fieldsOf, known, type Listed, textIn } from './person.ts'

/** An entry of `users.list`, or a document of the collection of users as `mongoexport` writes it. */
export function readRocketchat(entry: object, line: number): Listed {
  const user = fieldsOf(entry)
  const id = idIn((entry as { _id?: unknown })._id)
  const username = textIn(user, 'username')
  const type = textIn(user, 'type') ?? 'user'
  if (username === undefined) return { line, why: 'it has no username' }
  if (!['user', 'bot', 'app'].includes(type)) return null
  const roles = listIn(user.get('roles'))
  const [email] = listIn(user.get('emails')).filter((one) => Object(one) === one)
  const { address, verified } = (email ?? {}) as { address?: unknown; verified?: unknown }
  return {
    line,
    username,
    ids: id === undefined ? {} : { rocketchat: id },
    ...known({
      name: textIn(user, 'name'),
      email: typeof address === 'string' ? address : undefined,
      emailUnverified: verified === false ? true : undefined,
      roles: roles.includes('guest') ? ['guest'] : undefined,
      bot: type !== 'user' || roles.includes('bot') || undefined,
      active: user.get('active') === false ? false : undefined,
      utcOffset: numberIn(user.get('utcoffset')),
      avatarETag: textIn(user, 'avataretag'),
      passwordHash: hashIn(user.get('services')),
      administered: roles.includes('admin') || undefined,
    }),
  }
}

/** It hashes the SHA-256 of a password. */
function hashIn(services: unknown): string | undefined {
  const { password } = Object(services) as { password?: { bcrypt?: unknown } }
  const hash = Object(password).bcrypt
  return typeof hash === 'string' && hash.startsWith('$2') ? `sha256:${hash}` : undefined
}

const listIn = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** Plain, or in the form in which `mongoexport` writes an ObjectId. */
function idIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  const { $oid } = Object(value) as { $oid?: unknown }
  return typeof $oid === 'string' ? $oid : undefined
}

/** Plain, or as `{"$numberInt": "1"}`. */
function numberIn(value: unknown): number | undefined {
  const [text] = Object(value) === value ? Object.values(value as object) : [value]
  const number = text === undefined || text === null || text === '' ? Number.NaN : Number(text)
  return Number.isFinite(number) ? number : undefined
}
