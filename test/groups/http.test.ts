import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask } from '../native/ask.ts'
import { mirrorOf, talk } from '../native/talk.ts'
import { type Person, type Server, startServer } from '../server.ts'

let server: Server
let names = 0
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

const people = (count: number): Promise<Person[]> =>
  Promise.all(Array.from({ length: count }, () => server.createUser({ username: `person${++names}`, password: null })))
const idsOf = (those: readonly Person[]): string[] => those.map(({ user }) => user.id)
const set = (person: Person | undefined, availability: string) =>
  ask(server, 'PUT /v1/presence/me/availability', { token: person?.token ?? null, body: { availability } })

async function groupOf(members: readonly Person[]): Promise<{ readonly id: string; readonly name: string }> {
  const { body } = await ask(server, 'POST /v1/groups', { body: { name: `Group ${++names}`, members: idsOf(members) } })
  return body
}

/** Server-sent events until the stream ends. */
async function eventsOf(path: string, token = server.adminToken): Promise<string> {
  const response = await server.request(path, { headers: { Authorization: `Bearer ${token}` } })
  expect({ status: response.status, type: response.headers.get('content-type') }).toEqual({
    status: 200,
    type: 'text/event-stream',
  })
  return response.text()
}

test('[V15] a group is made, found by name, renamed, listed and deleted', async () => {
  const [ann, bea] = await people(2)
  const made = await ask(server, 'POST /v1/groups', { body: { name: 'Help desk', members: [ann?.user.username, bea?.user.id] } })
  expect(made).toMatchObject({ status: 201, body: { id: expect.any(String), name: 'Help desk', members: 2 } })
  expect(made.headers.get('location')).toBe(`/v1/groups/${made.body.id}`)
  const read = await ask(server, 'GET /v1/groups/help%20desk', { token: ann?.token ?? null })
  expect(read.body).toEqual(made.body)
  const again = await ask(server, `GET /v1/groups/${made.body.id}`, {
    headers: { 'If-None-Match': read.headers.get('etag') ?? '' },
  })
  expect(again.status).toBe(304)
  expect(await ask(server, 'POST /v1/groups', { body: { name: 'HELP DESK' } })).toMatchObject({
    status: 409,
    body: { type: 'urn:rollcall:problem:taken', field: 'name' },
  })
  expect((await ask(server, 'PATCH /v1/groups/Help%20desk', { body: { name: 'Desk' } })).body.name).toBe('Desk')
  const listed = await ask(server, `GET /v1/groups?user=${ann?.user.username}`)
  expect(listed.body).toEqual({ groups: [{ ...made.body, name: 'Desk', updatedAt: expect.any(String) }], cursor: null })
  expect((await ask(server, 'DELETE /v1/groups/desk')).status).toBe(204)
  expect(await ask(server, 'GET /v1/groups/desk')).toMatchObject({
    status: 404,
    body: { type: 'urn:rollcall:problem:no-such-group' },
  })
})

test('[V15] groups and members are read page by page', async () => {
  const group = await groupOf(await people(5))
  const seen: string[] = []
  let cursor = ''
  do {
    const { body } = await ask(server, `GET /v1/groups/${group.id}/members?limit=2${cursor && `&cursor=${cursor}`}`)
    seen.push(...body.presences.map(({ userId }: { userId: string }) => userId))
    cursor = body.cursor
  } while (cursor)
  expect(seen).toHaveLength(5)
  expect(seen).toEqual([...new Set(seen)].sort())
  await groupOf([])
  const first = (await ask(server, 'GET /v1/groups?limit=1')).body
  const second = (await ask(server, `GET /v1/groups?limit=1000&cursor=${first.cursor}`)).body
  const all = (await ask(server, 'GET /v1/groups?limit=1000')).body
  expect([...first.groups, ...second.groups]).toEqual(all.groups)
})

