import type { IdSpace, People } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import type { UserId } from '../core/vocabulary.ts'
import { fold, idInSpace, type StoredUser } from './userRecord.ts'
import type { Users } from './users.ts'

/** A native path says `me` for whoever asks. */
const ME = 'me'
const NUMBER_MAX = 2_147_483_647

/** All words a user is known by; two users whose words meet cannot be made at the same time. */
export function wordsOf(user: StoredUser, idSpaces: readonly IdSpace[]): string[] {
  const ids = idSpaces.map((space) => idInSpace(space, user.id, user.ids[space.name]) ?? user.id)
  return [...new Set([user.id, user.username, user.email ?? user.id, ...ids].map(fold))]
}

/** Throws Failure `conflict` taken, with the field, when a name of this user is another's. */
export function assertFree(user: StoredUser, { people, holdersOf }: Users, idSpaces: readonly IdSpace[]): void {
  const takenBy = (space: string, value: string): boolean => (people.find(space, value) ?? user.id) !== user.id
  const takenId = (value: string): boolean => takenBy('id', value) || idSpaces.some(({ name }) => takenBy(name, value))
  const refuse = (field: string, value: string): never => {
    throw new Failure('conflict', `${field} "${value}" is taken.`, { reason: 'taken', field })
  }

  if (fold(user.id) === ME || takenBy('username', user.id) || idSpaces.some(({ name }) => takenBy(name, user.id)))
    refuse('id', user.id)
  const { username, email } = user
  const isTakenId = takenId(fold(username)) || holdersOf(fold(username)).some((holder) => holder !== user.id)
  if (fold(username) === ME || takenBy('username', username) || isTakenId) refuse('username', username)
  if (email !== null && takenBy('email', email)) refuse('email', email)
  for (const space of idSpaces) {
    const id = idInSpace(space, user.id, user.ids[space.name])
    if (id !== null && (takenBy(space.name, id) || takenBy('username', id))) refuse(`ids.${space.name}`, id)
  }
}

/** The ids that a new user gets beside its own and those given; moves `next` on in the spaces that count. */
export function issueIds(
  userId: UserId,
  given: Readonly<Record<string, string>>,
  next: Map<string, number>,
  { people, idSpaces, isSpoken }: { people: People; idSpaces: readonly IdSpace[]; isSpoken: (word: string) => boolean },
): Record<string, string> {
  const ids: Record<string, string> = {}
  for (const space of idSpaces) {
    const id = given[space.name] ?? (space.origin === 'next-number' ? issueNumber(space) : idInSpace(space, userId, undefined))
    if (id !== null && id !== idInSpace(space, userId, undefined)) ids[space.name] = id
  }
  return ids

  function issueNumber({ name }: IdSpace): string {
    let number = next.get(name) ?? 1
    const isFree = (id: string): boolean =>
      people.find(name, id) === null && people.find('username', id) === null && !isSpoken(id)
    while (!isFree(String(number))) number++
    if (number > NUMBER_MAX) throw new Failure('unavailable', `There are no numbers left for ids.${name}.`)
    next.set(name, number + 1)
    return String(number)
  }
}
