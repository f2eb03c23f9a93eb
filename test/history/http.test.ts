import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Asked, ask } from '../native/ask.ts'
import { ADMIN, PASSWORD, type Person, type Server, startServer } from '../server.ts'

interface Entry {
  readonly at: string
  readonly kind: string
  readonly by: string | null
  readonly userId?: string
  readonly details?: object
}

interface Told {
  readonly by?: string
  readonly presence: { readonly availability: string }
}

let server: Server
let ann: Person
let bob: Person

beforeAll(async () => {
  server = await startServer()
  ann = await server.createUser({ username: 'ann' })
  bob = await server.createUser({ username: 'bob', password: null })
  await change({ history: 'all' })
})

afterAll(() => server.stop())

const change = (settings: object) => server.call('PATCH', '/v1/settings', server.adminToken, settings)
const historyOf = async (user: string, query = '', token = server.adminToken): Promise<Asked> =>
  ask(server, `GET /v1/presence/${user}/history${query}`, { token })
const say = (availability: string, { user, token }: { user: string; token: string }, more: object = {}) =>
  server.call('PUT', `/v1/presence/${user}/availability`, token, { availability, ...more })

/** All pages. */
async function auditedAs(query: string): Promise<Entry[]> {
  const entries: Entry[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const more: string = cursor === '' ? '' : `&cursor=${cursor}`
    const { status, body }: Asked = await ask(server, `GET /v1/audit?limit=7${query}${more}`)
    expect(status).toBe(200)
    entries.push(...body.entries)
    cursor = body.cursor
  }
  return entries
}

