import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startRedis } from '../redis/server.ts'
import { ADMIN, type Server, startServer } from '../server.ts'
import { runShell } from '../shell.ts'
import { startReceiver } from '../webhooks/receiver.ts'
import { administratorOf, commandLine } from './command.ts'

const COMMANDS = [
  'serve',
  'try',
  'login',
  'logout',
  'status',
  'why',
  'watch',
  'history',
  'audit',
  'user',
  'group',
  'token',
  'webhook',
  'doctor',
  'bench',
  'admin',
  'backup',
  'export',
  'import',
  'migrate',
  'completion',
]

let server: Server
let rollcall: ReturnType<typeof administratorOf>
let home: string

beforeAll(async () => {
  server = await startServer()
  rollcall = administratorOf(server)
  home = await mkdtemp(join(tmpdir(), 'rollcall-cli-'))
})
afterAll(async () => {
  await server.stop()
  await rm(home, { recursive: true, force: true })
})

describe('logging in', () => {
  test('[K1] the token is kept for its owner alone, and later commands use it', async () => {
    const run = commandLine({ url: server.url, home })
    const { code, stdout } = await run(['login', '-u', ADMIN.username], { input: `${ADMIN.password}\n` })
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(`Logged in to ${server.url} as admin`) })
    const kept = await stat(join(home, 'rollcall', 'login.json'))
    expect(kept.mode & 0o777).toBe(0o600)
    expect((await run(['status'])).stdout).toMatch(/^admin is offline since /)
    expect((await run(['logout'])).code).toBe(0)
    expect(await run(['status'])).toMatchObject({ code: 1, stderr: expect.stringContaining('rollcall login') })
  })

  test('[K1] a wrong password is told in words and keeps nothing', async () => {
    const run = commandLine({ url: server.url, home: join(home, 'nobody') })
    const { code, stderr } = await run(['login', '-u', 'admin'], { input: 'wrong\n' })
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'rollcall: This username and password do not go together.\n' })
    await expect(readFile(join(home, 'nobody', 'rollcall', 'login.json'))).rejects.toThrow('ENOENT')
  })

  test('[K2] nobody there, and nobody logged in, are told with what to do next', async () => {
    const nobody = commandLine({ url: 'http://127.0.0.1:9', home })
    expect(await nobody(['status'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/No server answers .* ROLLCALL_URL/),
    })
    const stranger = commandLine({ url: server.url, home: join(home, 'nobody') })
    expect(await stranger(['user', 'list'])).toMatchObject({
      code: 1,
      stderr: 'rollcall: You are not logged in. Run: rollcall login\n',
    })
    expect((await stranger(['user', 'list'], { env: { ROLLCALL_TOKEN: '' } })).stderr).toContain('You are not logged in.')
    const elsewhere = commandLine({ url: 'ftp://127.0.0.1', home })
    expect((await elsewhere(['status'])).stderr).toContain('must be an address like http://127.0.0.1:4600')
  })
})

