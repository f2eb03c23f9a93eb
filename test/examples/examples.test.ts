import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
      ROLLCALL_USERNAME: 'anna',
      ROLLCALL_PASSWORD: PASSWORD,
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
