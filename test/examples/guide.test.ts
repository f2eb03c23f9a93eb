import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openBrowser } from '../chromium.ts'
import { freePort } from '../ports.ts'
import { ADMIN, type Server, startServer } from '../server.ts'
import { runShell } from '../shell.ts'
import { ROOT } from '../sources.ts'

const GUIDE = readFileSync(join(ROOT, 'docs/guide.md'), 'utf8')
const [starting = '', providing = '', serving = '', changing = '', badge = '', ...others] = blocksOf('sh')
const [page = '', attending = '', ...otherPages] = blocksOf('html')
const [program = '', ...otherPrograms] = blocksOf('js')

let server: Server
let browser: Browser
let origin: string
beforeAll(async () => {
  ;[server, browser] = await Promise.all([startServer(), openBrowser()])
  origin = `http://127.0.0.1:${await freePort()}`
  mkdirSync(join(server.folder, 'site'))
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

/** As a reader does, who has another address and other ports, in the project's folder. */
const type = (script: string) =>
  runShell(asHere(script), {
    cwd: ROOT,
    env: { ROLLCALL_URL: server.url, XDG_CONFIG_HOME: server.folder },
    input: `${ADMIN.password}\n`,
  })

const asHere = (text: string): string =>
  text.replaceAll('http://127.0.0.1:4600', server.url).replaceAll('http://127.0.0.1:8000', origin)

test('from a clone to a live dot, by the guide alone', async () => {
  expect([starting, others, otherPages, otherPrograms]).toEqual(['npm ci && npm start', [], [], []])
  const provided = await type(providing)
  expect(provided.code, provided.stderr).toBe(0)
  const token = provided.stdout.trimEnd().split('\n').at(-1) ?? ''
  writeFileSync(join(server.folder, 'site/index.html'), asHere(page).replace('"TOKEN"', `"${token}"`))
  const [command = ''] = /examples\/\S+ site$/.exec(serving) ?? []
  const [file = '', folder = ''] = command.split(' ')
  const site = spawn(process.execPath, [join(ROOT, file), join(server.folder, folder), new URL(origin).port], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void site.kill())
  await once(site.stdout, 'data')
  const tab = await browser.newPage()
  await tab.goto(origin)
  await tab.getByText('offline').waitFor()
  const { code, stdout } = await type(changing)
  expect([code, JSON.parse(stdout).availability]).toEqual([0, 'busy'])
  await tab.getByText('busy, in a meeting').waitFor()
  await tab.close()

  const own = await server.call('POST', '/v1/tokens', server.adminToken, { name: 'page', user: 'anna' })
  await server.call('DELETE', '/v1/presence/anna/availability', own.token)
  writeFileSync(
    join(server.folder, 'site/index.html'),
    `<title>page</title>${asHere(attending).replace("'THEIR TOKEN'", `'${own.token}'`)}`,
  )
  const attended = await browser.newPage()
  await attended.goto(origin)
  await expect.poll(async () => (await server.call('GET', '/v1/presence/anna', own.token)).availability).toBe('online')
})

test('the program of the guide watches, sets a note and is told what is wrong', async () => {
  const file = join(ROOT, 'node_modules/.cache/guide-program.mjs')
  writeFileSync(file, asHere(program).replace("'rollcall/client'", `'${join(ROOT, 'dist/client/client.js')}'`))
  const { code, stdout, stderr } = await runShell(`node ${file}`, { cwd: ROOT, env: { ROLLCALL_TOKEN: server.adminToken } })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^(\S+ (online|offline|away|busy)\n)+end_in_past until\n$/)
})

test('the badge of the guide is an image', async () => {
  const { stdout } = await type(badge)
  const image = await fetch(JSON.parse(stdout).url)
  expect([image.status, image.headers.get('Content-Type')]).toEqual([200, 'image/svg+xml'])
})

function blocksOf(language: string): string[] {
  return [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\`$`, 'gm'))].map(([, block]) => block ?? '')
}
