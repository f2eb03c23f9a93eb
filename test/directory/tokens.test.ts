import { randomBytes, hash as sha256 } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { createDirectory } from '../../src/directory/directory.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { expectFailure, keysOf, logIn, openDirectory, openHouse } from './house.ts'

const DAY_MS = 86_400_000

test('[A17] a token has the length asked for, is kept as its SHA-256 and found as one principal', async () => {
  const { ledger, admin, directory } = await openHouse()
  await admin.createUser({ username: 'ada', password: 'p' })
  const [short, long] = [await logIn(directory, 'ada', 'p', 26), await logIn(directory, 'ada', 'p', 43)]
  expect(short.token).toMatch(/^[ybndrfg8ejkmcpqxot1uwisza345h769]{26}$/)
  expect(long.token).toMatch(/^[A-Za-z0-9_-]{43}$/)
  const { byToken } = directory.authentication
  expect(byToken(long.token)).toBe(long.principal)
  expect(byToken(short.token)).toMatchObject({ userId: long.user.id, by: long.user.id, administrator: false })
  expect(await keysOf(ledger)).toContain(`token/${sha256('sha256', long.token, 'base64url')}`)
  expect([byToken(''), byToken(long.token.slice(1)), byToken(sha256('sha256', long.token, 'base64url'))]).toEqual([
    null,
    null,
    null,
  ])
  const elsewhere = await openDirectory(ledger)
  expect(elsewhere.authentication.byToken(long.token)).toEqual(long.principal)
  const [, description] = await directory.administration.as(long.principal).tokens(long.user.id)
  expect(description).toMatchObject({ id: long.principal.tokenId, kind: 'login', tail: long.token.slice(-6) })
  expect(JSON.stringify(description)).not.toContain(long.token.slice(0, -6))
})

test('[A18] tokens end at their end, login tokens after 90 days', async () => {
  let time = 1_800_000_000_000
  const { directory, admin, root } = await openHouse(createMemoryLedger({ clock: () => time }))
  const { byToken } = directory.authentication
  expect(root.until).toBe(time + 90 * DAY_MS)
  const day = await admin.createToken({ kind: 'personal', name: 'day', until: time + DAY_MS })
  const endless = await admin.createToken({ kind: 'personal', name: 'endless' })
  time += DAY_MS - 1
  expect(byToken(day.token)?.tokenId).toBe(day.description.id)
  time += 1
  expect(byToken(day.token)).toBeNull()
  expect((await admin.tokens(root.user.id)).map(({ name }) => name)).toEqual(['', 'endless'])
  time += 90 * DAY_MS
  expect([root.token, endless.token].map((token) => byToken(token)?.userId)).toEqual([undefined, root.user.id])
  await expectFailure(admin.createToken({ kind: 'personal', name: 'past', until: time }), { code: 'invalid', field: 'until' })
})

test('[Q8] [A18] a token in use that ends by time is told once, within a second; none that was removed before', async () => {
  const { directory, admin } = await openHouse()
  const ended: unknown[] = []
  directory.authentication.onEnded((told) => void ended.push(told))
  const until = (ms: number) => admin.createToken({ kind: 'personal', name: 'short', until: Date.now() + ms })
  const made = [await until(300), await until(200), await until(250), await until(3_600_000)]
  for (const { token } of made) expect(directory.authentication.byToken(token)).not.toBeNull()
  const [later, sooner, removed] = made.map(({ description }) => description)
  await admin.deleteToken(removed?.userId ?? '', removed?.id ?? '')
  expect(ended.splice(0)).toEqual([{ tokenId: removed?.id }])
  await vi.waitFor(() => expect(ended).toEqual([{ tokenId: sooner?.id }, { tokenId: later?.id }]), { timeout: 1_300 })
  expect(directory.authentication.byToken(made[0]?.token ?? '')).toBeNull()
  await directory.close()
})