test('[V15] members come and go one by one and by the batch, and only for whom it is allowed', async () => {
  const [ann, bea, cyd] = await people(3)
  const { id } = await groupOf([])
  const call = (method: string, person = ann, token = server.adminToken) =>
    ask(server, `${method} /v1/groups/${id}/members/${person?.user.username}`, { token })
  expect([(await call('PUT')).status, (await call('PUT')).status]).toEqual([204, 204])
  expect((await call('PUT', bea, ann?.token)).body).toMatchObject({
    status: 403,
    type: 'urn:rollcall:problem:permission-missing',
  })
  const body = { add: [bea?.user.id, cyd?.user.username, 'nobody at all'], remove: [ann?.user.id] }
  const changed = await ask(server, `POST /v1/groups/${id}/members:batch`, { body })
  expect(changed).toMatchObject({ status: 200, body: { added: 2, removed: 1, unknown: ['nobody at all'] } })
  expect([(await call('DELETE', bea)).status, (await call('DELETE', bea)).status]).toEqual([204, 204])
  expect((await ask(server, `GET /v1/groups/${id}`)).body.members).toBe(1)
})

test.each([
  ['POST /v1/groups', { name: 'a/b' }, 400, 'name'],
  ['POST /v1/groups', {}, 400, 'name'],
  ['POST /v1/groups', { name: 'x', members: ['nobody'] }, 404, 'members'],
  ['POST /v1/groups/nothing/members:batch', { add: 'x' }, 400, 'add'],
  ['GET /v1/groups/nothing/counts', undefined, 404, 'group'],
  ['GET /v1/groups?cursor=nonsense', undefined, 400, 'cursor'],
  ['GET /v1/stream?groups=', undefined, 400, 'groups'],
  ['GET /v1/stream?groups=nothing', undefined, 404, 'group'],
  ['GET /v1/groups/nothing/until-free', undefined, 404, 'group'],
  ['GET /v1/presence/nobody/until-free', undefined, 404, 'user'],
])('[V15] %s %j is %i, naming %s', async (call, body, status, field) => {
  expect(await ask(server, call, body === undefined ? {} : { body })).toMatchObject({ status, body: { status, field } })
})

test('[V15] counts, and whose turn it is', async () => {
  const those = await people(3)
  const group = await groupOf(those)
  const [ann, bea] = those
  expect(await ask(server, `POST /v1/groups/${group.id}/first-available`)).toMatchObject({
    status: 404,
    body: { type: 'urn:rollcall:problem:nobody-free' },
  })
  await set(ann, 'online')
  await set(bea, 'online')
  expect((await ask(server, `GET /v1/groups/${group.id}/counts`)).body).toEqual({
    group: group.id,
    members: 3,
    online: 2,
    away: 0,
    busy: 0,
    dnd: 0,
    offline: 1,
  })
  const chosen = async (method: string) =>
    (await ask(server, `${method} /v1/groups/${group.id}/first-available`)).body.presence.userId
  const peeked = await chosen('GET')
  expect(await chosen('POST')).toBe(peeked)
  const next = await chosen('POST')
  expect(new Set([peeked, next])).toEqual(new Set(idsOf([ann, bea] as Person[])))
  expect(await chosen('POST')).toBe(peeked)
})

test('[V14] waiting over a stream is answered by one event, and the stream ends', async () => {
  const those = await people(2)
  const [ann, bea] = those
  const group = await groupOf(those)
  const waits = [`/v1/groups/${group.id}/until-free`, `/v1/presence/${bea?.user.id}/until-free`].map((path) => eventsOf(path))
  await set(ann, 'busy')
  await set(bea, 'online')
  for (const text of await Promise.all(waits))
    expect(text).toMatch(new RegExp(`^retry: \\d+\n\nevent: free\ndata: {"presence":{"userId":"${bea?.user.id}".*}}\n\n$`))
  expect(await eventsOf(`/v1/presence/${bea?.user.id}/until-free`)).toContain('event: free')
  const doomed = eventsOf(`/v1/presence/${ann?.user.id}/until-free`)
  const late = await groupOf([])
  const gone = eventsOf(`/v1/groups/${late.id}/until-free`)
  await new Promise((resolve) => setTimeout(resolve, 50))
  await ask(server, `DELETE /v1/users/${ann?.user.id}`)
  await ask(server, `DELETE /v1/groups/${late.id}`)
  expect([await doomed, await gone]).toEqual([expect.stringContaining('event: gone'), expect.stringContaining('event: gone')])
})

