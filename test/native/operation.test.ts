import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServer } from '../server.ts'
import { ask } from './ask.ts'

test('[N28] the probes need no login: alive, ready, ready for writing', async () => {
  await using server = await startServer({ store: 'memory:' })
  for (const path of ['/healthz', '/readyz', '/readyz?writable']) {
    const { status, body } = await ask(server, `GET ${path}`, { token: null })
    expect([path, status, body]).toEqual([path, 200, { state: path === '/healthz' ? 'alive' : 'ready' }])
  }
})

test('[N29] a backup taken while the server runs is a store of its own', async () => {
  await using server = await startServer()
  const { user } = await server.createUser({ username: 'kept', password: 'kept password' })
  await ask(server, `PUT /v1/presence/${user.id}/note`, { body: { text: 'before the backup' } })
  const made = await ask(server, 'POST /v1/backup', { body: { name: 'copy-1' } })
  expect([made.status, made.body]).toEqual([201, { folder: join(server.folder, 'copy-1') }])
  await ask(server, `PUT /v1/presence/${user.id}/note`, { body: { text: 'after the backup' } })
  expect((await ask(server, 'POST /v1/backup', { body: { name: 'copy-1' } })).status).toBe(409)
  await using copy = await startServer({ store: `file:${made.body.folder}` })
  expect((await ask(copy, `GET /v1/presence/${user.id}`)).body.note.text).toBe('before the backup')
  expect((await copy.login('kept', 'kept password')).user).toEqual(user)
})

test('[N29] a backup is for administrators, under a plain name, and only of what lies in a folder', async () => {
  await using server = await startServer()
  const { token } = await server.createUser({ username: 'ann' })
  expect((await ask(server, 'POST /v1/backup', { token, body: { name: 'copy' } })).status).toBe(403)
  for (const name of ['../copy', '/tmp/copy', '.hidden', '', 'a/b', 'a\0b', 'x'.repeat(65)]) {
    expect([name, (await ask(server, 'POST /v1/backup', { body: { name } })).status]).toEqual([name, 400])
  }
  expect((await readdir(server.folder)).sort()).toEqual(['store'])
  await using memory = await startServer({ store: 'memory:' })
  expect((await ask(memory, 'POST /v1/backup', { body: { name: 'copy' } })).body).toMatchObject({ status: 501 })
})

test('[N29] a token that is limited to users copies nobody else', async () => {
  await using server = await startServer()
  const { body } = await ask(server, 'POST /v1/tokens', { body: { name: 'limited', users: ['admin'] } })
  const refused = { status: 403, body: { type: 'urn:rollcall:problem:scope-missing' } }
  expect(await ask(server, 'GET /v1/export', { token: body.token })).toMatchObject(refused)
  expect(await ask(server, 'POST /v1/backup', { token: body.token, body: { name: 'copy' } })).toMatchObject(refused)
})

test('[N29] an export is every entry as JSON lines, for administrators', async () => {
  await using server = await startServer()
  const { token } = await server.createUser({ username: 'ann', id: 'ann.id' })
  expect((await ask(server, 'GET /v1/export', { token })).status).toBe(403)
  const response = await server.request('/v1/export', { headers: { Authorization: `Bearer ${server.adminToken}` } })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson'])
  const lines = (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines[0]).toMatchObject({ rollcall: 'export' })
  expect(lines.at(-1)).toEqual({ entries: lines.length - 2 })
  expect(JSON.stringify(lines)).toContain('ann.id')
})
