import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminFrame } from '../../src/bin/administrator.ts'
import { NODE_MAJOR_MIN } from '../../src/bin/node-needed.ts'
import { COMPILED, startServer } from '../server.ts'

const ENTRY = fileURLToPath(new URL('../../src/bin/rollcall.ts', import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-start-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs `rollcall` to its end, which must come by itself. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const options = { env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: COMPILED, ...env }, timeout: 15_000 }
    execFile(process.execPath, [ENTRY, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}

test.each(['json', 'pretty', 'off'])(
  '[ST1, ST8] with the log as %s, standard output has the listening line alone',
  async (log) => {
    await using server = await startServer({ store: 'memory:', env: { ROLLCALL_LOG: log } })
    expect(server.logs.stdout).toBe(`rollcall listening on ${server.url}\n`)
    expect((await server.request('/readyz')).status).toBe(200)
    await server.stop()
    expect(server.logs.stderr === '').toBe(log === 'off')
    if (log === 'json')
      for (const line of server.logs.stderr.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg')
  },
)

test('[ST1] an address of version 6 is told as a URL has it', async () => {
  await using server = await startServer({ store: 'memory:', env: { ROLLCALL_HOST: '::1' } })
  expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/)
})

test('[ST2] an unknown or malformed setting refuses to start, with one line of words', async () => {
  const unknown = await run(['serve'], { ROLLCALL_PROT: '0' })
  expect(unknown).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^rollcall: ROLLCALL_PROT is not a setting.*\n$/),
  })
  const malformed = await run(['serve'], { ROLLCALL_PORT: 'http' })
  expect(malformed).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^rollcall: ROLLCALL_PORT .* is "http", but must be .*\n$/),
  })
})

test('[ST3] flags are settings too, and an unknown one is refused', async () => {
  await using server = await startServer({ store: 'memory:', args: ['--host', 'localhost', '--log', 'off'] })
  expect(server.url).toMatch(/^http:\/\/localhost:/)
  const unknown = await run(['serve', '--prot', '1'])
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('--prot') })
})

test('[ST4] a new store gets an administrator with a generated password, shown once before the listening line', async () => {
  await using server = await startServer({ env: { ROLLCALL_ADMIN_USERNAME: undefined, ROLLCALL_ADMIN_PASSWORD: undefined } })
  const lines = server.logs.stdout.trimEnd().split('\n')
  expect(lines.at(-1)).toMatch(/^rollcall listening on /)
  expect(lines.at(-2)).toMatch(/^└─+┘$/)
  const [, username = ''] = /username {2}(\S+)/.exec(server.logs.stdout) ?? []
  const [, password = ''] = /password {2}(\S+)/.exec(server.logs.stdout) ?? []
  expect(username).toBe('admin')
  expect(server.logs.stdout).toContain('rollcall admin reset --store')
  expect((await server.login(username, password)).user.roles).toContain('admin')
  const before = server.logs.stdout
  await server.restart()
  expect(server.logs.stdout).toBe(`${before}rollcall listening on ${server.url}\n`)
  expect(server.logs.stderr).not.toContain(password)
})

test.each([
  ['file:./data', 'npx rollcall admin reset --store file:./data '],
  ["file:/srv/Ann's data", "npx rollcall admin reset --store 'file:/srv/Ann'\\''s data' "],
  ['redis://:secret@db?prefix=a&replicas=1', "npx rollcall admin reset --store 'redis://…@db?prefix=a&replicas=1' "],
  ['memory:', 'The store is in memory: all of it goes with the server. '],
])('[ST4] of %s the frame says what to do when the password is lost', (store, words) => {
  expect(adminFrame({ username: 'admin', password: 'secret-word' }, store)).toContain(words)
})