test('[A18] a token has the scopes, users and origins it was given, and is accepted from its origins only', async () => {
  const { directory, admin, root } = await openHouse()
  const { id } = await admin.createUser({ username: 'ada' })
  const origins = ['https://app.example.org']
  const made = await admin.createToken({ kind: 'application', name: 'app', scopes: ['sessions'], users: [id], origins })
  const { byToken } = directory.authentication
  expect([byToken(made.token), byToken(made.token, 'https://else.example.org')]).toEqual([null, null])
  const principal = byToken(made.token, 'https://app.example.org')
  expect(principal).toMatchObject({ userId: root.user.id, by: made.description.id, scopes: new Set(['sessions']) })
  expect([principal?.reach, principal?.origins]).toEqual([new Set([id]), new Set(origins)])
  expect(root.principal.scopes.size).toBe(10)
  await expectFailure(admin.createToken({ kind: 'personal', name: '', scopes: [] }), { code: 'invalid', field: 'scopes' })
  await expectFailure(admin.createToken({ kind: 'personal', name: '', users: ['nobody'] }), { code: 'invalid', field: 'users' })
  await expectFailure(admin.createToken({ kind: 'personal', name: '', origins: ['x'] }), { code: 'invalid', field: 'origins' })
})

test('[A19] a publishable token names users and origins and reads presence only', async () => {
  const { directory, admin, root } = await openHouse()
  const [users, origins] = [[root.user.id], ['https://app.example.org']]
  await expectFailure(admin.createToken({ kind: 'publishable', name: 'p', origins }), { code: 'invalid', field: 'users' })
  await expectFailure(admin.createToken({ kind: 'publishable', name: 'p', users }), { code: 'invalid', field: 'origins' })
  const wide = { kind: 'publishable', name: 'p', users, origins, scopes: ['presence:read', 'admin'] } as const
  await expectFailure(admin.createToken(wide), { code: 'invalid', field: 'scopes' })
  const { token } = await admin.createToken({ kind: 'publishable', name: 'p', users, origins })
  const principal = directory.authentication.byToken(token, 'https://app.example.org')
  expect(principal?.scopes).toEqual(new Set(['presence:read']))
  const own = directory.administration.as(principal ?? root.principal)
  await expectFailure(own.updateUser(root.user.id, { name: 'x' }), { code: 'forbidden', reason: 'scope_missing' })
  await expectFailure(own.tokens(root.user.id), { code: 'forbidden', reason: 'scope_missing' })
})

test('[A20] no token makes a wider one', async () => {
  const { directory, admin, root } = await openHouse()
  const { id } = await admin.createUser({ username: 'ada' })
  const limits = { scopes: ['admin', 'presence:read'], users: [root.user.id, id] } as const
  const { token } = await admin.createToken({ kind: 'personal', name: 'limited', ...limits })
  const limited = directory.administration.as(directory.authentication.byToken(token) ?? root.principal)
  const refused = { code: 'forbidden', reason: 'scope_missing' } as const
  await expectFailure(limited.createToken({ kind: 'personal', name: 'all' }), refused)
  await expectFailure(limited.createToken({ kind: 'personal', name: 'all users', scopes: ['admin'] }), refused)
  await expectFailure(limited.createToken({ kind: 'personal', name: 'x', scopes: ['sessions'], users: [id] }), refused)
  const made = await limited.createToken({ kind: 'personal', name: 'less', scopes: ['presence:read'], users: [id] })
  const less = directory.administration.as(directory.authentication.byToken(made.token) ?? root.principal)
  await expectFailure(less.createToken({ kind: 'personal', name: 'x', scopes: ['presence:read'], users: [id] }), refused)
})

test('[A20] a token that ends makes none that outlives it, a login makes tokens that stay', async () => {
  const { directory, admin, root } = await openHouse()
  const until = Date.now() + DAY_MS
  const { token } = await admin.createToken({ kind: 'personal', name: 'today', until })
  const today = directory.administration.as(directory.authentication.byToken(token) ?? root.principal)
  const refused = { code: 'forbidden', reason: 'scope_missing', field: 'until' } as const
  for (const later of [{}, { until: null }, { until: until + 1 }])
    await expectFailure(today.createToken({ kind: 'personal', name: 'stays', ...later }), refused)
  await today.createToken({ kind: 'personal', name: 'as long', until })
  const own = directory.administration.as(root.principal)
  expect((await own.createToken({ kind: 'application', name: 'stays' })).description.until).toBeNull()
})

