import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { ask } from './ask.ts'

let server: Server
let names = 0
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

const person = (more: Readonly<Record<string, unknown>> = {}): Promise<Person> =>
  server.createUser({ username: `person${++names}`, ...more })

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

test('[N10] a user about whom nothing was said is offline since there was the user', async () => {
  const { user, token } = await person()
  for (const word of ['me', user.id, user.username]) {
    expect((await ask(server, `GET /v1/presence/${word}`, { token })).body).toEqual({
      userId: user.id,
      availability: 'offline',
      since: user.createdAt,
      source: 'none',
      manual: false,
      lastActiveAt: null,
    })
  }
  const nobody = await ask(server, 'GET /v1/presence/nobody')
  expect([nobody.status, nobody.body.type, nobody.body.field]).toEqual([404, 'urn:rollcall:problem:no-such-user', 'user'])
})

test('[N11] a read carries a tag: with it the answer is 304 until what it says differs', async () => {
  const { user, token } = await person()
  const read = (known?: string) =>
    ask(server, `GET /v1/presence/${user.id}`, known === undefined ? {} : { headers: { 'If-None-Match': known } })
  const first = await read()
  const etag = first.headers.get('etag') ?? ''
  expect(etag).toMatch(/^"\S+"$/)
  const again = await read(`"other", W/${etag}`)
  expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, null, etag])
  await ask(server, 'PUT /v1/presence/me/availability', { token, body: { availability: 'dnd' } })
  const changed = await read(etag)
  expect([changed.status, changed.body.availability]).toEqual([200, 'dnd'])
  expect(changed.headers.get('etag')).not.toBe(etag)
  expect((await ask(server, 'GET /v1/users/me', { token, headers: { 'If-None-Match': '*' } })).status).toBe(304)
})

test('[N12] a batch answers in the order asked, by any word for a user, and names the unknown', async () => {
  const { user, token } = await person()
  const { body } = await ask(server, 'POST /v1/presence:batch', {
    token,
    body: { users: ['admin', 'nobody', 'me', user.id, ''] },
  })
  expect(body.presences.map((presence: { userId: string }) => presence.userId)).toEqual([expect.any(String), user.id, user.id])
  expect(body.presences[1]).toEqual((await ask(server, 'GET /v1/presence/me', { token })).body)
  expect(body.unknown).toEqual(['nobody', ''])
})

test('[N12] a batch takes 1,000 users and refuses more, saying how many', async () => {
  const users = Array.from({ length: 1_000 }, () => 'admin')
  expect((await ask(server, 'POST /v1/presence:batch', { body: { users } })).body.presences).toHaveLength(1_000)
  const refused = await ask(server, 'POST /v1/presence:batch', { body: { users: [...users, 'admin'] } })
  expect([refused.status, refused.body.field, refused.body.detail]).toEqual([400, 'users', expect.stringContaining('1000')])
})

test('[N13] a delta from a cursor on, laid over the snapshot, is the snapshot of later', async () => {
  const [ann, bob, eve] = [await person(), await person(), await person()]
  const snapshot = (await ask(server, 'GET /v1/presence')).body
  expect(snapshot.full).toBe(true)
  await ask(server, 'PUT /v1/presence/me/availability', { token: ann.token, body: { availability: 'busy' } })
  await ask(server, 'PUT /v1/presence/me/note', { token: bob.token, body: { text: 'back soon' } })
  await ask(server, `DELETE /v1/users/${eve.user.id}`)
  const delta = (await ask(server, `GET /v1/presence?since=${encodeURIComponent(snapshot.cursor)}`)).body
  expect([delta.full, delta.removed]).toEqual([false, [eve.user.id]])
  expect(byUser(delta.presences).has(ann.user.id)).toBe(true)
  const laidOver = new Map([...byUser(snapshot.presences), ...byUser(delta.presences)])
  laidOver.delete(eve.user.id)
  expect(laidOver).toEqual(byUser((await ask(server, 'GET /v1/presence')).body.presences))
  const quiet = (await ask(server, `GET /v1/presence?since=${encodeURIComponent(delta.cursor)}`)).body
  expect([quiet.full, quiet.presences, quiet.removed]).toEqual([false, [], []])
})

test('[N13] a cursor of another store gives everyone, told as such; what is no cursor is refused', async () => {
  await using other = await startServer({ store: 'memory:' })
  const { cursor } = (await ask(other, 'GET /v1/presence')).body
  const { body } = await ask(server, `GET /v1/presence?since=${encodeURIComponent(cursor)}`)
  expect([body.full, body.presences.length > 0]).toEqual([true, true])
  expect((await ask(server, 'GET /v1/presence?since=made-up')).body).toMatchObject({ status: 400, field: 'since' })
})

