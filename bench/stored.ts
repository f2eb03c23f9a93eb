import type { Instant } from '../src/core/vocabulary.ts'
import { hashOfToken, putToken, tailOf } from '../src/directory/tokenChanges.ts'
import { encodeUser } from '../src/directory/userRecord.ts'

/* People as the directory keeps them, for stores that are filled without a server. */

interface Stored {
  readonly id: string
  readonly number: number
  readonly createdAt: Instant
  readonly email?: string
  readonly passwordHash?: string
}

export function storedUser({ id, number, createdAt, email, passwordHash }: Stored): Uint8Array {
  return encodeUser({
    id,
    username: `user.number.${number}`,
    name: `User Number ${number}`,
    email: email ?? null,
    roles: ['user'],
    ids: { superoffice: String(number + 1) },
    bot: false,
    active: true,
    utcOffset: 0,
    timezone: null,
    avatarETag: null,
    createdAt,
    updatedAt: createdAt,
    passwordHash: passwordHash ?? null,
  })
}

const LOGIN_MS = 90 * 86_400_000

/** The write of a login token. */
export const storedLogin = (token: string, userId: string, createdAt: Instant, lastUsedAt: Instant | null) =>
  putToken({
    hash: hashOfToken(token),
    userId,
    kind: 'login',
    name: '',
    createdAt,
    until: createdAt + LOGIN_MS,
    tail: tailOf(token),
    lastUsedAt,
    scopes: null,
    users: null,
    groups: null,
    origins: null,
  })
