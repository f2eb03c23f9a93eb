import { randomBytes, hash as sha256 } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { createDelays } from '../../src/directory/delays.ts'
import { createPasswords, digestOf } from '../../src/directory/passwords.ts'
import { createRemembered } from '../../src/directory/remembered.ts'
import { encodeUser } from '../../src/directory/userRecord.ts'
import { createUsers } from '../../src/directory/users.ts'
import { expectFailure, logIn, openHouse } from './house.ts'

const ADDRESS = '203.0.113.9'
const wrong = { code: 'unauthenticated', reason: 'wrong_password' } as const

test('[A11] a password is 1 to 1,024 bytes, or its SHA-256 in hex of any case, and kept as argon2id', async () => {
  const { admin, directory, ledger } = await openHouse()
  for (const password of ['p', 'ü'.repeat(512)]) {
    const { id } = await admin.createUser({ username: `u${password.length}`, password })
    const digest = sha256('sha256', password, 'hex')
    for (const secret of [{ password }, { digest }, { digest: digest.toUpperCase() }])
      expect((await directory.authentication.byPassword({ space: 'id', value: id }, secret, ADDRESS)).userId).toBe(id)
  }
  for (const secret of [{ password: '' }, { password: 'x'.repeat(1_025) }, { digest: 'x' }]) expect(digestOf(secret)).toBeNull()
  const phc = await createPasswords().hash('digest')
  expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  const texts: string[] = []
  await ledger.load(({ value }) => void texts.push(Buffer.from(value).toString()))
  expect(texts.filter((text) => text.includes('root-password'))).toEqual([])
})

test('[A11] the password as its own digest, or a user without a password, lets nobody in', async () => {
  const { admin, directory } = await openHouse()
  await admin.createUser({ username: 'nothing' })
  await expectFailure(logIn(directory, 'nothing', ''), wrong)
  await expectFailure(logIn(directory, 'root', sha256('sha256', 'root-password', 'hex')), wrong)
})

test('[A12] hashes beyond those at once wait, and beyond those waiting are refused as busy', async () => {
  const { hash } = createPasswords({ atOnceMax: 1, waitingMax: 2 })
  const outcomes = await Promise.allSettled([hash('1'), hash('2'), hash('3'), hash('4')])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected'])
  expect(outcomes[3]).toMatchObject({ reason: { code: 'unavailable', reason: 'busy', retryAfterMs: expect.any(Number) } })
  expect(await hash('5')).toContain('$argon2id$')
})

test('[A13] a right pair is remembered for five minutes, under a digest or as it was told, for this very pair only', () => {
  const users = createUsers({ idSpaces: [] })
  const fields = {
    id: 'ada',
    username: 'ada',
    name: '',
    email: null,
    roles: ['user'] as const,
    ids: {},
    bot: false,
    active: true,
  }
  const rest = { utcOffset: 0, timezone: null, avatarETag: null, createdAt: 1, updatedAt: 1, passwordHash: 'h' }
  users.put('ada', encodeUser({ ...fields, ...rest }), 7, true)
  let time = 0
  const remembered = createRemembered({ users, random: randomBytes, now: () => time })
  const pair = remembered.keyOf({ login: 'ada' }, { password: 'secret' })
  remembered.keep(pair, 'ada', 7)
  expect(pair).not.toContain('secret')
  expect(remembered.find(pair)).toBe('ada')
  for (const other of [
    remembered.keyOf({ login: 'adas' }, { password: 'ecret' }),
    remembered.keyOf({ login: 'ada' }, { digest: 'secret' }),
    remembered.keyOf({ space: 'ada', value: '' }, { password: 'secret' }),
  ])
    expect(remembered.find(other)).toBeNull()
  const said = 'Basic YWRhOnNlY3JldA=='
  expect(remembered.keyOf({ login: 'ada' }, { password: 'secret' }, said)).toBe(said)
  expect(remembered.keyOf({ login: 'ada' }, { password: 'secret' }, said.padEnd(513))).toBe(pair)
  time = 300_000
  expect(remembered.find(pair)).toBeNull()
})

test('[A13] what is not believed any more is not in memory any more, whether anybody asks or not', () => {
  vi.useFakeTimers()
  try {
    const remembered = createRemembered({ users: createUsers({ idSpaces: [] }), random: randomBytes, now: () => Date.now() })
    remembered.keep('Basic one', 'ada', 7)
    vi.advanceTimersByTime(200_000)
    remembered.keep('Basic two', 'bob', 7)
    vi.advanceTimersByTime(99_999)
    expect(remembered.count()).toBe(2)
    vi.advanceTimersByTime(1)
    expect(remembered.count()).toBe(1)
    vi.advanceTimersByTime(200_000)
    expect(remembered.count()).toBe(0)
    for (let pair = 0; pair < 10_001; pair++) remembered.keep(`Basic ${pair}`, 'ada', 7)
    expect(remembered.count()).toBe(10_000)
  } finally {
    vi.useRealTimers()
  }
})

test('[A13] a remembered pair costs no hash, and is forgotten with a new password, new roles or when deactivated', async () => {
  const { admin, directory } = await openHouse()
  const { id } = await admin.createUser({ username: 'ada', password: 'first' })
  const ask = async (password: string) =>
    directory.authentication.bySaid(`Basic ${password}`) ??
    directory.authentication.byPassword({ login: 'ada' }, { password }, ADDRESS, `Basic ${password}`)
  const principal = await ask('first')
  expect(directory.authentication.bySaid('Basic first')).toBe(principal)
  const start = performance.now()
  for (let round = 0; round < 1_000; round++) expect(await ask('first')).toBe(principal)
  expect(performance.now() - start).toBeLessThan(1_000)
  await admin.updateUser(id, { roles: ['bot'] })
  expect((await ask('first')).permissions.has('bypass-rate-limit')).toBe(true)
  await admin.updateUser(id, { active: false })
  await expectFailure(ask('first'), { code: 'unauthenticated', reason: 'deactivated' })
  await admin.updateUser(id, { active: true, password: 'second' })
  await expectFailure(ask('first'), wrong)
  expect((await ask('second')).userId).toBe(id)
})