describe('history over HTTP', () => {
  test('[Y4, Y3] what changed is told in pages, and each instant answers as it did', async () => {
    for (const word of ['busy', 'away', 'dnd', 'busy']) await say(word, { user: 'me', token: ann.token })
    await say('away', { user: 'ann', token: server.adminToken })
    const whole = await historyOf('ann')
    expect(whole.body.passages.map(({ presence, by }: Told) => [presence.availability, by])).toEqual([
      ['away', expect.not.stringMatching(ann.user.id)],
      ...['busy', 'dnd', 'away', 'busy'].map((word) => [word, ann.user.id]),
      ['offline', undefined],
    ])
    const paged: unknown[] = []
    for (let page = await historyOf('ann', '?limit=2'); ; page = await historyOf('ann', `?limit=2&cursor=${page.body.cursor}`)) {
      paged.push(...page.body.passages)
      if (page.body.cursor === null) break
    }
    expect(paged).toEqual(whole.body.passages)
    for (const { at, presence } of whole.body.passages)
      expect((await ask(server, `GET /v1/presence/ann?at=${at}`)).body).toEqual(presence)
    const since = whole.body.passages[1].at
    expect((await historyOf('ann', `?from=${since}`)).body.passages.length).toBe(2)
    expect((await historyOf('ann', `?to=${since}`)).body.passages.length).toBe(4)
    const etag = whole.headers.get('etag') ?? ''
    const again = await ask(server, 'GET /v1/presence/ann/history', { headers: { 'If-None-Match': etag } })
    expect([again.status, again.body]).toEqual([304, null])
  })

  test('[Y3, Y4] what is asked wrongly is refused, naming the field', async () => {
    const cases: readonly (readonly [string, number, string])[] = [
      ['/v1/presence/ann?at=yesterday', 400, 'at'],
      ['/v1/presence/ann?at=2999-01-01T00:00:00Z', 400, 'at'],
      ['/v1/presence/ann?at=2020-01-01T00:00:00Z', 404, 'at'],
      ['/v1/presence/ann?at=2020-01-01T00:00:00Z&at=2020-01-02T00:00:00Z', 400, 'at'],
      ['/v1/presence/nobody?at=2020-01-01T00:00:00Z', 404, 'user'],
      ['/v1/presence/ann/history?from=x', 400, 'from'],
      ['/v1/presence/ann/history?to=2020', 400, 'to'],
      ['/v1/presence/ann/history?limit=0', 400, 'limit'],
      ['/v1/presence/ann/history?limit=1001', 400, 'limit'],
      ['/v1/presence/ann/history?cursor=x', 400, 'cursor'],
      ['/v1/presence/ann/history?since=x', 400, 'since'],
      ['/v1/presence/nobody/history', 404, 'user'],
      ['/v1/audit?kind=nothing', 400, 'kind'],
      ['/v1/audit?cursor=x', 400, 'cursor'],
      ['/v1/audit?from=x', 400, 'from'],
    ]
    for (const [path, status, field] of cases) {
      const asked = await ask(server, `GET ${path}`)
      expect([path, asked.status, asked.body.field]).toEqual([path, status, field])
    }
  })

  test('[Y1, Y6] off: 501 for everybody; own: each their own; all: others by permission', async () => {
    const statuses = async () =>
      Promise.all(
        [
          historyOf('me', '', ann.token),
          historyOf('bob', '', ann.token),
          historyOf('bob'),
          ask(server, `GET /v1/presence/bob?at=${new Date().toISOString()}`),
        ].map(async (asked) => (await asked).status),
      )
    expect(await statuses()).toEqual([200, 403, 200, 200])
    await change({ history: 'own' })
    expect(await statuses()).toEqual([200, 403, 403, 403])
    await change({ history: 'off' })
    expect(await statuses()).toEqual([501, 501, 501, 501])
    await change({ history: 'all' })
  })

  test('[Y7] the export is every passage as a line', async () => {
    const response = await server.request('/v1/presence/ann/history:export', {
      headers: { Authorization: `Bearer ${ann.token}` },
    })
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    const lines = (await response.text()).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual((await historyOf('me', '?limit=1000', ann.token)).body.passages)
    expect((await ask(server, 'GET /v1/presence/ann/history:export', { token: bob.token })).status).toBe(403)
  })

  test('[Y2, Y3, U1] it is there again after kill -9', async () => {
    await say('dnd', { user: 'bob', token: server.adminToken })
    await say('away', { user: 'bob', token: server.adminToken })
    const [before, audited] = [(await historyOf('bob')).body, await auditedAs('')]
    await server.kill()
    await server.restart()
    expect((await historyOf('bob')).body).toEqual(before)
    expect(await auditedAs('')).toEqual(audited)
  })

  test('[Y8] it is erased by its owner, and goes with its user', async () => {
    expect((await ask(server, 'DELETE /v1/presence/ann/history', { token: bob.token })).status).toBe(403)
    expect((await ask(server, 'DELETE /v1/presence/me/history', { token: ann.token })).status).toBe(204)
    expect((await historyOf('ann')).body.passages.length).toBe(1)
    const { user } = await server.createUser({ username: 'carl', id: 'carl', password: null })
    await say('busy', { user: user.id, token: server.adminToken })
    await server.call('DELETE', '/v1/users/carl', server.adminToken)
    expect((await historyOf('carl')).status).toBe(404)
    await server.createUser({ username: 'carl', id: 'carl', password: null })
    expect((await historyOf('carl')).body.passages.map(({ presence }: Told) => presence.availability)).toEqual(['offline'])
  })
})