function byUser(presences: readonly { readonly userId: string }[]): Map<string, object> {
  return new Map(presences.map((presence) => [presence.userId, presence]))
}

test('[N14] a standing availability shows until it is withdrawn, with its activity', async () => {
  const { user, token } = await person()
  const body = { availability: 'away', activity: 'out_of_office' }
  const put = await ask(server, 'PUT /v1/presence/me/availability', { token, body })
  expect([put.status, put.body]).toEqual([
    200,
    { userId: user.id, ...body, since: TIME, source: 'manual', manual: true, lastActiveAt: TIME },
  ])
  expect((await ask(server, `GET /v1/presence/${user.id}`)).body).toEqual(put.body)
  const withdrawn = await ask(server, 'DELETE /v1/presence/me/availability', { token })
  expect([withdrawn.status, withdrawn.body.availability, withdrawn.body.source]).toEqual([200, 'offline', 'none'])
})

test('[N14] a timed availability ends at its end, and what stood before shows again', async () => {
  const { token } = await person()
  await ask(server, 'PUT /v1/presence/me/availability', { token, body: { availability: 'away' } })
  const until = inMs(800)
  const timed = await ask(server, 'PUT /v1/presence/me/availability', { token, body: { availability: 'dnd', until } })
  expect([timed.body.availability, timed.body.until, timed.body.nextChangeAt]).toEqual(['dnd', until, until])
  await expect
    .poll(async () => (await ask(server, 'GET /v1/presence/me', { token })).body, { timeout: 3_000 })
    .toMatchObject({ availability: 'away', since: until })
})

test('[N14] online is a declaration: no end and no activity go with it', async () => {
  const { token } = await person()
  const online = await ask(server, 'PUT /v1/presence/me/availability', { token, body: { availability: 'online' } })
  expect(online.body).toMatchObject({ availability: 'online', source: 'declared', manual: false })
  const timed = await ask(server, 'PUT /v1/presence/me/availability', {
    token,
    body: { availability: 'online', until: inMs(9_000) },
  })
  expect([timed.status, timed.body.field]).toEqual([400, 'until'])
  const finer = await ask(server, 'PUT /v1/presence/me/availability', {
    token,
    body: { availability: 'online', activity: 'focusing' },
  })
  expect([finer.status, finer.body.field]).toEqual([400, 'activity'])
})

test('[N14] offline hides: strangers read what a user who is gone shows, the user reads the claim', async () => {
  const [hidden, gone] = [await person(), await person()]
  await ask(server, 'PUT /v1/presence/me/availability', {
    token: hidden.token,
    body: { availability: 'offline', until: inMs(60_000) },
  })
  expect((await ask(server, 'GET /v1/presence/me', { token: hidden.token })).body).toMatchObject({
    manual: true,
    source: 'manual',
  })
  const read = async ({ user }: Person) => (await ask(server, `GET /v1/presence/${user.id}`)).body
  const same = { userId: '', since: '' }
  expect({ ...(await read(hidden)), ...same }).toEqual({ ...(await read(gone)), ...same })
})

test('[N15] a note has text, an emoji or both, and goes when neither is left', async () => {
  const { token } = await person()
  const put = (body: object) => ask(server, 'PUT /v1/presence/me/note', { token, body })
  expect((await put({ text: 'On the train' })).body.note).toEqual({ text: 'On the train', emoji: '' })
  expect((await put({ emoji: ':palm_tree:' })).body.note).toEqual({ text: '', emoji: 'palm_tree' })
  const until = inMs(60_000)
  expect((await put({ text: 'Lunch', emoji: 'pizza', until })).body).toMatchObject({
    note: { text: 'Lunch', emoji: 'pizza', until },
    nextChangeAt: until,
  })
  expect((await put({ text: '', emoji: null })).body).not.toHaveProperty('note')
  await put({ text: 'again' })
  expect((await ask(server, 'DELETE /v1/presence/me/note', { token })).body).not.toHaveProperty('note')
  expect((await put({ emoji: 'not an emoji' })).body).toMatchObject({ status: 400, field: 'emoji' })
  expect((await put({ text: 'x'.repeat(1_025) })).body).toMatchObject({ status: 400, field: 'text' })
})

test('[N16] claims of several sources stand side by side; a call outranks one’s own word', async () => {
  const { token } = await person()
  await ask(server, 'PUT /v1/presence/me/availability', { token, body: { availability: 'away' } })
  const call = await ask(server, 'PUT /v1/presence/me/claims/call:42', {
    token,
    body: { availability: 'busy', activity: 'in_a_call', note: { text: 'On the phone', emoji: 'phone' }, until: inMs(60_000) },
  })
  expect(call.body).toMatchObject({ availability: 'busy', activity: 'in_a_call', source: 'call', note: { text: 'On the phone' } })
  await ask(server, 'PUT /v1/presence/me/claims/calendar:7', { token, body: { availability: 'dnd' } })
  const ended = await ask(server, 'DELETE /v1/presence/me/claims/call:42', { token })
  expect(ended.body).toMatchObject({ availability: 'away', source: 'manual' })
  expect((await ask(server, 'DELETE /v1/presence/me/availability', { token })).body).toMatchObject({
    availability: 'dnd',
    source: 'calendar',
  })
})

