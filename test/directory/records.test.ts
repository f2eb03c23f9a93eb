import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ROLES } from '../../src/core/principal.ts'
import { hashOf } from '../../src/directory/slotIndex.ts'
import { decodeToken, encodeToken, isOfUser, type StoredToken, usedHourOf, userHashOf } from '../../src/directory/tokenRecord.ts'
import { decodeUser, emailOf, encodeUser, fold, glanceAt, type StoredUser, usernameOf } from '../../src/directory/userRecord.ts'

const aText = fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: 'grapheme', maxLength: 100 }))
const anId = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/)
const anInstant = fc.nat({ max: 4_000_000_000_000 })
const orNull = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null })
const base64 = (length: number) =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => Buffer.from(bytes).toString('base64').replaceAll('=', ''))
const aHash = fc.oneof(
  fc.tuple(base64(16), base64(32)).map(([salt, digest]) => `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${digest}`),
  fc.constant('$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaA'),
)

const aUser: fc.Arbitrary<StoredUser> = fc
  .record({
    id: anId,
    username: aText,
    name: aText,
    email: orNull(aText.filter((text) => text !== '')),
    roles: fc.uniqueArray(fc.constantFrom(...ROLES), { minLength: 1 }),
    ids: fc.dictionary(anId, aText, { noNullPrototype: true, maxKeys: 3 }),
    bot: fc.boolean(),
    active: fc.boolean(),
    utcOffset: fc.constantFrom(0, -3.5, 14),
    timezone: orNull(fc.constant('Europe/Berlin')),
    avatarETag: orNull(aText),
    createdAt: anInstant,
    passwordHash: orNull(aHash),
  })
  .chain((user) => anInstant.map((after) => ({ ...user, updatedAt: user.createdAt + after })))

test('[A9] a user is read as it was written, and what look-ups need is read without the rest', () => {
  fc.assert(
    fc.property(aUser, (user) => {
      const value = encodeUser(user)
      expect(decodeUser(user.id, value)).toEqual(user)
      expect([usernameOf(value), emailOf(value)]).toEqual([user.username, user.email])
      expect(glanceAt(value)).toEqual({
        createdAt: user.createdAt,
        bot: user.bot,
        deactivated: !user.active,
        administrator: user.roles.includes('admin'),
        usernameHash: hashOf(fold(user.username)),
        emailHash: user.email === null ? null : hashOf(fold(user.email)),
        ids: user.ids,
      })
    }),
  )
})

const aToken: fc.Arbitrary<StoredToken> = fc.record({
  hash: base64(32),
  userId: anId,
  kind: fc.constantFrom('login', 'personal', 'application', 'publishable'),
  name: aText,
  createdAt: anInstant,
  until: orNull(anInstant.filter((instant) => instant > 0)),
  tail: fc.stringMatching(/^[A-Za-z0-9_-]{6}$/),
  lastUsedAt: orNull(fc.integer({ min: 1, max: 1_000_000 }).map((hour) => hour * 3_600_000)),
  scopes: orNull(fc.constant(['presence:read', 'admin'] as const)),
  users: orNull(fc.array(anId)),
  groups: orNull(fc.array(anId)),
  origins: orNull(fc.array(fc.webUrl())),
})

test('[A9] a token is read as it was written, and its user and last use without the rest', () => {
  fc.assert(
    fc.property(aToken, (token) => {
      const value = encodeToken(token)
      expect(decodeToken(token.hash, value)).toEqual(token)
      expect(usedHourOf(value)).toBe((token.lastUsedAt ?? 0) / 3_600_000)
      expect(userHashOf(value)).toBe(hashOf(fold(token.userId)))
      expect([isOfUser(value, token.userId), isOfUser(value, `${token.userId}x`)]).toEqual([true, false])
    }),
  )
})

test('[UP1] what a later version added to a user or a token is kept', () => {
  fc.assert(
    fc.property(aUser, aToken, (user, token) => {
      const more = { mood: 'sunny', since: [1] }
      const [one, other] = [encodeUser({ ...user, more }), encodeToken({ ...token, more })]
      expect(encodeUser(decodeUser(user.id, one))).toEqual(one)
      expect(encodeToken(decodeToken(token.hash, other))).toEqual(other)
      expect([decodeUser(user.id, one).more, decodeToken(token.hash, other).more]).toEqual([more, more])
    }),
  )
})

test('a record in another form is refused, with words', () => {
  const value = Buffer.from('[0,1,"ada"]')
  expect(() => glanceAt(value)).toThrow('a user in this store was written by another version')
  expect(() => usedHourOf(value)).toThrow('a token in this store was written by another version')
})