test('[ST4] an administrator of the environment is made without a word, and only in a new store', async () => {
  await using server = await startServer()
  expect(server.logs.stdout).toBe(`rollcall listening on ${server.url}\n`)
  await server.call('PATCH', '/v1/users/me', server.adminToken, { name: 'Kept' })
  await server.restart()
  expect((await server.call('GET', '/v1/users/me', server.adminToken)).name).toBe('Kept')
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  '[ST5] %s ends it cleanly, a second one changes nothing, and nothing is lost',
  async (signal) => {
    await using server = await startServer()
    const { user, token } = await server.createUser({ username: 'ann' })
    await server.call('PUT', '/v1/presence/me/note', token, { text: 'here to stay' })
    const began = Date.now()
    const { pid = 0 } = server
    process.kill(pid, signal)
    process.kill(pid, signal)
    await expect.poll(() => server.ended(), { timeout: 10_000 }).toEqual({ code: 0, signal: null })
    expect(Date.now() - began).toBeLessThan(10_000)
    await server.restart()
    expect((await server.call('GET', `/v1/presence/${user.id}`, token)).note.text).toBe('here to stay')
  },
)

test('[ST5] whenever a further signal comes until the process is gone, it changes nothing', async () => {
  await using server = await startServer()
  const { pid = 0 } = server
  for (; server.ended() === null; await wait(1)) process.kill(pid, 'SIGTERM')
  expect(server.ended()).toEqual({ code: 0, signal: null })
})

test('[ST6] a request in flight is finished; meanwhile readyz says that the server is draining', async () => {
  await using server = await startServer()
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  socket.write(
    `PUT /v1/presence/me/note HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${server.adminToken}\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"text":`,
  )
  await server.request('/healthz')
  process.kill(server.pid ?? 0, 'SIGTERM')
  await expect
    .poll(async () => (await server.request('/readyz', { headers: { Connection: 'close' } })).status, { interval: 20 })
    .toBe(503)
  const closed = once(socket, 'close')
  socket.write('"last"}')
  await closed
  expect(answer).toMatch(/^HTTP\/1.1 200 [\s\S]*"text":"last"/)
  await expect.poll(() => server.ended(), { timeout: 10_000 }).toEqual({ code: 0, signal: null })
})

test('[ST7] a port that is taken refuses to start with words', async () => {
  await using server = await startServer({ store: 'memory:' })
  const refused = await run(['serve'], { ROLLCALL_PORT: new URL(server.url).port, ROLLCALL_STORE: 'memory:' })
  expect(refused).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/rollcall: port \d+ of 127\.0\.0\.1 is taken .*\n$/),
  })
  expect(refused.stderr).not.toContain('    at ')
})

test('[ST7] a store that another process holds refuses to start, and says which one holds it', async () => {
  await using server = await startServer()
  const refused = await run(['serve'], { ROLLCALL_PORT: '0', ROLLCALL_STORE: `file:${join(server.folder, 'store')}` })
  expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`process ${server.pid}`) })
  expect(refused.stderr).not.toContain('    at ')
  expect((await server.request('/readyz')).status).toBe(200)
})

test('[ST7] a store that cannot be written refuses to start with words', async () => {
  const file = join(folder, 'a-file')
  await writeFile(file, 'this is no folder')
  for (const place of [file, join(file, 'within'), '/proc/rollcall']) {
    const refused = await run(['serve'], { ROLLCALL_PORT: '0', ROLLCALL_STORE: `file:${place}` })
    expect([place, refused.code, refused.stdout]).toEqual([place, 1, ''])
    expect(refused.stderr).toMatch(/^rollcall: .*\n$/)
    expect(refused.stderr).toContain(place.split('/')[1])
  }
  const redis = await run(['serve'], { ROLLCALL_PORT: '0', ROLLCALL_STORE: 'redis://127.0.0.1:1' })
  expect(redis).toMatchObject({ code: 1, stderr: expect.stringMatching(/^rollcall: Redis .*\n$/) })
})

test('[ST9] what was acknowledged is there after SIGKILL', async () => {
  await using server = await startServer()
  for (let round = 1; round <= 2; round++) {
    const writes = Array.from({ length: 20 }, (_, i) =>
      server.call('PUT', `/v1/presence/me/claims/app:${round}-${i}`, server.adminToken, { availability: 'busy' }),
    )
    await Promise.all(writes)
    await server.kill()
    await server.restart()
    const { facts } = await server.call('GET', '/v1/presence/me/explain', server.adminToken)
    expect(facts).toHaveLength(20 * round)
  }
})

test('help names every setting', async () => {
  const { stdout } = await run(['serve', '--help'])
  for (const flag of ['--host', '--port', '--store', '--admin-username', '--rate-limit', '--log', '--trusted-proxies'])
    expect(stdout).toContain(flag)
})

test('[ST18] an older Node, which lacks what the rest is written with, gets as far as the words', async () => {
  const older = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' }); delete Promise.withResolvers`
  for (const args of [['--version'], ['serve']])
    expect(await run(args, { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(older)}` })).toEqual({
      code: 1,
      stdout: '',
      stderr: `rollcall: Node ${NODE_MAJOR_MIN} or newer is needed, and this is 20.20.2. In the project's folder, npm start and npx rollcall use the right one.\n`,
    })
  expect(readFileSync('package.json', 'utf8')).toContain(`"node": ">=${NODE_MAJOR_MIN}"`)
})