describe('the audit log', () => {
  test('[U1, U2] who did what to whom is told, and no secret with it', async () => {
    const me = (await server.call('GET', '/v1/users/me', server.adminToken)).id
    const { user } = await server.createUser({ username: 'dora', name: 'Dora', password: 'the first secret' })
    await server.call('PATCH', '/v1/users/dora', server.adminToken, {
      roles: ['user', 'guest'],
      name: 'D',
      password: 'the second secret',
    })
    const wanted = { name: 'bot', kind: 'application', user: 'dora', scopes: ['presence:read', 'claims:call'] }
    const { token, id } = await server.call('POST', '/v1/tokens', server.adminToken, wanted)
    await server.call('PUT', '/v1/presence/dora/claims/call:1', token, { availability: 'busy', activity: 'in_a_call' })
    await server.call('PUT', '/v1/presence/dora/note', server.adminToken, { text: 'words of a note' })
    await server.call('DELETE', '/v1/presence/dora/claims/call:1', token)
    await server.call('DELETE', `/v1/tokens/${id}?user=dora`, server.adminToken)
    await change({ graceMs: 5_000 })
    await server.call('DELETE', '/v1/users/dora', server.adminToken)
    const told = (await auditedAs('')).slice(0, 9).reverse()
    const of = { userId: user.id }
    expect(told.map(({ at: _at, ...entry }) => entry)).toEqual([
      { kind: 'user.created', by: me, ...of, details: { username: 'dora', roles: ['user'] } },
      {
        kind: 'user.changed',
        by: me,
        ...of,
        details: { name: true, password: true, roles: { from: ['user'], to: ['user', 'guest'] } },
      },
      { kind: 'token.created', by: me, ...of, target: id, details: { name: 'bot', kind: 'application', scopes: wanted.scopes } },
      {
        kind: 'presence.set',
        by: id,
        ...of,
        details: { via: 'native', set: [{ key: 'call:1', availability: 'busy', activity: 'in_a_call' }] },
      },
      { kind: 'presence.set', by: me, ...of, details: { via: 'native', set: [{ key: 'note', note: true }] } },
      { kind: 'presence.set', by: id, ...of, details: { via: 'native', withdrawn: ['call:1'] } },
      { kind: 'token.deleted', by: me, ...of, target: id, details: { name: 'bot', kind: 'application', scopes: wanted.scopes } },
      { kind: 'settings.changed', by: me, details: { graceMs: { from: 10_000, to: 5_000 } } },
      { kind: 'user.deleted', by: me, ...of, details: { username: 'dora', roles: ['user', 'guest'] } },
    ])
    const text = JSON.stringify(await auditedAs(''))
    for (const secret of [
      'the first secret',
      'the second secret',
      'words of a note',
      PASSWORD,
      ADMIN.password,
      token,
      server.adminToken,
      'argon2',
    ])
      expect(text).not.toContain(secret)
  })

  test('[U2] presets and what roles may do are audited, one’s own presence and logins are not', async () => {
    const before = (await auditedAs('')).length
    await server.login('ann', PASSWORD)
    await say('busy', { user: 'me', token: ann.token })
    expect((await auditedAs('')).length).toBe(before)
    const headers = {
      'X-Auth-Token': server.adminToken,
      'X-User-Id': (await server.call('GET', '/v1/users/me', server.adminToken)).ids.rocketchat,
    }
    const body = JSON.stringify({ name: 'Lunch', statusType: 'away' })
    await server.request('/api/v1/custom-user-status.create', {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body,
    })
    const [latest] = await auditedAs('')
    expect([latest?.kind, latest?.details]).toEqual(['preset.put', { name: 'Lunch', availability: 'away' }])
  })

  test('[U3] it is found by whom it concerns, by whom it was done, kind and time, also of users who are gone', async () => {
    const all = await auditedAs('')
    expect(all.map(({ at }) => at)).toEqual(
      all
        .map(({ at }) => at)
        .sort()
        .reverse(),
    )
    const [to = '', from = ''] = [all[1]?.at, all[3]?.at]
    const gone = all.find(({ kind }) => kind === 'user.deleted')?.userId
    for (const [query, holds] of [
      [`&user=${gone}`, (entry: Entry) => entry.userId === gone],
      ['&user=bob', (entry: Entry) => entry.userId === bob.user.id],
      ['&by=admin', (entry: Entry) => entry.by === all.find(({ kind }) => kind === 'settings.changed')?.by],
      ['&kind=settings.changed', (entry: Entry) => entry.kind === 'settings.changed'],
      [`&from=${from}&to=${to}`, ({ at }: Entry) => at >= from && at < to],
    ] as const) {
      const found = await auditedAs(query)
      expect(found.length).toBeGreaterThan(0)
      expect(found).toEqual(all.filter(holds))
    }
  })

  test('[U3] only whoever may read it does, with a token for it', async () => {
    expect((await ask(server, 'GET /v1/audit', { token: ann.token })).status).toBe(403)
    const limited = await server.call('POST', '/v1/tokens', server.adminToken, { name: 'x', scopes: ['presence:read'] })
    const narrow = await server.call('POST', '/v1/tokens', server.adminToken, { name: 'x', users: ['ann'] })
    for (const { token } of [limited, narrow]) {
      const asked = await ask(server, 'GET /v1/audit', { token })
      expect([asked.status, asked.body.type]).toEqual([403, 'urn:rollcall:problem:scope-missing'])
    }
  })

  test('[U5] the first administrator was made by nobody', async () => {
    const first = (await auditedAs('&kind=user.created')).at(-1)
    expect([first?.by, first?.details]).toEqual([null, { username: ADMIN.username, roles: ['admin'] }])
  })
})