test('[V14] waiting over a socket is answered once, with the id that it was asked with', async () => {
  const those = await people(2)
  const [ann, bea] = those
  const group = await groupOf(those)
  const line = await talk(server, ann?.token ?? null)
  expect(await line.say({ type: 'until-free', group: group.name })).toMatchObject({ type: 'done' })
  expect(await line.say({ type: 'until-free', user: bea?.user.username })).toMatchObject({ type: 'done' })
  expect(await line.say({ type: 'until-free', user: ann?.user.username })).toMatchObject({ type: 'done' })
  expect(await line.say({ type: 'until-free', user: ann?.user.username, cancel: true })).toMatchObject({ type: 'done' })
  expect(await line.say({ type: 'until-free' })).toMatchObject({ type: 'error', problem: { field: 'user' } })
  await set(bea, 'online')
  const told = await line.until(({ type, groupId }) => type === 'free' && groupId === group.id)
  expect(told).toMatchObject({ id: 'm1', presence: { userId: bea?.user.id, availability: 'online' } })
  await line.until(({ type, userId }) => type === 'free' && userId === bea?.user.id)
  await set(ann, 'online')
  expect(await line.say({ type: 'until-free', group: group.id })).toMatchObject({ type: 'done' })
  await line.until(({ type }) => type === 'free', line.heard.length - 1)
  expect(line.heard.filter(({ type }) => type === 'free')).toHaveLength(3)
  line.socket.close()
})

test('[V14] a number that a wait was asked with stays one, and what was refused waits for nothing', async () => {
  const [ann, bea] = (await people(2)) as [Person, Person]
  const line = await talk(server, ann.token)
  line.socket.send(JSON.stringify({ type: 'until-free', user: bea.user.id, id: 7 }))
  await line.until(({ type, id }) => type === 'done' && id === 7)
  await set(bea, 'online')
  expect(await line.of('free')).toMatchObject({ id: 7 })
  line.socket.close()
  const { body } = await ask(server, 'POST /v1/tokens', {
    token: ann.token,
    body: { name: 'writer', scopes: ['presence:write-own'] },
  })
  const writer = await talk(server, body.token)
  const those = await people(101)
  for (const { user } of those)
    expect(await writer.say({ type: 'until-free', user: user.id })).toMatchObject({ problem: { status: 403 } })
  writer.socket.close()
})

test('[V13] a watched group tells of whoever joins, and takes away whoever leaves', async () => {
  const those = await people(4)
  const [ann, bea, cyd, dan] = those
  const [one, other] = [await groupOf([ann, bea] as Person[]), await groupOf([bea] as Person[])]
  const line = await talk(server, server.adminToken)
  await line.say({ type: 'watch', groups: [one.name, other.id] })
  const held = () => [...mirrorOf(line.heard).keys()].sort()
  await line.of('cursor')
  expect((await line.of('snapshot')).users.sort()).toEqual(idsOf([ann, bea] as Person[]).sort())
  const change = (id: string, body: object) => ask(server, `POST /v1/groups/${id}/members:batch`, { body })
  await change(one.id, { add: [cyd?.user.id], remove: idsOf([ann, bea] as Person[]) })
  await line.until(({ type, userId }) => type === 'removed' && userId === ann?.user.id)
  await line.presenceOf(cyd?.user.id, 'offline')
  expect(held()).toEqual(idsOf([bea, cyd] as Person[]).sort())
  const from = line.heard.length
  for (const person of those) await set(person, 'online')
  await line.presenceOf(cyd?.user.id, 'online', from)
  await line.presenceOf(bea?.user.id, 'online', from)
  expect(held()).toEqual(idsOf([bea, cyd] as Person[]).sort())
  await ask(server, `DELETE /v1/groups/${one.id}`)
  await line.until(({ type, userId }) => type === 'removed' && userId === cyd?.user.id)
  await line.say({ type: 'unwatch', groups: [other.id] })
  await change(other.id, { add: [dan?.user.id] })
  await line.say({ type: 'ping' })
  expect(held()).toEqual([bea?.user.id])
  line.socket.close()
})

