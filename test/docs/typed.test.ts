import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readPages, readTokens } from '../../docs/site/pages.ts'
import { ADMIN, PASSWORD, type Person, type Server, startServer } from '../server.ts'
import { runShell } from '../shell.ts'
import { ROOT } from '../sources.ts'

/** Pages that are typed here from top to bottom, with what their reader has done before. */
const TYPED = {
  'docs/api.md': '',
  'docs/client.md': '',
  'docs/groups.md': '',
  'docs/troubleshooting.md': '',
  'docs/operating.md': 'rollcall export everything.jsonl',
  'docs/moving.md': `echo '{"type":"user","user":{"username":"moved","email":"moved@example.org"}}' > users.jsonl`,
  'src/dialects/native/README.md': '',
  'src/dialects/rocketchat/README.md': '',
  'src/dialects/superoffice/README.md': '',
  // The last one: from then on there is a webhook to an address that is not ours.
  'docs/webhooks.md': '',
} as const satisfies Readonly<Record<string, string>>

/** What cannot be typed as it stands, by its first words, and who tries it instead. */
const NOT_TYPED = [
  ['README.md', '', 'test/readme.test.ts types it'],
  ['docs/guide.md', '', 'test/examples/guide.test.ts types it'],
  ['examples/README.md', '', 'test/examples/examples.test.ts types it'],
  ['docs/scale.md', 'ROLLCALL_STORE=redis:', 'Redis on other machines; test/nodes starts nodes on one'],
  ['docs/moving.md', 'npx rollcall migrate', 'a stopped server and Redis; test/moving/migrate.test.ts does it'],
  ['docs/operating.md', 'npx rollcall admin reset', 'a stopped server; test/cli does it'],
  ['docs/operating.md', 'ROLLCALL_WORKERS=4', 'it never ends; test/workers starts them'],
  ['src/dialects/native/README.md', 'curl -N', 'it never ends; docs/api.md reads a stream'],
  ['src/dialects/native/README.md', 'const socket', 'a part of a page; test/native speaks to the socket'],
  ['src/client/README.md', 'import {', 'without a token; docs/client.md has it whole'],
] as const

interface Block {
  readonly path: string
  readonly language: string
  readonly text: string
}

const blocks: Block[] = readPages().flatMap((page) =>
  readTokens(page)
    .filter(({ type, info }) => type === 'fence' && ['sh', 'bash', 'js', 'ts', 'html'].includes(info))
    .map(({ info, content }) => ({ path: page.path, language: info, text: content })),
)
const isTyped = ({ path, text }: Block): boolean =>
  !NOT_TYPED.some(([page, beginning]) => page === path && text.startsWith(beginning))

let server: Server
let anna: Person
beforeAll(async () => {
  server = await startServer()
  anna = await server.createUser({ username: 'anna' })
})
afterAll(() => server.stop())

test('[DOC2] whatever our pages say to type is typed here, or it is said why not', () => {
  expect(blocks.length).toBeGreaterThan(30)
  const forgotten = blocks.filter((block) => isTyped(block) && !(block.path in TYPED))
  expect(forgotten).toEqual([])
  const needless = NOT_TYPED.filter(
    ([page, beginning]) => !blocks.some(({ path, text }) => path === page && text.startsWith(beginning)),
  )
  expect(needless).toEqual([])
})

test.each(Object.entries(TYPED))('[DOC2] %s: what it says to type works, and answers what it says', async (path, before) => {
  const typed = blocks.filter((block) => block.path === path && isTyped(block))
  const cwd = join(server.folder, path.replaceAll('/', '-'))
  mkdirSync(cwd)
  const script = [before, ...typed.map((block, at) => commandOf(block, join(cwd, `${at}.mjs`)))].join('\n')
  const env = { ROLLCALL_URL: server.url, ROLLCALL_TOKEN: server.adminToken }
  const { code, stdout, stderr } = await runShell(`set -e\n${asHere(script)}`, { cwd, env })
  expect(code, `${stdout}\n${stderr}`).toBe(0)
  expect(stdout).not.toContain('"type":"urn:rollcall:problem:')
  expectAnswers(stdout, typed)
})

test.each([
  ['rocketchat', /^\/api\/v1\/((?!Agents|User\/)[^/]+)/],
  ['mattermost', /^\/api\/v4\/.*?([^/{}]+)(?:\/\{\w+\})*$/],
  ['superoffice', /^\/api\/v1\/(?:Agents\/)?(User\/\w+|\w+\/\w+|User)/],
])('[DOC4] the page of %s names every route', async (dialect, pattern) => {
  const { paths } = await server.call('GET', '/openapi.json', null)
  const names = Object.keys(paths).flatMap((path) => pattern.exec(path)?.[1] ?? [])
  expect(names.length).toBeGreaterThan(3)
  const page = readFileSync(join(ROOT, 'src/dialects', dialect, 'README.md'), 'utf8')
  expect(names.filter((name) => !page.includes(name.split('/').at(-1) ?? name))).toEqual([])
})

/** As a reader does, who has another address, a password, and ids of their own. */
function asHere(text: string): string {
  return text
    .replaceAll('http://127.0.0.1:4600', server.url)
    .replaceAll('localhost:4600', new URL(server.url).host)
    .replaceAll('"password":"…"', `"password":"${ADMIN.password}"`)
    .replaceAll('anna:PASSWORD', `'anna:${PASSWORD}'`)
    .replaceAll('password=PASSWORD', `'password=${ADMIN.password}'`)
    .replaceAll('X-Auth-Token: TOKEN', `X-Auth-Token: ${anna.token}`)
    .replaceAll('X-User-Id: ID', `X-User-Id: ${anna.user.ids.rocketchat}`)
    .replaceAll('/User/2/', `/User/${anna.user.ids.superoffice}/`)
}

/** A program is saved, and run by Node; the package is the one that was built. */
function commandOf({ language, text }: Block, file: string): string {
  if (language === 'sh') return text
  writeFileSync(file, asHere(text).replace("'rollcall/client'", `'${join(ROOT, 'dist/client/client.js')}'`))
  return `node ${file}`
}

/** Each `#>` line was printed, in that order; `…` stands for anything. */
function expectAnswers(printed: string, typed: readonly Block[]): void {
  let rest = printed
  for (const [, answer = ''] of typed.flatMap(({ text }) => [...text.matchAll(/^#> (.*)$/gm)])) {
    const found = RegExp(answer.split('…').map(escaped).join('.*?')).exec(rest)
    expect(found, `${answer}\nis not in\n${rest}`).not.toBeNull()
    rest = rest.slice((found?.index ?? 0) + (found?.[0].length ?? 0))
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
