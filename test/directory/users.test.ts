import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NewUser } from '../../src/core/accounts.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { expectFailure, keysOf, logIn, openDirectory, openHouse } from './house.ts'

test('[A1] a generated id is 26 characters of z-base-32, a given one is kept and never changes', async () => {
  const { admin } = await openHouse()
  expect((await admin.createUser({ username: 'ada' })).id).toMatch(/^[ybndrfg8ejkmcpqxot1uwisza345h769]{26}$/)
  expect((await admin.createUser({ username: 'bea', id: 'B.e_a-1' })).id).toBe('B.e_a-1')
  await expectFailure(admin.updateUser('B.e_a-1', { id: 'other' }), { code: 'invalid', field: 'id' })
  expect((await admin.updateUser('B.e_a-1', { id: 'B.e_a-1', name: 'Bea' })).name).toBe('Bea')
})

test('[A2] a user is found by every id it has, and by no former one', async () => {
  const { admin, directory } = await openHouse()
  const { people } = directory
  const ids = { own: 'ada-own', number: '4711' }
  await admin.createUser({ username: 'Ada', id: 'ada-1', email: 'Ada@Example.org', ids })
  const derived = 'ada-1'.padEnd(26, '0')
  const known = { id: 'ada-1', username: 'ADA', email: 'ada@example.ORG', own: 'ada-own', derived, number: '4711' }
  for (const [space, value] of Object.entries(known)) expect([space, people.find(space, value)]).toEqual([space, 'ada-1'])
  expect(people.get('ada-1')?.ids).toEqual({ own: 'ada-own', derived, number: '4711' })
  expect(['own', 'derived', 'number'].map((space) => people.idIn(space, 'ada-1'))).toEqual(['ada-own', derived, '4711'])
  expect(people.find('own', 'ada-1')).toBeNull()
  expect(people.find('nowhere', 'ada-1')).toBeNull()

  const before = people.versionOf('ada-1')
  await admin.updateUser('ada-1', { username: 'eda', email: null, ids: { own: 'ada-1' } })
  expect(people.versionOf('ada-1')).toBeGreaterThan(before)
  expect(people.find('username', 'ada')).toBeNull()
  expect(people.find('email', 'ada@example.org')).toBeNull()
  expect(people.find('own', 'ada-own')).toBeNull()
  expect(people.find('own', 'ada-1')).toBe('ada-1')
  await admin.deleteUser('ada-1')
  for (const [space, value] of Object.entries({ ...known, username: 'eda', own: 'ada-1' }))
    expect(people.find(space, value)).toBeNull()
  expect([people.get('ada-1'), people.idIn('number', 'ada-1'), people.versionOf('ada-1'), people.count]).toEqual([
    null,
    null,
    0,
    1,
  ])
})

const TAKEN: readonly (readonly [NewUser, string])[] = [
  [{ username: 'ADA' }, 'username'],
  [{ username: 'ada-1' }, 'username'],
  [{ username: 'ada-own' }, 'username'],
  [{ username: '4711' }, 'username'],
  [{ username: 'Me' }, 'username'],
  [{ username: 'x', id: 'ada-1' }, 'id'],
  [{ username: 'x', id: 'ada' }, 'id'],
  [{ username: 'x', id: 'ada-own' }, 'id'],
  [{ username: 'x', id: 'me' }, 'id'],
  [{ username: 'x', email: 'ADA@example.org' }, 'email'],
  [{ username: 'x', ids: { number: '4711' } }, 'ids.number'],
  [{ username: 'x', ids: { own: 'ada' } }, 'ids.own'],
  [{ username: 'x', ids: { derived: 'ada-1'.replace('-', '').padEnd(26, 'z') } }, 'ids.derived'],
]

test.for(TAKEN)('[A3] what is taken is refused: %j names %s', async ([user, field]) => {
  const { admin, directory } = await openHouse()
  const ids = { own: 'ada-own', number: '4711', derived: 'ada1'.padEnd(26, 'z') }
  await admin.createUser({ username: 'Ada', id: 'ada-1', email: 'ada@example.org', ids })
  await expectFailure(admin.createUser(user), { code: 'conflict', reason: 'taken', field })
  const other = await admin.createUser({ username: 'other' })
  const { id, ...change } = user
  if (id === undefined) await expectFailure(admin.updateUser(other.id, change), { code: 'conflict', reason: 'taken', field })
  expect(directory.people.count).toBe(3)
})