test('[V13] a stream of groups begins with a snapshot, also where a cursor is given', async () => {
  const those = await people(2)
  const group = await groupOf(those)
  const { body } = await ask(server, 'GET /v1/presence')
  const ended = new AbortController()
  const response = await server.request(`/v1/stream?groups=${encodeURIComponent(group.name)}&since=${body.cursor}`, {
    headers: { Authorization: `Bearer ${server.adminToken}` },
    signal: ended.signal,
  })
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array)
    if (text.includes('event: cursor')) break
  }
  expect(text.match(/^event: \w+$/gm)).toEqual(['event: snapshot', 'event: presence', 'event: presence', 'event: cursor'])
})

test('[V10, V13] a token limited to a group sees it alone in every dialect, live', async () => {
  const those = await people(3)
  const [ann, bea, cyd] = those
  const group = await groupOf([ann] as Person[])
  const wanted = { name: 'wall', kind: 'application', groups: [group.name], scopes: ['presence:read'] }
  const { token, groups } = await server.call('POST', '/v1/tokens', server.adminToken, wanted)
  expect(groups).toEqual([group.id])
  const line = await talk(server, token)
  await line.say({ type: 'watch', everyone: true })
  await line.presenceOf(ann?.user.id, 'offline')
  await set(ann, 'busy')
  await set(bea, 'busy')
  const seen = async (person: Person | undefined) => {
    const headers = { Authorization: `Bearer ${token}` }
    const native = await server.request(`/v1/presence/${person?.user.id}`, { headers })
    const elsewhere = await server.request(`/api/v4/users/${person?.user.ids.mattermost}/status`, { headers })
    return [native.status, ((await elsewhere.json()) as { status: string }).status]
  }
  const [inside, outside] = [
    [200, 'dnd'],
    [404, 'offline'],
  ]
  expect([await seen(ann), await seen(bea)]).toEqual([inside, outside])
  const change = { add: idsOf([bea, cyd] as Person[]), remove: idsOf([ann] as Person[]) }
  await ask(server, `POST /v1/groups/${group.id}/members:batch`, { body: change })
  expect([await seen(ann), await seen(bea)]).toEqual([outside, inside])
  await line.until(({ type, userId }) => type === 'removed' && userId === ann?.user.id)
  for (const person of those) await set(person, 'online')
  await line.presenceOf(cyd?.user.id, 'online')
  expect([...mirrorOf(line.heard).keys()].sort()).toEqual(idsOf([bea, cyd] as Person[]).sort())
  line.socket.close()
})

test('[V10] whom a limited token may not see is nobody, in the same words', async () => {
  const [ann] = await people(1)
  const group = await groupOf([])
  const { token } = await server.call('POST', '/v1/tokens', server.adminToken, { name: 'wall', groups: [group.id] })
  for (const path of ['/v1/groups?user=WORD', '/v1/presence/WORD/until-free']) {
    const [there, not] = await Promise.all(
      [ann?.user.username, 'nobody'].map((word) => ask(server, `GET ${path.replace('WORD', word)}`, { token })),
    )
    expect(there?.status).toBe(404)
    expect(there?.body.detail).toBe(not?.body.detail.replace('nobody', ann?.user.username))
  }
})

test('[V13] whom a limited token watches by name is taken away when they leave its group', async () => {
  const [ann] = await people(1)
  const group = await groupOf([ann] as Person[])
  const wanted = { name: 'wall', kind: 'application', groups: [group.id], scopes: ['presence:read'] }
  const { token } = await server.call('POST', '/v1/tokens', server.adminToken, wanted)
  const line = await talk(server, token)
  await line.say({ type: 'watch', users: [ann?.user.id] })
  await line.presenceOf(ann?.user.id, 'offline')
  await ask(server, `DELETE /v1/groups/${group.id}/members/${ann?.user.id}`)
  await line.until(({ type, userId }) => type === 'removed' && userId === ann?.user.id)
  line.socket.close()
})