test('[A21] logging out ends one token, deactivating all logins, deleting everything', async () => {
  const { directory, ledger, admin } = await openHouse()
  const { id } = await admin.createUser({ username: 'ada', password: 'p', id: 'ada' })
  const { byToken, logout } = directory.authentication
  const [one, two] = [await logIn(directory, 'ada', 'p'), await logIn(directory, 'ada', 'p')]
  const { token: personal } = await directory.administration.as(one.principal).createToken({ kind: 'personal', name: 'p' })
  await logout(one.principal)
  expect([one.token, two.token, personal].map((token) => byToken(token)?.userId)).toEqual([undefined, id, id])
  await admin.updateUser(id, { active: false })
  expect([two.token, personal].map((token) => byToken(token))).toEqual([null, null])
  await admin.updateUser(id, { active: true })
  expect([two.token, personal].map((token) => byToken(token)?.userId)).toEqual([undefined, id])
  await admin.deleteUser(id)
  await admin.createUser({ username: 'ada', id: 'ada' })
  expect(byToken(personal)).toBeNull()
  expect((await keysOf(ledger)).filter((key) => key.startsWith('token/'))).toHaveLength(1)
})

test('[A21] owners and administrators list and delete tokens, nobody else', async () => {
  const { directory, admin } = await openHouse()
  const ada = await admin.createUser({ username: 'ada', password: 'p' })
  await admin.createUser({ username: 'bea', password: 'p' })
  const [own, other] = [await logIn(directory, 'ada', 'p'), await logIn(directory, 'bea', 'p')]
  const asOther = directory.administration.as(other.principal)
  const refused = { code: 'forbidden', reason: 'permission_missing' } as const
  await expectFailure(asOther.tokens(ada.id), refused)
  await expectFailure(asOther.deleteToken(ada.id, own.principal.tokenId ?? ''), refused)
  await expectFailure(asOther.createToken({ kind: 'personal', name: 'x', userId: ada.id }), refused)
  await expectFailure(admin.deleteToken(ada.id, 'unknown'), { code: 'not_found', reason: 'no_such_token' })
  await admin.deleteToken(ada.id, own.principal.tokenId ?? '')
  expect(await admin.tokens(ada.id)).toEqual([])
  expect(directory.authentication.byToken(own.token)).toBeNull()
})

test('[A22] the hour of the last use is written by the time the directory closes, and only once an hour', async () => {
  let time = 1_800_000_000_000 - (1_800_000_000_000 % 3_600_000)
  const ledger = createMemoryLedger({ clock: () => time })
  const { directory, admin, root } = await openHouse(ledger)
  const { token } = await admin.createToken({ kind: 'personal', name: 'used' })
  const lastUse = async (): Promise<number | null | undefined> =>
    (await (await openDirectory(ledger)).administration.as(root.principal).tokens(root.user.id)).find(
      ({ name }) => name === 'used',
    )?.lastUsedAt
  time += 3_600_000 + 5_000
  const principal = directory.authentication.byToken(token)
  expect(await lastUse()).toBeNull()
  await directory.close()
  expect(await lastUse()).toBe(time - 5_000)
  const { directory: positionBefore } = await ledger.load(() => {})
  time += 1_000_000
  expect(directory.authentication.byToken(token)).toBe(principal)
  await directory.close()
  expect((await ledger.load(() => {}))['directory']).toBe(positionBefore)
})

test('[A17] a token of a deleted user never serves a later user of the same id', async () => {
  let time = 1_800_000_000_000
  const ledger = createMemoryLedger({ clock: () => time })
  const { directory, admin } = await openHouse(ledger)
  await admin.createUser({ username: 'ada', id: 'ada', password: 'p' })
  const { token } = await logIn(directory, 'ada', 'p')
  const kept: { key: string; value: Uint8Array }[] = []
  await ledger.load(
    ({ key, value }) => void (key === `token/${sha256('sha256', token, 'base64url')}` && kept.push({ key, value })),
  )
  await admin.deleteUser('ada')
  await ledger.commit(
    'directory',
    kept.map(({ key, value }) => ({ key, value, expects: 0 })),
  )
  time += 10
  await admin.createUser({ username: 'ada', id: 'ada', password: 'p' })
  expect(directory.authentication.byToken(token)).toBeNull()
  const fresh = createDirectory({ ledger, idSpaces: [], random: randomBytes, log: { warn: () => {} } })
  fresh.loaded(await ledger.load((entry) => fresh.apply(entry)))
  expect(fresh.authentication.byToken(token)).toBeNull()
})