test('[A14] a wrong user takes as long as a wrong password, and fails in the same words', async () => {
  const { directory } = await openHouse()
  const timed = async (login: string, address: string): Promise<{ ms: number; message: string }> => {
    const start = performance.now()
    const message = await Promise.resolve(directory.authentication.byPassword({ login }, { password: 'wrong' }, address)).then(
      String,
      (error: Error) => error.message,
    )
    return { ms: performance.now() - start, message }
  }
  const [user, nobody] = [[await timed('root', 'a')], [await timed('nobody', 'b')]]
  await logIn(directory, 'root', 'root-password')
  for (const round of [1, 2, 3]) {
    user.push(await timed('root', `a${round}`))
    nobody.push(await timed(`nobody${round}`, `b${round}`))
    await directory.authentication.byPassword(
      { login: 'root' },
      { digest: sha256('sha256', 'root-password', 'hex') },
      `c${round}`,
    )
  }
  const fastest = (all: readonly { ms: number }[]): number => Math.min(...all.map(({ ms }) => ms))
  expect(fastest(nobody)).toBeGreaterThan(fastest(user) / 4)
  expect(new Set([...user, ...nobody].map(({ message }) => message))).toEqual(new Set(['Wrong username or password.']))
})

test('[A15] each failure delays the next attempt more; the right password gets in after the delay', async () => {
  const { directory } = await openHouse()
  const attempt = async (password: string): Promise<number> => {
    const start = performance.now()
    await logIn(directory, 'root', password).catch(() => null)
    return performance.now() - start
  }
  await attempt('wrong 1')
  await attempt('wrong 2')
  expect(await attempt('wrong 3')).toBeGreaterThan(240)
  expect(await attempt('wrong 4')).toBeGreaterThan(490)
  const start = performance.now()
  expect(
    (
      await directory.authentication.byPassword(
        { space: 'username', value: 'root' },
        { password: 'root-password' },
        '203.0.113.7',
      )
    ).userId,
  ).toBeTruthy()
  expect(performance.now() - start).toBeGreaterThan(900)
  expect(await attempt('wrong 5')).toBeLessThan(900)
})

test('[A15] delays grow to four seconds, for the account and for the address, and end with time or success', async () => {
  let time = 0
  const delays = createDelays({ now: () => time })
  const waits = async (account: string, address: string): Promise<boolean> => {
    const done = await Promise.race([
      delays.turn(account, address).then(() => true),
      new Promise((later) => setTimeout(later, 20)),
    ])
    return done !== true
  }
  for (let failure = 0; failure < 100; failure++) delays.failed('ada', 'here')
  expect(await waits('bea', 'elsewhere')).toBe(false)
  expect(await waits('ada', 'elsewhere')).toBe(true)
  expect(await waits('bea', 'here')).toBe(true)
  delays.succeeded('ada', 'here')
  expect(await waits('ada', 'elsewhere')).toBe(false)
  for (let failure = 0; failure < 100; failure++) delays.failed('cleo', 'there')
  time = 15 * 60_000
  expect(await waits('cleo', 'there')).toBe(false)
})

test('[A15] too many waiting at once are refused with a time to try again; others are not in their way', async () => {
  const delays = createDelays()
  for (const failure of [1, 2]) delays.failed('ada', `here ${failure && ''}`)
  const waiting = Array.from({ length: 7 }, () => delays.turn('ada', 'here '))
  const outcomes = await Promise.allSettled(waiting.map((turn) => Promise.race([turn, Promise.resolve('waits')])))
  const refused = { code: 'too_many', reason: 'too_many_failed_logins', retryAfterMs: expect.any(Number) }
  expect(await waiting[6]?.catch((error: unknown) => error)).toMatchObject(refused)
  expect(outcomes).toHaveLength(7)
  await delays.turn('bea', 'elsewhere')
  await Promise.allSettled(waiting)
})

test('[A15] right passwords never count, however many at once', async () => {
  const { directory } = await openHouse()
  const logins = await Promise.all(Array.from({ length: 40 }, () => logIn(directory, 'root', 'root-password')))
  expect(new Set(logins.map(({ token }) => token)).size).toBe(40)
})

test('[A16] changing one’s own password needs the present one and ends the other logins', async () => {
  const { admin, directory } = await openHouse()
  const { id } = await admin.createUser({ username: 'ada', password: 'first' })
  const [here, there] = [await logIn(directory, 'ada', 'first'), await logIn(directory, 'ada', 'first', 26)]
  const own = directory.administration.as(here.principal)
  const personal = await own.createToken({ kind: 'personal', name: 'kept' })
  await expectFailure(own.updateUser(id, { password: 'second' }), { code: 'invalid', field: 'currentPassword' })
  const refused = { code: 'forbidden', reason: 'wrong_password', field: 'currentPassword' } as const
  await expectFailure(own.updateUser(id, { password: 'second', currentPassword: 'wrong' }), refused)
  await own.updateUser(id, { password: 'second', currentPassword: 'first' })
  const { byToken } = directory.authentication
  expect([here.token, personal.token, there.token].map((token) => byToken(token)?.userId)).toEqual([id, id, undefined])
  await admin.updateUser(id, { password: 'third' })
  expect([here.token, personal.token].map((token) => byToken(token)?.userId)).toEqual([undefined, id])
})