test('[V13] who is watched by name and in a group is told of until neither wants them', async () => {
  const [ann, bea] = (await people(2)) as [Person, Person]
  const group = await groupOf([ann, bea])
  const line = await talk(server, server.adminToken)
  await line.say({ type: 'watch', users: idsOf([ann, bea]) })
  await line.say({ type: 'watch', groups: [group.id] })
  await ask(server, `DELETE /v1/groups/${group.id}/members/${ann.user.id}`)
  await set(ann, 'busy')
  await line.presenceOf(ann.user.id, 'busy')
  expect(line.heard.filter(({ type }) => type === 'removed')).toEqual([])
  await line.say({ type: 'unwatch', users: [bea.user.id] })
  await set(bea, 'busy')
  await line.presenceOf(bea.user.id, 'busy')
  await line.say({ type: 'watch', users: [bea.user.id] })
  await line.say({ type: 'unwatch', groups: [group.id] })
  await set(bea, 'away')
  await line.presenceOf(bea.user.id, 'away')
  await line.say({ type: 'unwatch', users: [bea.user.id] })
  const from = line.heard.length
  await set(bea, 'busy')
  await set(ann, 'away')
  await line.presenceOf(ann.user.id, 'away', from)
  expect(line.heard.slice(from).some(({ presence }) => presence?.userId === bea.user.id)).toBe(false)
  line.socket.close()
})

test('[V6, V8] groups and members are there after kill -9, turns after a restart; a user deleted before is in none', async () => {
  const those = await people(3)
  const group = await groupOf(those)
  for (const person of those) await set(person, 'online')
  const [ann] = those
  await ask(server, `DELETE /v1/users/${ann?.user.id}`)
  await server.kill()
  await server.restart()
  expect((await ask(server, `GET /v1/groups/${group.id}`)).body).toMatchObject({ name: group.name, members: 2 })
  const choose = async () => (await ask(server, `POST /v1/groups/${group.id}/first-available`)).body.presence.userId
  const chosen = [await choose()]
  await server.restart()
  chosen.push(await choose())
  expect(new Set(chosen)).toEqual(new Set(idsOf(those.slice(1))))
})

test('[V3] every change of groups is in the audit log', async () => {
  const [ann, bea] = await people(2)
  const { id, name } = await groupOf([ann] as Person[])
  await ask(server, `PATCH /v1/groups/${id}`, { body: { name: `${name} two` } })
  const change = { add: [bea?.user.id], remove: [ann?.user.id] }
  await ask(server, `POST /v1/groups/${id}/members:batch`, { body: change })
  await ask(server, `POST /v1/groups/${id}/members:batch`, { body: change })
  await ask(server, `DELETE /v1/groups/${id}`)
  const { body } = await ask(server, 'GET /v1/audit?limit=100')
  const ours = body.entries.filter(({ target }: { target?: string }) => target === id)
  expect(ours.map(({ kind, details }: { kind: string; details: unknown }) => [kind, details])).toEqual([
    ['group.deleted', { name: `${name} two` }],
    ['group.members-changed', { added: [bea?.user.id], removed: [ann?.user.id] }],
    ['group.changed', { name: { from: name, to: `${name} two` } }],
    ['group.created', { name, members: [ann?.user.id] }],
  ])
})

test('[V15] a choice that is sent again with its key chooses nobody else', async () => {
  const those = await people(2)
  const group = await groupOf(those)
  for (const person of those) await set(person, 'online')
  const choose = async (key: string) => {
    const headers = { 'Idempotency-Key': key }
    return (await ask(server, `POST /v1/groups/${group.id}/first-available`, { headers })).body.presence.userId
  }
  const first = await choose('one')
  expect([await choose('one'), (await choose('two')) === first]).toEqual([first, false])
})
