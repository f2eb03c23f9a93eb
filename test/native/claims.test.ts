import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CLAIM_CLASSES } from '../../src/core/vocabulary.ts'
import { type Person, type Server, startServer } from '../server.ts'
import { ask } from './ask.ts'

let server: Server
let names = 0
beforeAll(async () => {
  server = await startServer({ store: 'memory:' })
})
afterAll(() => server.stop())

const person = (): Promise<Person> => server.createUser({ username: `claimed${++names}`, password: null })

const SOURCES = CLAIM_CLASSES.filter((source) => source !== 'manual')

/** An application's token, and what it says with it. */
async function application(more: object = {}) {
  const scopes = [...SOURCES.map((source) => `claims:${source}`), 'presence:read']
  const { token, id } = await server.call('POST', '/v1/tokens', server.adminToken, {
    kind: 'application',
    name: 'phone',
    scopes,
    ...more,
  })
  const at = (userId: string, key: string): string => `/v1/presence/${userId}/claims/${key}`
  return {
    id,
    token,
    put: (userId: string, key: string, body: object = { availability: 'busy' }) =>
      ask(server, `PUT ${at(userId, key)}`, { token, body }),
    end: (userId: string, key: string) => ask(server, `DELETE ${at(userId, key)}`, { token }),
    beat: (userId: string, key: string) => ask(server, `POST ${at(userId, key)}/heartbeat`, { token }),
    list: async (userId: string) => (await ask(server, `GET /v1/presence/${userId}/claims`, { token })).body.claims,
  }
}

test('[N41] a claim with a lease is over when no heartbeat keeps it', async () => {
  const [{ user }, phone] = [await person(), await application()]
  const made = await phone.put(user.id, 'call:1', { availability: 'busy', leaseMs: 1_000 })
  expect(made.body).toMatchObject({ availability: 'busy', source: 'call' })
  expect(made.body).not.toHaveProperty('until')
  const [{ since, leaseUntil }] = await phone.list(user.id)
  expect(Date.parse(leaseUntil)).toBe(Date.parse(since) + 1_000)
  await expect.poll(async () => (await presenceOf(user.id)).availability, { timeout: 4_000 }).toBe('offline')
  expect((await presenceOf(user.id)).since).toBe(leaseUntil)
  expect((await phone.beat(user.id, 'call:1')).body).toMatchObject({ status: 404, field: 'claim' })
})

test.each(['a heartbeat', 'the same PUT again'])(
  '[N41] %s moves the lease once less than half of it remains, and is not told',
  async (by) => {
    const [{ user }, phone] = [await person(), await application()]
    const said = { availability: 'dnd', leaseMs: 4_000 }
    await phone.put(user.id, 'app:1', said)
    const { cursor } = (await ask(server, 'GET /v1/presence')).body
    const keep = () => (by === 'a heartbeat' ? phone.beat(user.id, 'app:1') : phone.put(user.id, 'app:1', said))
    const leaseUntil = async (): Promise<string> => {
      await keep()
      return (await phone.list(user.id))[0].leaseUntil
    }
    const first = (await phone.list(user.id))[0].leaseUntil
    expect(await leaseUntil()).toBe(first)
    await expect.poll(leaseUntil, { timeout: 4_000 }).not.toBe(first)
    expect((await ask(server, `GET /v1/presence?since=${encodeURIComponent(cursor)}`)).body.presences).toEqual([])
  },
)

test('[N41] a heartbeat answers the claim; a claim without a lease needs none, and lengths have bounds', async () => {
  const [{ user }, phone] = [await person(), await application()]
  await phone.put(user.id, 'call:1', { availability: 'busy', activity: 'in_a_call', note: { text: 'x' }, leaseMs: 60_000 })
  const { status, body } = await phone.beat(user.id, 'call:1')
  expect([status, body]).toEqual([
    200,
    {
      claim: 'call:1',
      source: 'call',
      availability: 'busy',
      activity: 'in_a_call',
      note: { text: 'x', emoji: '' },
      since: expect.any(String),
      leaseMs: 60_000,
      leaseUntil: expect.any(String),
      via: 'native',
      by: phone.id,
    },
  ])
  await phone.put(user.id, 'call:2')
  expect((await phone.beat(user.id, 'call:2')).body).toMatchObject({ status: 400, field: 'claim' })
  for (const leaseMs of [0, 999, 86_400_001, 1.5, '5000'])
    expect([leaseMs, (await phone.put(user.id, 'call:3', { availability: 'busy', leaseMs })).body]).toEqual([
      leaseMs,
      expect.objectContaining({ status: 400, field: 'leaseMs' }),
    ])
})

