import type { LookUp, Secret, WhoLogsIn } from '../../core/accounts.ts'

/** What a login names: a user with a secret, or a token to go on with. */
export type Credentials = { readonly who: WhoLogsIn; readonly secret: Secret } | { readonly resume: string }

/** Reads each form that the product's clients send; null: none of them. A `code` is accepted and not needed. */
export function credentialsOf(body: unknown): Credentials | null {
  const { user, username, email, password, resume } = fieldsOf(body)
  if (typeof resume === 'string' && resume !== '') return { resume }
  const who = named(user) ?? by('username', username) ?? by('email', email)
  const secret = secretOf(password)
  return who === null || secret === null ? null : { who, secret }
}

/** `user` is a username or an e-mail address, or an object that says which. */
function named(user: unknown): WhoLogsIn | null {
  if (typeof user === 'string') return user === '' ? null : { login: user }
  const { username, email } = fieldsOf(user)
  return by('username', username) ?? by('email', email)
}

/** In the clear, or the hex SHA-256 of it in the newer or the older form. */
function secretOf(password: unknown): Secret | null {
  if (typeof password === 'string') return { password }
  const { digest, hashed } = fieldsOf(password)
  const hex = digest ?? hashed
  return typeof hex === 'string' && /^[0-9a-f]{64}$/i.test(hex) ? { digest: hex.toLowerCase() } : null
}

const by = (space: LookUp, value: unknown): WhoLogsIn | null =>
  typeof value === 'string' && value !== '' ? { space, value } : null

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