test('[N16] a claim says something, under a key of a class that there is', async () => {
  const put = (key: string, body: object) => ask(server, `PUT /v1/presence/me/claims/${key}`, { body })
  for (const key of ['manual:1', 'lunch:1', 'call', 'call:', 'call:a%20b']) {
    expect([key, (await put(key, { availability: 'busy' })).body]).toEqual([
      key,
      expect.objectContaining({ status: 400, field: 'claim' }),
    ])
  }
  expect((await put('app:1', {})).body).toMatchObject({ status: 400, field: 'availability' })
  expect((await put('app:1', { activity: 'focusing' })).body).toMatchObject({ status: 400, field: 'activity' })
})

test('[N16] a token may make the claims of its scopes’ classes only', async () => {
  const { body } = await ask(server, 'POST /v1/tokens', {
    body: { kind: 'application', name: 'phone', scopes: ['claims:call', 'presence:read'] },
  })
  const put = (key: string) =>
    ask(server, `PUT /v1/presence/me/claims/${key}`, { token: body.token, body: { availability: 'busy' } })
  expect((await put('call:1')).status).toBe(200)
  expect((await put('calendar:1')).body).toMatchObject({ status: 403, type: 'urn:rollcall:problem:scope-missing' })
})

test('[N15] [N16] while notes are not allowed neither a note nor a claim has one', async () => {
  await server.call('PATCH', '/v1/settings', server.adminToken, { notesAllowed: false })
  const note = { text: 'hello' }
  for (const [call, body] of [
    ['PUT /v1/presence/me/note', note],
    ['PUT /v1/presence/me/claims/app:1', { availability: 'busy', note }],
  ] as const)
    expect([call, (await ask(server, call, { body })).body.type]).toEqual([call, 'urn:rollcall:problem:notes-not-allowed'])
  expect((await ask(server, 'PUT /v1/presence/me/claims/app:1', { body: { availability: 'busy' } })).status).toBe(200)
  expect((await ask(server, 'DELETE /v1/presence/me/note')).status).toBe(200)
  await ask(server, 'DELETE /v1/presence/me/claims/app:1')
  await server.call('PATCH', '/v1/settings', server.adminToken, { notesAllowed: true })
})

test('[N17] it is explained in the language that is asked for, else in the one preferred, else in English', async () => {
  const { token } = await person()
  const asked = async (lang: string, preferred?: string) => {
    const headers = { Authorization: `Bearer ${token}`, ...(preferred !== undefined && { 'Accept-Language': preferred }) }
    const answer = await server.request(`/v1/presence/me/explain${lang}`, { headers })
    const { lang: said, sentence } = (await answer.json()) as { lang: string; sentence: string }
    expect([answer.headers.get('Content-Language'), answer.headers.get('Vary')]).toEqual([said, 'Accept-Language'])
    return `${said}: ${sentence.split(' ')[0]}`
  }
  expect(await asked('')).toBe('en: Shown')
  expect(await asked('', 'de-CH, en;q=0.8')).toBe('de: Gezeigt')
  expect(await asked('', 'fr, de;q=0.1')).toBe('de: Gezeigt')
  expect(await asked('', 'fr, *;q=0')).toBe('en: Shown')
  expect(await asked('?lang=en', 'de')).toBe('en: Shown')
  expect(await asked('?lang=de')).toBe('de: Gezeigt')
  expect((await ask(server, 'GET /v1/presence/me/explain?lang=fr')).body).toMatchObject({ status: 400, field: 'lang' })
})

test('[N17] explain tells every fact, what it lost to, and what comes next', async () => {
  const { user, token } = await person()
  const until = inMs(60_000)
  await ask(server, 'PUT /v1/presence/me/availability', { token, body: { availability: 'away' } })
  await ask(server, 'PUT /v1/presence/me/claims/call:1', { token, body: { availability: 'busy', until } })
  const { status, body } = await ask(server, `GET /v1/presence/${user.id}/explain`)
  expect([status, body.presence.availability, typeof body.sentence]).toEqual([200, 'busy', 'string'])
  expect(body.facts).toContainEqual(
    expect.objectContaining({ id: 'call:1', role: 'availability', until, since: TIME, via: 'native' }),
  )
  expect(body.facts).toContainEqual(expect.objectContaining({ id: 'manual', role: 'lost', lostTo: 'call:1', until: null }))
  expect(body.next).toMatchObject({ at: until, presence: { availability: 'away' } })
  const stranger = await person()
  expect((await ask(server, `GET /v1/presence/${user.id}/explain`, { token: stranger.token })).status).toBe(403)
})