describe('users and tokens', () => {
  test('[K3] a user is added with an id and ids, listed, and refused under a taken name', async () => {
    const added = await rollcall(['user', 'add', 'anna', '--name', 'Anna A', '--email', 'anna@example.org', '--json'])
    expect(JSON.parse(added.stdout)).toMatchObject({ username: 'anna', name: 'Anna A', ids: { superoffice: expect.any(Number) } })
    expect((await rollcall(['user', 'list'])).stdout).toMatch(/^USERNAME +ID +ROLES.*\n(.*\n)*anna +\S+ +user +yes +Anna A\n/)
    expect(await rollcall(['user', 'add', 'ANNA'])).toMatchObject({ code: 1, stderr: expect.stringContaining('rollcall: ') })
  })

  test('[K3] a user is changed, deactivated, let in again, and deleted', async () => {
    await rollcall(['user', 'add', 'karl'])
    const change = (...said: string[]) => rollcall(['user', 'change', 'karl', ...said])
    expect((await change('--name', 'Karl K', '--role', 'user', 'bot')).stdout).toBe('karl is active: Karl K, user, bot.\n')
    expect((await change('--deactivate')).stdout).toContain('karl is deactivated')
    expect(JSON.parse((await change('--activate', '--json')).stdout)).toMatchObject({ username: 'karl', active: true })
    expect(await change()).toMatchObject({ code: 1, stderr: expect.stringContaining('Say what is to change') })
    expect(await rollcall(['user', 'remove', 'karl'])).toMatchObject({ code: 0, stdout: 'Deleted karl.\n' })
    expect(await rollcall(['user', 'remove', 'karl'])).toMatchObject({ code: 1, stderr: 'rollcall: There is no user "karl".\n' })
  })

  test('[K3] an administrator sets a password, and its owner changes it', async () => {
    await rollcall(['user', 'add', 'bert'])
    expect((await rollcall(['user', 'passwd', 'bert'], { input: 'the first one\n' })).code).toBe(0)
    const { token } = await server.login('bert', 'the first one')
    const changed = await rollcall(['user', 'passwd'], { input: 'the first one\nthe second\n', env: { ROLLCALL_TOKEN: token } })
    expect(changed).toMatchObject({ code: 0, stdout: expect.stringContaining('bert has a new password') })
    await server.login('bert', 'the second')
  })

  test('[K4] an import reports each refused line and adds the others', async () => {
    const file = join(home, 'users.jsonl')
    await writeFile(
      file,
      '{"username":"carla"}\n{"username":"carla","name":"Carla"}\nnonsense\n\n{"username":"dora","email":7}\n{"username":"emil"}\n',
    )
    const { code, stdout, stderr } = await rollcall(['user', 'import', file])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '2 added, 1 changed, 0 as they were, 2 refused.\n' })
    expect(stderr.split('\n').map((line) => line.split(':')[0])).toEqual(['line 3', 'line 5', ''])
    const exported = join(home, 'exported.jsonl')
    expect(await rollcall(['user', 'export', exported])).toMatchObject({ code: 0, stderr: '' })
    const carla = (await readFile(exported, 'utf8')).split('\n').find((line) => line.includes('"carla"')) ?? ''
    expect(JSON.parse(carla)).toMatchObject({ username: 'carla', name: 'Carla', ids: { superoffice: expect.any(Number) } })
    const again = await rollcall(['user', 'import', '-'], { input: `${carla}\n` })
    expect(again).toMatchObject({ code: 0, stdout: '0 added, 0 changed, 1 as they were, 0 refused.\n' })
  })

  test('[K5] a token stands alone on standard output, works, is listed by its tail, and ends', async () => {
    const { stdout } = await rollcall(['token', 'create', 'a bot', '--scope', 'presence:read', '--until', '90d'])
    const token = stdout.trim()
    const asks = () => server.request('/v1/presence/me', { headers: { Authorization: `Bearer ${token}` } })
    expect((await asks()).status).toBe(200)
    const [described] = JSON.parse((await rollcall(['token', 'list', '--json'])).stdout).filter(
      ({ name }: { name: string }) => name === 'a bot',
    )
    expect(described).toMatchObject({ kind: 'personal', scopes: ['presence:read'], tail: token.slice(-described.tail.length) })
    expect(Math.abs(Date.parse(described.until) - Date.now() - 90 * 86_400_000)).toBeLessThan(60_000)
    expect((await rollcall(['token', 'revoke', described.id])).code).toBe(0)
    expect((await asks()).status).toBe(401)
  })
})

describe('statuses', () => {
  test('[K6] one line says it, and --wire shows every dialect', async () => {
    const { user, token } = await server.createUser({ username: 'frida', password: null })
    await server.call('PUT', '/v1/presence/me/availability', token, { availability: 'busy', until: '2100-01-01T00:00:00.000Z' })
    await server.call('PUT', '/v1/presence/me/note', token, { text: 'Writing', emoji: 'books' })
    expect((await rollcall(['status', 'frida'])).stdout).toMatch(
      /^frida is busy since \S+Z until 2100-01-01T00:00:00.000Z · :books: Writing\n$/,
    )
    const { stdout } = await rollcall(['status', 'frida', '--wire'])
    for (const word of ['"availability":"busy"', '"status":"busy"', '"status":"dnd"', '"Status":"StatusNotAvailable"'])
      expect(stdout).toContain(word)
    const wires = JSON.parse((await rollcall(['status', user.id, '--wire', '--json'])).stdout)
    expect(Object.keys(wires)).toEqual(['native', 'rocketchat', 'mattermost', 'superoffice'])
  })

  test('[K11] --json is JSON and nothing else', async () => {
    expect(JSON.parse((await rollcall(['status', '--json'])).stdout)).toMatchObject({ availability: 'offline' })
    const lines = (await rollcall(['user', 'list', '--json'])).stdout.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).username)).toContain('admin')
  })

  test('[K7] try sets a status in each dialect and shows curls that work, also a second time', async () => {
    for (const _ of ['first', 'second']) {
      const { code, stdout } = await rollcall(['try'])
      expect(code).toBe(0)
      expect(stdout.match(/^\$ curl .*$/gm)).toHaveLength(20)
      expect(stdout.match(/^200 /gm)).toHaveLength(20)
      for (const word of ['"status":"busy"', '"status":"away"', 'StatusNotAvailable', '"availability":"online"'])
        expect(stdout).toContain(word)
    }
  })
})

