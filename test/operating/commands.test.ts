import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { commandLine, serveFile } from '../cli/command.ts'

const { server, rollcall } = await serveFile()

interface Finding {
  readonly state: string
  readonly about: string
  readonly says: string
  readonly remedy: string | null
}

async function findings(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await rollcall(['doctor', '--json', ...args], { env })
  expect(stderr).toBe('')
  const found: Finding[] = JSON.parse(stdout)
  for (const { state, remedy } of found) expect(remedy === null).toBe(state === 'fine')
  const of = (about: string) => found.filter((finding) => finding.about === about).map(({ state, says }) => `${state}: ${says}`)
  return { code, found, of }
}

test('[Z1] where all is well it says so, of everything that it looked at', async () => {
  const { code, found } = await findings([], { ROLLCALL_STORE: `file:${join(server.folder, 'store')}` })
  expect({ code, wrong: found.filter(({ state }) => state === 'wrong') }).toEqual({ code: 0, wrong: [] })
  const about = ['settings', 'store', 'disk', 'files', 'server', 'clock', 'files', 'login', 'stream', 'socket']
  expect(found.map((finding) => finding.about)).toEqual(about)
  for (const { about: what, state } of found) if (!['disk', 'files'].includes(what)) expect([what, state]).toEqual([what, 'fine'])
  const { stdout } = await rollcall(['doctor'])
  expect(stdout).toMatch(/^ok {5}settings {2}/)
})

test.each([
  {
    what: 'a setting that is none',
    env: { ROLLCALL_PROT: '1' },
    about: 'settings',
    says: /^wrong: ROLLCALL_PROT is not a setting/,
  },
  { what: 'a store in memory', env: { ROLLCALL_STORE: 'memory:' }, about: 'store', says: /^doubtful: It is in memory/ },
  {
    what: 'a Redis that is not there',
    env: { ROLLCALL_STORE: 'redis://127.0.0.1:1' },
    about: 'store',
    says: /^wrong: Nothing answers at 127.0.0.1:1 \(ECONNREFUSED\)/,
  },
  {
    what: 'a file for a folder',
    env: { ROLLCALL_STORE: `file:${import.meta.filename}` },
    about: 'store',
    says: /^wrong: .* is not a folder/,
  },
  {
    what: 'an open network',
    env: { ROLLCALL_HOST: '0.0.0.0' },
    about: 'network',
    says: /^doubtful: It listens on 0.0.0.0 without TLS/,
  },
])('[Z1] before there is a server it tells $what', async ({ env, about, says }) => {
  const { code, of } = await findings(['--no-server'], env)
  expect(of(about)[0]).toMatch(says)
  expect(of('server')).toEqual([])
  expect(code).toBe(says.source.startsWith('^wrong') ? 1 : 0)
})

test('[Z1] a certificate is looked at', async () => {
  const file = (name: string) => join(import.meta.dirname, 'tls', name)
  const { of } = await findings(['--no-server'], {
    ROLLCALL_TLS_CERT: file('one.cert.pem'),
    ROLLCALL_TLS_KEY: file('one.key.pem'),
  })
  expect(of('tls')).toEqual([expect.stringMatching(/^fine: The certificate of CN=rollcall test one is good until 2\d{3}-/)])
  const { code, of: ofOther } = await findings(['--no-server'], {
    ROLLCALL_TLS_CERT: file('one.cert.pem'),
    ROLLCALL_TLS_KEY: file('two.key.pem'),
  })
  expect([code, ofOther('settings')]).toEqual([1, [expect.stringContaining('cannot be used together')]])
})

test('[Z1] a server that is not there, that is none of ours, or that does not know the token is told', async () => {
  const nowhere = await findings([], { ROLLCALL_URL: 'http://127.0.0.1:1' })
  expect([nowhere.code, nowhere.of('server')]).toEqual([1, [expect.stringContaining('No server answers at')]])
  const wrongToken = await findings([], { ROLLCALL_TOKEN: 'none' })
  expect([wrongToken.code, wrongToken.of('login')]).toEqual([1, ['wrong: The token here is not accepted.']])

  // It takes requests, and passes nothing on that is live.
  const other = createServer((_request, response) => {
    response.setHeader('Via', '1.1 another')
    response.setHeader('Date', new Date(Date.now() - 60_000).toUTCString())
    response.end('hello')
  })
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
  onTestFinished(() => void other.close())
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  const { code, of } = await findings([], { ROLLCALL_URL: url })
  expect(code).toBe(1)
  expect(of('server')).toEqual([expect.stringContaining('and not as Rollcall does')])
  expect(of('clock')).toEqual([expect.stringMatching(/^doubtful: .* are (59|60|61) s apart/)])
  expect(of('socket')).toEqual(['wrong: A WebSocket does not open.'])
  expect(of('proxy')).toEqual(['doubtful: There is a proxy before it (1.1 another).'])
})

test('[Z2] a bench tells how fast reads, changes and telling are, and leaves nobody behind', async () => {
  const { code, stdout, stderr } = await rollcall(['bench', '--seconds', '1', '--connections', '4', '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const figures = JSON.parse(stdout)
  expect(figures.map(({ what }: { what: string }) => what)).toEqual([
    'reads of one user',
    'changes, durable',
    'a change until it is told',
  ])
  for (const { perSecond, medianMs, p99Ms, failed } of figures)
    expect({ failed, runs: perSecond > 0, sound: medianMs > 0 && p99Ms >= medianMs }).toEqual({
      failed: 0,
      runs: true,
      sound: true,
    })
  const { users } = await server.call('GET', '/v1/users', server.adminToken)
  expect(users.map(({ username }: { username: string }) => username)).toEqual(['admin'])
})

test('[Z2] it loads no server elsewhere unless told to, no more than its bounds, and only for an administrator', async () => {
  const refusedBy = async (args: readonly string[], env = {}) => (await rollcall(['bench', ...args], { env })).stderr
  expect(await refusedBy([], { ROLLCALL_URL: 'http://192.0.2.1:4600' })).toContain(
    'is not on this machine. If it is yours and nobody minds: --remote',
  )
  expect(await refusedBy(['--seconds', '61'])).toContain('It must be a whole number from 1 to 60.')
  expect(await refusedBy(['--connections', '0'])).toContain('It must be a whole number from 1 to 256.')
  const ann = await server.createUser({ username: 'ann', password: null })
  const run = commandLine({ url: server.url, home: server.folder })
  expect(await run(['bench'], { env: { ROLLCALL_TOKEN: ann.token } })).toMatchObject({ code: 1, stdout: '' })
})
