import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { People } from '../../core/accounts.ts'
import type { Principal } from '../../core/principal.ts'
import type { UserId } from '../../core/vocabulary.ts'
import { refusal } from './answers.ts'
import { unknownUser } from './errors.ts'
import { NAME } from './ids.ts'

/** The three ways in which a request may name a user. */
export const NAMED = {
  userId: Type.Optional(Type.String()),
  username: Type.Optional(Type.String()),
  user: Type.Optional(Type.String()),
}

export interface Named {
  readonly userId?: string
  readonly username?: string
  readonly user?: string
}

/** Nobody is named, or one of the names is the caller's own, letter for letter. */
export function isSelf({ userId, username, user }: Named, { userId: ownId }: Principal, people: People): boolean {
  if (!username && !user) return !userId || userId === people.idIn(NAME, ownId)
  if (userId && userId === people.idIn(NAME, ownId)) return true
  const own = people.get(ownId)?.username
  return username === own || user === own
}

/** The user whom the first name that is not blank means; null: nobody has it. Usernames are found in any case. */
export function findNamed({ userId, username, user }: Named, people: People): UserId | null {
  if (userId?.trim()) return people.find(NAME, userId)
  const name = username?.trim() ? username : user
  return name?.trim() ? people.find('username', name) : null
}

/** Why nobody was found: all names were blank, or nobody has them. */
export function refuseNamed({ userId, username, user }: Named, reply: FastifyReply): string {
  if ([userId, username, user].some((name) => name?.trim())) return unknownUser(reply)
  const reason = 'The required "userId" or "username" param was not provided'
  return refusal(reply, { code: 'error-user-param-not-provided', reason })
}