describe('stores', () => {
  test('[K8] [K9] [K10] a store is copied while it is served and while it is stopped, and brought back', {
    timeout: 60_000,
  }, async () => {
    await using other = await startServer()
    const run = administratorOf(other)
    const store = `file:${join(other.folder, 'store')}`
    await run(['user', 'add', 'gerd'])
    const copied = await run(['backup', 'monday'])
    expect(copied).toMatchObject({ code: 0, stdout: expect.stringMatching(/monday\n$/) })
    const exported = join(other.folder, 'running.jsonl')
    expect((await run(['export', exported])).code).toBe(0)
    expect(await run(['export', '--store', store])).toMatchObject({ code: 1, stderr: expect.stringContaining(`${other.pid}`) })
    const { pid: _ } = other
    await other.kill()
    const stopped = (await run(['export', '--store', store])).stdout
    expect(stopped).toContain('gerd')
    expect(stopped.split('\n').length).toBe((await readFile(exported, 'utf8')).split('\n').length)
    const restored = `file:${join(other.folder, 'restored')}`
    expect((await run(['import', exported, '--store', restored])).code).toBe(0)
    expect((await run(['import', exported, '--store', restored])).code).toBe(1)
    expect((await run(['import', exported, '--store', restored, '--replace'])).code).toBe(0)
    expect((await run(['backup', '--store', store, join(other.folder, 'copy')])).code).toBe(0)
    const { stdout } = await run(['admin', 'reset', '--store', restored])
    const password = /^password {2}(\S+)$/m.exec(stdout)?.[1] ?? ''
    await using again = await startServer({ store: restored, env: { ROLLCALL_ADMIN_PASSWORD: undefined } })
    const { token } = await again.login('admin', password)
    expect(await again.call('GET', '/v1/users/gerd', token)).toMatchObject({ username: 'gerd' })
  })
})