test('[N18] others’ presence is for those who may set it, and an administrator’s only for administrators', async () => {
  const [ann, bob] = [await person(), await person()]
  const put = (word: string, token: string) =>
    ask(server, `PUT /v1/presence/${word}/availability`, { token, body: { availability: 'dnd' } })
  expect((await put(bob.user.id, ann.token)).body).toMatchObject({ status: 403 })
  expect((await put(bob.user.id, server.adminToken)).body).toMatchObject({ availability: 'dnd', userId: bob.user.id })
  expect((await put('admin', ann.token)).status).toBe(403)
})

test('[N19] saying back what shows leaves another door’s claim as it stands; saying another thing replaces it', async () => {
  const { user, token } = await person()
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
  const path = `/api/v4/users/${user.ids.mattermost}/status`
  const dndUntil = Math.floor(Date.now() / 1000) + 3_600
  const set = await server.request(path, {
    method: 'PUT',
    headers,
    body: JSON.stringify({ user_id: user.ids.mattermost, status: 'dnd', dnd_end_time: dndUntil }),
  })
  expect(set.status).toBe(200)
  const until = new Date(dndUntil * 1000).toISOString()
  const echo = await ask(server, 'PUT /v1/presence/me/availability', { token, body: { availability: 'dnd' } })
  expect(echo.body).toMatchObject({ availability: 'dnd', until })
  const finer = await ask(server, 'PUT /v1/presence/me/availability', {
    token,
    body: { availability: 'dnd', activity: 'focusing' },
  })
  expect(finer.body).toMatchObject({ availability: 'dnd', activity: 'focusing' })
  expect(finer.body).not.toHaveProperty('until')
})

test('[N20, N21] an end is a time that is yet to come, with any offset, told in UTC', async () => {
  const { token } = await person()
  const put = (path: string, body: object) => ask(server, `PUT /v1/presence/me/${path}`, { token, body })
  for (const [path, body] of [
    ['availability', { availability: 'busy' }],
    ['note', { text: 'late' }],
    ['claims/call:1', { availability: 'busy' }],
  ] as const) {
    const past = await put(path, { ...body, until: '2020-02-29T12:00:00.000Z' })
    expect([path, past.body]).toEqual([
      path,
      expect.objectContaining({ status: 400, field: 'until', type: 'urn:rollcall:problem:end-in-past' }),
    ])
    for (const until of [
      'tomorrow',
      '2030-02-30T10:00:00Z',
      '2030-01-01',
      '2030-01-01T10:00:00',
      '2030-01-01T25:00:00Z',
      '2030-01-01T24:00:00Z',
      '9999-12-31T23:59:59-00:01',
      1_900_000_000_000,
    ]) {
      expect([until, (await put(path, { ...body, until })).body]).toEqual([
        until,
        expect.objectContaining({ status: 400, field: 'until' }),
      ])
    }
  }
  const last = await put('availability', { availability: 'busy', until: '9999-12-31T23:59:59.999Z' })
  expect(last.body.until).toBe('9999-12-31T23:59:59.999Z')
  const offset = await put('availability', { availability: 'busy', until: '2030-01-01T10:00:00.5+05:30' })
  expect(offset.body.until).toBe('2030-01-01T04:30:00.500Z')
})

test('[N11] [N13] the cursor is the tag of changes: with it a poll is 304 until something is told', async () => {
  const { token } = await person()
  const poll = (since: string, tag: string) =>
    ask(server, `GET /v1/presence${since}`, { token, headers: { 'If-None-Match': tag } })
  const snapshot = await ask(server, 'GET /v1/presence', { token })
  const { cursor } = snapshot.body
  expect(snapshot.headers.get('etag')).toBe(`"${cursor}"`)
  for (const since of ['', `?since=${cursor}`]) {
    const quiet = await poll(since, `"${cursor}"`)
    expect([quiet.status, quiet.body, quiet.headers.get('etag')]).toEqual([304, null, `"${cursor}"`])
  }
  await ask(server, 'PUT /v1/presence/me/note', { token, body: { text: 'told' } })
  const told = await poll(`?since=${cursor}`, `"${cursor}"`)
  expect([told.status, told.body.presences.length, told.headers.get('etag')]).toEqual([200, 1, `"${told.body.cursor}"`])
  expect((await poll('', `"${cursor}"`)).body.full).toBe(true)
  for (const tag of ['"made-up"', 'W/"x"', '"other", "another"']) expect((await poll('', tag)).status).toBe(200)
  expect((await poll(`?since=${cursor}`, `"${told.body.cursor}"`)).status).toBe(304)
})