test('[N42] everybody lists what they claim, the user and who may explain what anybody does', async () => {
  const [{ user, token }, stranger, phone, calendar] = [await person(), await person(), await application(), await application()]
  await phone.put(user.id, 'call:1')
  await calendar.put(user.id, 'calendar:1')
  await ask(server, 'PUT /v1/presence/me/availability', { token, body: { availability: 'away' } })
  const keys = (claims: { claim: string }[]): string[] => claims.map(({ claim }) => claim).sort()
  expect(keys(await phone.list(user.id))).toEqual(['call:1'])
  expect(keys(await calendar.list(user.id))).toEqual(['calendar:1'])
  for (const [word, reader] of [
    ['me', token],
    [user.id, server.adminToken],
  ] as const)
    expect(keys((await ask(server, `GET /v1/presence/${word}/claims`, { token: reader })).body.claims)).toEqual([
      'calendar:1',
      'call:1',
      'manual',
    ])
  expect((await ask(server, `GET /v1/presence/${user.id}/claims`, { token: stranger.token })).body).toEqual({ claims: [] })
  const read = await ask(server, 'GET /v1/presence/me/claims', { token })
  const again = await ask(server, 'GET /v1/presence/me/claims', {
    token,
    headers: { 'If-None-Match': read.headers.get('etag') ?? '' },
  })
  expect(again.status).toBe(304)
})

test.each(['application', 'personal'])(
  '[N17] [N42] a token of an administrator’s that only reads and claims is told of nobody that they hide: %s',
  async (kind) => {
    const { user, token } = await person()
    await ask(server, 'PUT /v1/presence/me/availability', { token, body: { availability: 'offline' } })
    const made = { name: 'calendar', kind, scopes: ['presence:read', 'claims:calendar'] }
    const reader = (await ask(server, 'POST /v1/tokens', { body: made })).body.token
    expect((await ask(server, `GET /v1/presence/${user.id}/explain`, { token: reader })).status).toBe(403)
    expect((await ask(server, `GET /v1/presence/${user.id}/claims`, { token: reader })).body).toEqual({ claims: [] })
  },
)

test('[N43] an application touches its own claims only, about the users it is limited to', async () => {
  const [{ user, token }, other] = [await person(), await person()]
  const [phone, rival] = [await application(), await application({ users: [user.id] })]
  await phone.put(user.id, 'call:1')
  for (const refused of [
    await rival.put(user.id, 'call:1', { availability: 'dnd' }),
    await rival.end(user.id, 'call:1'),
    await rival.beat(user.id, 'call:1'),
  ])
    expect(refused.body).toMatchObject({ status: 403, type: 'urn:rollcall:problem:claim-of-another', field: 'claim' })
  expect((await rival.put(other.user.id, 'call:2')).body).toMatchObject({ status: 404 })
  expect((await rival.put(user.id, 'call:2')).status).toBe(200)
  const own = await ask(server, 'DELETE /v1/presence/me/claims/call:1', { token })
  expect([own.status, own.body.availability]).toEqual([200, 'busy'])
  expect((await rival.end(user.id, 'call:2')).body).toMatchObject({ availability: 'offline' })
  const silent = await application({ scopes: ['presence:write-own'] })
  expect((await ask(server, `GET /v1/presence/${user.id}/claims`, { token: silent.token })).status).toBe(403)
})

const aDeed = fc.record({
  of: fc.constantFrom(0, 1),
  key: fc.constantFrom(...SOURCES.flatMap((source) => [`${source}:1`, `${source}:2`])),
  availability: fc.constantFrom('away', 'busy', 'dnd', 'offline', null),
})

test('[N43] [R1] claims overlap and end in any order: what remains shows', async () => {
  const applications = [await application(), await application()]
  const holds = fc.asyncProperty(fc.array(aDeed, { minLength: 4, maxLength: 12 }), async (deeds) => {
    const { user } = await person()
    let stated: { readonly key: string; readonly of: number; readonly availability: string }[] = []
    for (const { of, key, availability } of deeds) {
      const standing = stated.find((claim) => claim.key === key)
      const asked = applications[of]
      const answer = await (availability === null ? asked?.end(user.id, key) : asked?.put(user.id, key, { availability }))
      expect(answer?.status).toBe(standing !== undefined && standing.of !== of ? 403 : 200)
      if (answer?.status !== 200) continue
      const isSaidAgain = standing?.availability === availability
      if (!isSaidAgain) stated = stated.filter((claim) => claim !== standing)
      if (!isSaidAgain && availability !== null) stated.push({ key, of, availability })
      const rank = ({ key: one }: { readonly key: string }): number => SOURCES.findIndex((source) => one.startsWith(`${source}:`))
      const winner = stated.toReversed().sort((one, next) => rank(one) - rank(next))[0]
      expect(answer.body.availability).toBe(winner?.availability ?? 'offline')
      expect(answer.body.source).toBe(winner?.key.split(':')[0] ?? 'none')
    }
  })
  await fc.assert(holds, { numRuns: 25 })
})

async function presenceOf(userId: string) {
  return (await ask(server, `GET /v1/presence/${userId}`)).body
}