test('[K12] what is unknown is refused with words, and every command has help', async () => {
  expect(await rollcall(['frobnicate'])).toMatchObject({ code: 1, stderr: expect.stringContaining('unknown command') })
  expect(await rollcall(['status', '--frob'])).toMatchObject({ code: 1, stderr: expect.stringContaining('unknown option') })
  const { stdout } = await rollcall(['--help'])
  expect(namesIn(stdout)).toEqual(COMMANDS)
  expect(await rollcall(['user', 'add'])).toEqual({
    code: 1,
    stdout: '',
    stderr: "rollcall: missing required argument 'username'\nMore: rollcall user add --help\n",
  })
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(await rollcall(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test('[K13] a file that cannot be read or written, and a store that is not there, are told as such', async () => {
  const nowhere = join(home, 'nowhere', 'file')
  const told: readonly (readonly [readonly string[], string])[] = [
    [['user', 'import', nowhere], `${nowhere} cannot be read: there is no such file or folder.`],
    [
      ['import', nowhere, '--store', `file:${join(home, 'unmade')}`],
      `${nowhere} cannot be read: there is no such file or folder.`,
    ],
    [['export', nowhere], `${nowhere} cannot be written: there is no such file or folder.`],
    [['export', home], `${home} cannot be written: it is there already; name another file.`],
    [['admin', 'reset', '--store', `file:${nowhere}`], `there is no store in ${nowhere}`],
    [['admin', 'reset', '--store', 'memory:'], 'a store in memory is gone with its server: this needs one that stays'],
    [['backup', './monday'], 'A running server puts its backup beside its own store: give a name, not a path.'],
  ]
  for (const [args, words] of told) expect(await rollcall(args)).toEqual({ code: 1, stdout: '', stderr: `rollcall: ${words}\n` })
  for (const folder of ['nowhere', 'unmade']) await expect(stat(join(home, folder))).rejects.toThrow('ENOENT')
})

test('[K14] the examples in the help of every command work as they are typed', { timeout: 120_000 }, async () => {
  const cwd = await mkdtemp(join(home, 'examples-'))
  await using other = await startServer({ store: `file:${join(cwd, 'data')}` })
  await writeFile(join(cwd, 'users.jsonl'), '{"username":"bert"}\n')
  await writeFile(join(cwd, 'list.jsonl'), '{"type":"version","version":1}\n{"type":"user","user":{"username":"listed"}}\n')
  const ID = (await other.call('GET', '/v1/tokens', other.adminToken)).tokens[0].id
  await using receiver = await startReceiver()
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  await other.call('PATCH', '/v1/settings', other.adminToken, { webhookHosts: ['127.0.0.1'], history: 'all' })
  const WEBHOOK = (await other.call('POST', '/v1/webhooks', other.adminToken, { url: receiver.url, active: false })).id
  const REDIS = `redis://127.0.0.1:${redis.port}`
  const env = { ROLLCALL_URL: other.url, PASSWORD: ADMIN.password, ID, WEBHOOK, REDIS }
  const examples = await examplesUnder([])
  const [running, stopped] = [examples.filter((line) => !isOfStopped(line)), examples.filter((line) => isOfStopped(line))]
  expect(running.length).toBeGreaterThan(15)
  const type = async (line: string) =>
    expect({ line, ...(await runShell(line, { cwd, env, input: `${ADMIN.password}\n` })) }).toMatchObject({ line, code: 0 })
  const early = ['rollcall login -u admin', ...running.filter((line) => line.startsWith('rollcall user add'))]
  const late = running.filter((line) => /logout/.test(line))
  for (const line of new Set([...early, ...running.filter((each) => !late.includes(each)), ...late])) await type(line)
  await other.kill()
  for (const line of stopped) if (!line.startsWith('rollcall serve')) await type(line)
})

test('[K16] what was, and who did what, is shown as a table or as JSON lines', async () => {
  await server.createUser({ username: 'hanna', password: null })
  await server.call('PATCH', '/v1/settings', server.adminToken, { history: 'all' })
  const set = (availability: string) => server.call('PUT', '/v1/presence/hanna/availability', server.adminToken, { availability })
  await set('busy')
  await set('away')
  const lines = (await rollcall(['history', 'hanna'])).stdout.split('\n')
  expect(lines[0]).toMatch(/^AT +STATUS +FROM +BY +NOTE$/)
  expect(lines.slice(1, 4).map((line) => line.split(/ +/)[1])).toEqual(['away', 'busy', 'offline'])
  const [, busy] = (await rollcall(['history', 'hanna', '--json'])).stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(busy.presence.availability).toBe('busy')
  const then = await rollcall(['history', 'hanna', '--at', busy.at, '--json'])
  expect(JSON.parse(then.stdout).presence).toEqual(busy.presence)
  expect((await rollcall(['history', 'hanna', '--to', busy.at])).stdout.trimEnd().split('\n').length).toBe(2)
  const audited = (await rollcall(['audit', '--user', 'hanna', '--kind', 'presence.set', '--json'])).stdout.trimEnd().split('\n')
  expect(audited.map((line) => JSON.parse(line).details.set[0].availability)).toEqual(['away', 'busy'])
  expect((await rollcall(['audit', '--by', 'admin'])).stdout).toMatch(/^AT +KIND +BY +USER +DETAILS\n.*presence\.set/)
  expect(await rollcall(['audit', '--kind', 'nothing'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('must be one of'),
  })
})

test('[K15] who has read enough may stop reading', async () => {
  const env = { ROLLCALL_URL: server.url, ROLLCALL_TOKEN: server.adminToken }
  const ended = await runShell('set -o pipefail; rollcall try | head -n 1', { cwd: home, env })
  expect(ended).toEqual({ code: 0, stdout: expect.stringMatching(/^The demo user is .*\n$/), stderr: '' })
})

const isOfStopped = (line: string): boolean => line.includes('--store') || line.startsWith('rollcall migrate')

/** The lines under "Example:" in the help of a command and those within it. */
async function examplesUnder(path: readonly string[]): Promise<string[]> {
  const { stdout } = await rollcall([...path, '--help'])
  const names = namesIn(stdout)
  if (names.length > 0) return (await Promise.all(names.map((name) => examplesUnder([...path, name])))).flat()
  expect(stdout).toMatch(/^Usage: rollcall [\s\S]*^Examples?:$/m)
  return [...(stdout.split(/^Examples?:\n/m)[1] ?? '').matchAll(/^ {2}(.+)$/gm)].map(([, line]) => line ?? '')
}

function namesIn(help: string): string[] {
  const commands = help.split(/^Commands:\n/m)[1] ?? ''
  return [...commands.matchAll(/^ {2}(\w+)[ |[<]/gm)].map(([, name]) => name ?? '').filter((name) => name !== 'help')
}