test('[A3] a username meets ids in any case, and whoever has one can still be changed', async () => {
  const { admin } = await openHouse()
  await admin.createUser({ username: 'ada', id: 'Ada.1', ids: { own: 'OWN', derived: 'D'.repeat(26) } })
  for (const username of ['ada.1', 'ADA.1', 'own', 'Own', 'd'.repeat(26)])
    await expectFailure(admin.createUser({ username }), { code: 'conflict', reason: 'taken', field: 'username' })
  expect((await admin.updateUser('Ada.1', { name: 'Ada', username: 'own' })).username).toBe('own')
  await admin.updateUser('Ada.1', { ids: { own: 'Other' } })
  await expectFailure(admin.createUser({ username: 'other' }), { code: 'conflict', reason: 'taken', field: 'username' })
  await admin.deleteUser('Ada.1')
  for (const username of ['ada.1', 'own', 'other']) expect((await admin.createUser({ username })).username).toBe(username)
})

test('[A2] a username is found however its letters are composed', async () => {
  const { admin, directory } = await openHouse()
  const { id } = await admin.createUser({ username: 'Ve\u0301ra', password: 'p' })
  for (const username of ['v\u00e9ra', 've\u0301ra']) expect(directory.people.find('username', username)).toBe(id)
  expect((await logIn(directory, 'VE\u0301RA', 'p')).user.id).toBe(id)
})

test('[A3] a user may carry one word as several of its own names', async () => {
  const { admin, directory } = await openHouse()
  await admin.createUser({ username: 'ada', id: 'ada', ids: { own: 'ada' } })
  expect((await admin.updateUser('ada', { username: 'ADA' })).username).toBe('ADA')
  expect(directory.people.find('own', 'ada')).toBe('ada')
})

test('[A4] numbers count on over what is taken, and are not given again after a deletion', async () => {
  const { admin, directory } = await openHouse()
  await admin.createUser({ username: 'explicit', ids: { number: '3' } })
  await admin.createUser({ username: '4' })
  const made = await admin.createUser({ username: 'counted' })
  expect(directory.people.idIn('number', directory.people.find('username', '4') ?? '')).toBe('2')
  expect(made.ids['number']).toBe('5')
  await admin.deleteUser(made.id)
  expect((await admin.createUser({ username: 'again' })).ids['number']).toBe('6')
  await expectFailure(admin.createUser({ username: 'x', ids: { number: '0' } }), { code: 'invalid', field: 'ids.number' })
  await expectFailure(admin.createUser({ username: 'x', ids: { unknown: '1' } }), { code: 'invalid', field: 'ids.unknown' })
})

test('[A5] of many who want one name at once, at one node, one gets it, and all others their own', async () => {
  const { admin, directory } = await openHouse()
  const wanted = Array.from({ length: 600 }, (_, i) => admin.createUser({ username: i % 3 === 0 ? 'same' : `user-${i}` }))
  const outcomes = await Promise.allSettled(wanted)
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(401)
  const numbers = [...directory.people.everyone()].map(({ ids }) => ids['number'])
  expect(new Set(numbers).size).toBe(402)
})

