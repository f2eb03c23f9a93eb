import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openBrowser } from '../chromium.ts'
import { freePort } from '../ports.ts'
import { ADMIN, PASSWORD, type Person, type Server, startServer } from '../server.ts'
import { runShell } from '../shell.ts'
import { ROOT } from '../sources.ts'

const FOLDER = join(ROOT, 'examples')

let server: Server
let anna: Person

beforeAll(async () => {
  server = await startServer()
  anna = await server.createUser({ username: 'anna' })
})
afterAll(() => server.stop())

const presence = () => server.call('GET', '/v1/presence/me', anna.token)
const run = (command: string) =>
  runShell(command, {
    cwd: ROOT,
    env: {
      ROLLCALL_URL: server.url,
      BOT_USERNAME: 'anna',
      BOT_PASSWORD: PASSWORD,
      ADMIN_PASSWORD: ADMIN.password,
      XDG_CONFIG_HOME: server.folder,
    },
    input: `${ADMIN.password}\n`,
  })

test('curl.sh sets a status in one dialect and reads it in the others', async () => {
  const { code, stdout, stderr } = await run('examples/curl.sh')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const word of ['"status":"dnd"', '"status":"busy"', '"Status":"StatusNotAvailable"', '"availability":"dnd"'])
    expect(stdout).toContain(word)
})

test('the Mattermost bot does not want to be disturbed for an hour', async () => {
  const { code, stdout } = await run('node examples/mattermost-bot.ts')
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^anna is dnd until 20\S+:00.000Z\n$/) })
  const { availability, until, note } = await presence()
  expect({ availability, note }).toEqual({ availability: 'dnd', note: { text: 'Writing', emoji: 'books' } })
  expect(Math.abs(Date.parse(until) - Date.now() - 3_600_000)).toBeLessThan(60_000)
})

test('the Rocket.Chat bot is busy, and reads so', async () => {
  await server.call('DELETE', '/v1/presence/me/availability', anna.token)
  expect(await run('node examples/rocketchat-bot.ts')).toMatchObject({ code: 0, stdout: 'anna is busy: :books: Writing\n' })
  expect(await presence()).toMatchObject({ availability: 'busy', note: { text: 'Writing', emoji: 'books' } })
})

test('the SuperOffice bot is not available, and reads so', async () => {
  await server.call('DELETE', '/v1/presence/me/availability', anna.token)
  const { code, stdout } = await run('node examples/superoffice-bot.ts')
  const stated = `associate ${anna.user.ids.superoffice}: StatusNotAvailable, Writing\n`
  expect({ code, stdout }).toEqual({ code: 0, stdout: stated })
  expect(await presence()).toMatchObject({ availability: 'away', manual: true })
})

test('the dashboard shows everybody, and from then on whoever changes', async () => {
  await server.call('PUT', '/v1/presence/me/availability', anna.token, { availability: 'busy' })
  const later = server.call.bind(null, 'PUT', '/v1/presence/me/availability', anna.token, { availability: 'away' })
  const [{ stdout }] = await Promise.all([
    run('node examples/dashboard.ts & sleep 5; kill $!'),
    new Promise((done) => setTimeout(done, 2_500)).then(later),
  ])
  const [first, ...lines] = stdout.trimEnd().split('\n')
  expect(first).toMatch(/^\d+ users:$/)
  const hers = lines.filter((line) => line.startsWith(anna.user.id))
  expect(hers.map((line) => line.split(/\s+/)[1])).toEqual(['busy', 'away'])
  expect(lines.filter((line) => line.includes(' users:'))).toEqual([])
})

test('the status bot is focusing while a command runs, and not any more when it has ended', async () => {
  await server.call('DELETE', '/v1/presence/me/availability', anna.token)
  const look = `curl -s -H 'Authorization: Bearer ${anna.token}' ${server.url}/v1/presence/me`
  const { code, stdout, stderr } = await run(`node examples/status-bot.ts ${look}`)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [first, seen = '', last] = stdout.replace('}anna', '}\nanna').trimEnd().split('\n')
  expect([first, last]).toEqual(['anna is busy, focusing', 'anna is offline'])
  expect(JSON.parse(seen)).toMatchObject({ activity: 'focusing', note: { text: 'Running curl', emoji: 'hourglass' } })
  expect((await run('node examples/status-bot.ts false')).code).toBe(1)
})

test('the on-call router calls those who are free in turn, and waits when nobody is', async () => {
  const [bob, eve] = [
    await server.createUser({ username: 'bob', password: null }),
    await server.createUser({ username: 'eve', password: null }),
  ]
  await server.call('POST', '/v1/groups', server.adminToken, { name: 'support' })
  await server.call('POST', '/v1/groups/support/members:batch', server.adminToken, { add: ['bob', 'eve'] })
  const say = ({ token }: Person, availability: string) =>
    server.call('PUT', '/v1/presence/me/availability', token, { availability })
  const waiting = run('node examples/on-call.ts support 1')
  await new Promise((done) => setTimeout(done, 1_500))
  await say(bob, 'online')
  expect((await waiting).stdout).toMatch(/^(call 1 waits: nobody is free\n)?call 1 goes to bob\n$/)
  await say(eve, 'online')
  const { code, stdout } = await run('node examples/on-call.ts support 3')
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'call 1 goes to eve\ncall 2 goes to bob\ncall 3 goes to eve\n' })
})

test('the page of live dots shows them, with a token in its place', async () => {
  const port = await freePort()
  const wanted = { name: 'dots', kind: 'publishable', users: [anna.user.id], origins: [`http://127.0.0.1:${port}`] }
  const { token } = await server.call('POST', '/v1/tokens', server.adminToken, wanted)
  await server.call('PUT', '/v1/presence/me/availability', anna.token, { availability: 'dnd' })
  const html = readFileSync(join(FOLDER, 'live-dots.html'), 'utf8').replaceAll('http://127.0.0.1:4600', server.url)
  writeFileSync(join(server.folder, 'index.html'), html.replace('content="TOKEN"', `content="${token}"`))
  const site = spawn(process.execPath, [join(FOLDER, 'site.ts'), server.folder, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const browser = await openBrowser()
  onTestFinished(async () => {
    site.kill()
    await browser.close()
  })
  await once(site.stdout, 'data')
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${port}`)
  await page.getByText('do not disturb').waitFor()
})

test('the page of the examples names each, and what it says to type works', async () => {
  const page = readFileSync(join(FOLDER, 'README.md'), 'utf8')
  for (const file of readdirSync(FOLDER)) if (file !== 'README.md') expect(page).toContain(`](${file})`)
  const [, block = ''] = /^```sh\n([\s\S]*?)\n```$/m.exec(page) ?? []
  const typed = block.replaceAll('anna', 'berta').replaceAll('the password that was printed', ADMIN.password)
  const { code, stdout, stderr } = await run(`set -e\n${typed}`)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const words of ['Added berta', 'berta is dnd', 'berta is busy', 'StatusNotAvailable', ' users:', '"availability":"dnd"'])
    expect(stdout).toContain(words)
})
