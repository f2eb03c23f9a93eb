import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { VARIABLES } from '../src/bin/config.ts'
import { ADMIN, type Server, startServer } from './server.ts'
import { runShell } from './shell.ts'
import { ROOT } from './sources.ts'

const README = readFileSync(join(ROOT, 'README.md'), 'utf8')
const [starting = '', trying = '', curls = '', ...others] = blocksOf('sh')

let server: Server
let cwd: string

beforeAll(async () => {
  server = await startServer()
  cwd = await mkdtemp(join(tmpdir(), 'rollcall-readme-'))
})
afterAll(async () => {
  await server.stop()
  await rm(cwd, { recursive: true, force: true })
})

test('what the README starts with is what a build machine runs', () => {
  expect(others).toEqual([])
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const commands = starting.split('\n').map((line) => line.split('#')[0]?.trim())
  expect(commands).toEqual(['npm ci && npm start', 'npm ci && npm test'])
  expect(scripts).toMatchObject({
    prestart: 'npm run build',
    start: 'exec node --max-semi-space-size=8 dist/bin/rollcall.js serve',
    test: expect.any(String),
  })
  expect(readFileSync(join(ROOT, '.ci/run'), 'utf8')).toContain('npm ci\nnpm test\n')
})

test('the README’s `try` prints what the README shows', async () => {
  const { code, stdout, stderr } = await type(trying)
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const [shown = ''] = blocksOf('text')
  expect(shown.split('\n').length).toBeGreaterThan(5)
  expectLines(stdout, shown.split('\n'))
})

test('the README’s curls answer what the README says', async () => {
  const { code, stdout } = await type(curls)
  expect(code).toBe(0)
  const answers = [...curls.matchAll(/^#> (.*)$/gm)].map(([, answer]) => answer ?? '')
  expect(stdout.split('\n').filter((line) => line !== '')).toHaveLength(answers.length)
  expectLines(stdout, answers)
})

test('the README names every command and every setting', async () => {
  const { stdout } = await type('rollcall --help')
  const commands = [...(stdout.split('Commands:')[1] ?? '').matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name ?? '')
  expect(commands.length).toBeGreaterThan(10)
  const table = README.split('## Commands')[1]?.split('##')[0] ?? ''
  for (const name of commands) if (name !== 'help') expect(table).toMatch(new RegExp(`\`${name}[ \`]`))
  for (const variable of Object.keys(VARIABLES)) expect(README).toContain(variable)
})

test('in a clone, `npx rollcall` is the built command, whatever Node npm itself runs on', async () => {
  const { stdout } = await promisify(execFile)('npx', ['rollcall', '--version'], { cwd: ROOT, timeout: 30_000 })
  expect(stdout).toBe(`${JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version}\n`)
})

/** As a reader does, who has another address and a real password. */
function type(script: string) {
  const real = script.replaceAll('http://127.0.0.1:4600', server.url).replaceAll('the password that was printed', ADMIN.password)
  return runShell(real, { cwd, env: { ROLLCALL_URL: server.url }, input: `${ADMIN.password}\n` })
}

/** Each line shown is printed, in that order; `…` stands for anything. */
function expectLines(printed: string, shown: readonly string[]): void {
  let rest = printed.split('\n')
  for (const line of shown) {
    const pattern = RegExp(`^${line.replaceAll('http://127.0.0.1:4600', server.url).split('…').map(escaped).join('.*')}$`)
    const at = rest.findIndex((each) => pattern.test(each))
    expect(at, `${line}\nis not in\n${rest.join('\n')}`).toBeGreaterThanOrEqual(0)
    rest = rest.slice(at + 1)
  }
}

function blocksOf(language: string): string[] {
  return [...README.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\`$`, 'gm'))].map(([, block]) => block ?? '')
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