test('[A5] of two nodes that give one name at once, one does, and no number is given twice', async () => {
  const { ledger, admin, root } = await openHouse()
  const other = (await openDirectory(ledger)).administration.as(root.principal)
  for (let round = 0; round < 20; round++) {
    const outcomes = await Promise.allSettled([
      admin.createUser({ username: `name-${round}` }),
      other.createUser({ username: `NAME-${round}` }),
      other.createUser({ username: `free-${round}`, id: `id-${round}` }),
      admin.createUser({ username: `id-${round}` }),
    ])
    expect(outcomes.slice(0, 2).filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(outcomes.slice(2).filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  }
  const { people } = await openDirectory(ledger)
  expect(new Set([...people.everyone()].map(({ ids }) => ids['number'])).size).toBe(41)
})

const WRONG: readonly (readonly [NewUser, string])[] = [
  [{ username: '' }, 'username'],
  [{ username: 'a b' }, 'username'],
  [{ username: 'a"b' }, 'username'],
  [{ username: 'a}b' }, 'username'],
  [{ username: 'x'.repeat(101) }, 'username'],
  [{ username: 'x', id: 'a/b' }, 'id'],
  [{ username: 'x', id: 'y'.repeat(65) }, 'id'],
  [{ username: 'x', name: 'two\nlines' }, 'name'],
  [{ username: 'x', email: 'nobody' }, 'email'],
  [{ username: 'x', roles: [] }, 'roles'],
  [{ username: 'x', utcOffset: 15 }, 'utcOffset'],
  [{ username: 'x', timezone: 'Nowhere/Land' }, 'timezone'],
  [{ username: 'x', password: '' }, 'password'],
  [{ username: 'x', password: 'é'.repeat(513) }, 'password'],
]

test.for(WRONG)('[A6] what is wrong is refused by name: %j names %s', async ([user, field]) => {
  const { admin } = await openHouse()
  await expectFailure(admin.createUser(user), { code: 'invalid', field })
})

test('[A6] every field comes back as it was given', async () => {
  const { admin, directory } = await openHouse()
  const given = {
    name: 'Ädä "the" {first}',
    email: 'a+b@example.org',
    roles: ['bot', 'guest'] as const,
    timezone: 'Europe/Berlin',
  }
  const more = { utcOffset: -3.5, avatarETag: 'tag', bot: false, active: false }
  const user = await admin.createUser({ username: 'Жанна', ...given, ...more })
  expect(user).toMatchObject({ username: 'Жанна', ...given, ...more, hasPassword: false })
  expect(directory.people.get(user.id)).toEqual(user)
  expect(directory.people.find('username', 'жанна')).toBe(user.id)
  expect(await admin.updateUser(user.id, { timezone: null, email: null })).toMatchObject({ timezone: null, email: null, ...more })
})

test('[A7] the last active administrator stays one', async () => {
  const { admin, root } = await openHouse()
  const last = { code: 'conflict', reason: 'last_administrator' } as const
  await expectFailure(admin.deleteUser(root.user.id), last)
  await expectFailure(admin.updateUser(root.user.id, { roles: ['user'] }), last)
  await expectFailure(admin.updateUser(root.user.id, { active: false }), last)
  const second = await admin.createUser({ username: 'second', roles: ['admin'], active: false })
  await expectFailure(admin.deleteUser(root.user.id), last)
  await admin.updateUser(second.id, { active: true })
  await admin.deleteUser(root.user.id)
})

test.for([1, 2])('[A7] of two administrators who go at once, at %i nodes, one stays', async (nodes) => {
  const { ledger, admin, directory, root } = await openHouse()
  const other = (nodes === 1 ? directory : await openDirectory(ledger)).administration.as(root.principal)
  const second = await admin.createUser({ username: 'second', roles: ['admin'] })
  const going = [admin.updateUser(root.user.id, { active: false }), other.deleteUser(second.id)]
  const outcomes = await Promise.allSettled(going)
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
})

test('[A8] whoever watches is told after the change holds, also of other nodes; slots are used again', async () => {
  const { ledger, admin, directory } = await openHouse()
  const { subjects } = directory
  const elsewhere = await openDirectory(ledger)
  const told: unknown[] = []
  elsewhere.subjects.onChange(({ slot, userId, gone }) => {
    const holds = [elsewhere.subjects.slotOf(userId), elsewhere.subjects.idAt(slot)]
    told.push([userId, gone, ...holds, elsewhere.subjects.isBot(slot), elsewhere.subjects.isDeactivated(slot)])
  })
  await admin.createUser({ username: 'ada', id: 'ada', bot: true })
  await admin.updateUser('ada', { active: false })
  await admin.deleteUser('ada')
  await admin.createUser({ username: 'bea', id: 'bea', roles: ['admin'] })
  await new Promise(setImmediate)
  expect(told).toEqual([
    ['ada', false, 1, 'ada', true, false],
    ['ada', false, 1, 'ada', true, true],
    ['ada', true, -1, null, false, false],
    ['bea', false, 1, 'bea', false, false],
  ])
  expect([subjects.slotOf('bea'), subjects.slots, subjects.isAdministrator(1), subjects.idAt(2)]).toEqual([1, 2, true, null])
  expect(subjects.createdAt(1)).toBe(directory.people.get('bea')?.createdAt)
})

test('[A9] a directory loaded in any order answers as the one that wrote it', async () => {
  const { ledger, admin, directory } = await openHouse()
  const user = await admin.createUser({ username: 'ada', password: 'secret', email: 'a@example.org' })
  const { token } = await logIn(directory, 'ada', 'secret')
  await admin.putPreferences(user.id, [{ category: 'a/b', name: 'ü', value: 'v' }])
  await admin.putPreset({ name: 'Lunch', availability: 'away' })
  await admin.changeSettings({ graceMs: 77 })
  const entries: Parameters<typeof directory.apply>[0][] = []
  const positions = await ledger.load((entry) => entries.push(entry))
  for (const order of [entries, [...entries].reverse()]) {
    const shuffled = createMemoryLedger()
    const loaded = await openDirectory(shuffled)
    for (const entry of order) loaded.apply(entry)
    loaded.loaded(positions)
    expect([...loaded.people.everyone()].map(({ id }) => id).sort()).toEqual(
      [...directory.people.everyone()].map(({ id }) => id).sort(),
    )
    expect(loaded.people.get(user.id)).toEqual(directory.people.get(user.id))
    expect(loaded.authentication.byToken(token)).toEqual(directory.authentication.byToken(token))
    const loadedAdmin = loaded.administration.as(
      directory.authentication.byToken(token) ?? (await logIn(directory, 'root', '')).principal,
    )
    expect(await loadedAdmin.preferences(user.id)).toEqual([{ category: 'a/b', name: 'ü', value: 'v' }])
    expect((await loadedAdmin.presets()).map(({ name }) => name)).toEqual(['Lunch'])
    expect(loaded.settings.current.graceMs).toBe(77)
  }
  await admin.deleteUser(user.id)
  expect((await keysOf(ledger)).filter((key) => key.includes(user.id))).toEqual([])
  expect((await keysOf(ledger)).filter((key) => key.startsWith('token/'))).toHaveLength(1)
})

test('[A9] any users come back from the ledger as they went in', async () => {
  const aUser = fc.record(
    { name: fc.string({ unit: 'grapheme', maxLength: 20 }), utcOffset: fc.integer({ min: -12, max: 14 }), bot: fc.boolean() },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(aUser, { maxLength: 8 }), async (wanted) => {
      const { ledger, admin, directory } = await openHouse()
      for (const [number, user] of wanted.entries()) {
        if (/\p{Cc}/u.test(user.name ?? '')) continue
        await admin.createUser({ username: `user-${number}`, ...user })
      }
      const again = await openDirectory(ledger)
      expect([...again.people.everyone()]).toEqual([...directory.people.everyone()])
    }),
    { numRuns: 5 },
  )
})

test('[A10] of several nodes on an empty ledger one makes the administrator, once', async () => {
  const ledger = createMemoryLedger()
  const nodes = await Promise.all([openDirectory(ledger), openDirectory(ledger), openDirectory(ledger)])
  const made = (await Promise.all(nodes.map((node) => node.firstAdministrator({})))).filter((one) => one !== null)
  expect(made).toEqual([{ username: 'admin', password: expect.stringMatching(/^[a-z1-9]{20}$/), generated: true }])
  expect((await logIn(nodes[0] ?? (await openDirectory(ledger)), 'admin', made[0]?.password ?? '')).principal.administrator).toBe(
    true,
  )
  expect(await (await openDirectory(ledger)).firstAdministrator({ username: 'other', password: 'p' })).toBeNull()
})

test('[A10] a reset gives a new password, the admin role and no other login', async () => {
  const { directory, admin, root } = await openHouse()
  await admin.createUser({ username: 'ada', id: 'ada', active: false })
  const reset = await directory.resetAdministrator()
  expect(reset.username).toBe('root')
  expect(directory.authentication.byToken(root.token)).toBeNull()
  await expectFailure(logIn(directory, 'root', 'root-password'), { reason: 'wrong_password' })
  expect((await logIn(directory, 'root', reset.password)).user.username).toBe('root')
  const { password } = await directory.resetAdministrator('ADA')
  expect((await logIn(directory, 'ada', password)).principal.administrator).toBe(true)
  await expectFailure(directory.resetAdministrator('nobody'), { code: 'not_found' })
})
